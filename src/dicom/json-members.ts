/**
 * Picks single attributes out of a data set in DICOM JSON as the text arrives, so that one of many megabytes is never held.
 * It takes the text as this program writes it, without white space.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

export class JSONMembers {
  readonly #isWanted: (tag: string) => boolean;
  readonly #maxBytes: number;
  readonly #found = new Map<string, string>();
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #name = '';
  #captured: Buffer[] | undefined;
  #capturedBytes = 0;

  /**
   * @param isWanted says of a tag, `00080020`, whether its element is looked for
   * @param maxBytes a longer element is passed over
   */
  constructor(isWanted: (tag: string) => boolean, maxBytes: number) {
    this.#isWanted = isWanted;
    this.#maxBytes = maxBytes;
  }

  /** By tag, the text of each element of the data set itself that was wanted and has come. */
  get found(): ReadonlyMap<string, string> {
    return this.#found;
  }

  /** Take the next piece of the text. */
  write(piece: Buffer): void {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0;
      if (this.#isInString) {
        this.#takeCharacter(byte);
      } else if (byte === QUOTE) {
        this.#isInString = true;
        if (this.#depth === 1) this.#name = '';
      } else if (byte === OPEN) {
        this.#depth += 1;
        if (this.#depth === 2 && this.#isWanted(this.#name)) {
          this.#captured = [];
          this.#capturedBytes = 0;
          from = at;
        }
      } else if (byte === CLOSE) {
        this.#depth -= 1;
        if (this.#depth === 1 && this.#captured !== undefined) this.#finish(piece.subarray(from, at + 1));
      }
    }
    if (this.#captured !== undefined) this.#capture(piece.subarray(from));
  }

  #takeCharacter(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
    else if (this.#depth === 1) this.#name += String.fromCharCode(byte);
  }

  #capture(bytes: Buffer): void {
    this.#capturedBytes += bytes.length;
    // Copied, for whoever wrote the piece may use its memory again.
    if (this.#capturedBytes <= this.#maxBytes) this.#captured?.push(Buffer.from(bytes));
  }

  #finish(bytes: Buffer): void {
    this.#capture(bytes);
    if (this.#capturedBytes <= this.#maxBytes)
      this.#found.set(this.#name, Buffer.concat(this.#captured ?? []).toString());
    this.#captured = undefined;
  }
}
