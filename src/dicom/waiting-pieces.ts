/** Pieces that zlib gives when it likes, for whoever asks for them in between. */
export class WaitingPieces {
  #pieces: Buffer[] = [];

  add(piece: Buffer): void {
    this.#pieces.push(piece);
  }

  /** All that came since this was asked last, in order. */
  take(): readonly Buffer[] {
    const taken = this.#pieces;
    this.#pieces = [];
    return taken;
  }
}
