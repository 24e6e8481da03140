/** Buffers for whole files or parts of them, used again: memory that is new costs more than what it is filled with. */

const SMALLEST_BYTES = 64 * 1024;
/** What is kept for later at most, however much was in use at once. */
const KEPT_BYTES = 16 * 1024 * 1024;

export class BufferPool {
  readonly #free = new Map<number, Buffer[]>();
  #keptBytes = 0;

  /** A buffer of at least so many bytes, with whatever is in it. Give it back when nothing reads it any more. */
  take(lengthBytes: number): Buffer {
    const sizeBytes = sizeClass(lengthBytes);
    const buffer = this.#free.get(sizeBytes)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(sizeBytes);
    this.#keptBytes -= sizeBytes;
    return buffer;
  }

  giveBack(buffer: Buffer): void {
    if (this.#keptBytes + buffer.length > KEPT_BYTES) return;
    this.#keptBytes += buffer.length;
    const free = this.#free.get(buffer.length);
    if (free === undefined) this.#free.set(buffer.length, [buffer]);
    else free.push(buffer);
  }
}

/** Powers of two, so that few sizes serve all. */
function sizeClass(lengthBytes: number): number {
  let size = SMALLEST_BYTES;
  while (size < lengthBytes) size *= 2;
  return size;
}
