/**
 * What has been read more than once lately of blobs across a network, kept in memory: the frame that is drawn in one window
 * after another, the slice that a whole course looks at. Only what has been found right is kept. What is read once passes by,
 * however much that is.
 */
import type { CheckedRange } from '../../dicom/frame-table.js';

const MOST_BYTES = 128 * 1024 * 1024;
/** Of what is smaller there may be too many. */
const SMALLEST_BYTES = 4 * 1024;
/** To copy more would hold up others. */
const LARGEST_BYTES = 4 * 1024 * 1024;
/** About what it takes to keep anything. */
const ENTRY_BYTES = 1024;
/** Of what has been deleted, nothing is to stay for long. */
const KEPT_MS = 10 * 60_000;
const SWEEP_MS = 60_000;
const READS_NOTED = 10_000;

interface Kept {
  readonly bytes: Buffer;
  readonly keptSince: number;
}

export interface RecentReadsOptions {
  /** Of all that is kept. */
  readonly mostBytes?: number;
  /** Milliseconds, of any beginning. */
  readonly now?: () => number;
}

export class RecentReads {
  readonly #mostBytes: number;
  readonly #now: () => number;
  /** By what was read; what was asked for last at the end. */
  readonly #kept = new Map<string, Kept>();
  /** What has been read once, lately and before that. */
  #noted = new Set<string>();
  #notedBefore = new Set<string>();
  #keptBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ mostBytes = MOST_BYTES, now = () => performance.now() }: RecentReadsOptions = {}) {
    this.#mostBytes = mostBytes;
    this.#now = now;
  }

  /** What is kept takes so much memory, about. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Fill `target`, as long as the range, with that range of the blob of a key, when it is kept. */
  fill(target: Buffer, key: string, range: CheckedRange): boolean {
    const read = nameOf(key, range);
    const kept = this.#kept.get(read);
    if (kept === undefined) return false;
    this.#kept.delete(read);
    this.#kept.set(read, kept);
    kept.bytes.copy(target);
    return true;
  }

  /** Tell of a range that was read of the blob of a key and found right: `bytes` may be used again afterwards. */
  note(bytes: Buffer, key: string, range: CheckedRange): void {
    const sizeBytes = bytes.length + ENTRY_BYTES;
    if (bytes.length < SMALLEST_BYTES || bytes.length > LARGEST_BYTES || sizeBytes > this.#mostBytes) return;
    const read = nameOf(key, range);
    // While one was reading it, another may have had it kept.
    if (this.#kept.has(read) || this.#isFirst(read)) return;
    for (const [oldest, kept] of this.#kept) {
      if (this.#keptBytes + sizeBytes <= this.#mostBytes) break;
      this.#drop(oldest, kept);
    }
    this.#kept.set(read, { bytes: copyOf(bytes), keptSince: this.#now() });
    this.#keptBytes += sizeBytes;
    this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Whether this is the first time that it is read, as far as is known: the next will not be. */
  #isFirst(read: string): boolean {
    if (this.#noted.delete(read) || this.#notedBefore.delete(read)) return false;
    if (this.#noted.size >= READS_NOTED) {
      this.#notedBefore = this.#noted;
      this.#noted = new Set();
    }
    this.#noted.add(read);
    return true;
  }

  #drop(read: string, { bytes }: Kept): void {
    this.#kept.delete(read);
    this.#keptBytes -= bytes.length + ENTRY_BYTES;
  }

  #sweep(): void {
    for (const [read, kept] of this.#kept) if (this.#now() - kept.keptSince >= KEPT_MS) this.#drop(read, kept);
    this.#timer = this.#kept.size === 0 ? undefined : setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }
}

/** The checksum says whether positions are those of the file or of what it inflates to. */
const nameOf = (key: string, { offset, lengthBytes, crc32 }: CheckedRange): string =>
  `${key} ${offset} ${lengthBytes} ${crc32}`;

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
