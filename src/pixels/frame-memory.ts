/**
 * Memory of frames and of what is drawn of them, used again: with new memory for each, the garbage collector goes through the
 * whole heap every few frames.
 */

const KEPT_BYTES = 32 * 1024 * 1024;

export class FrameMemory {
  /** Given back last at the end. */
  readonly #kept: Uint8Array<ArrayBuffer>[] = [];
  #keptBytes = 0;

  /** So many bytes, with whatever is in them; give them back when nothing reads them any more. */
  take(lengthBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#kept.findLastIndex(({ length }) => length === lengthBytes);
    const [bytes] = at < 0 ? [] : this.#kept.splice(at, 1);
    if (bytes === undefined) return new Uint8Array(Buffer.allocUnsafeSlow(lengthBytes).buffer);
    this.#keptBytes -= lengthBytes;
    return bytes;
  }

  giveBack(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length < bytes.buffer.byteLength) return;
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    while (this.#keptBytes > KEPT_BYTES) this.#keptBytes -= this.#kept.shift()?.length ?? 0;
  }
}
