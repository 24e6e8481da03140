/**
 * What has lately been read more than once of blobs across a network, kept in memory: the frame that is drawn in one window
 * after another, the image that a whole course looks at. What is read once passes by, however much that is. Whoever reads
 * checks the bytes, from here as from anywhere, and has them forgotten when they are wrong.
 */
import type { OpenBlob } from '../blobs/blob-store.js';

const MOST_BYTES = 128 * 1024 * 1024;
/** What is larger is read in pieces. */
const LARGEST_READ_BYTES = 16 * 1024 * 1024;
/** Of what has been deleted, nothing is to stay for long. */
const KEPT_MS = 10 * 60_000;
const SWEEP_MS = 60_000;
const READS_NOTED = 20_000;

interface Kept {
  readonly bytes: Buffer;
  readonly key: string;
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
  /** What has been read once, the latest at the end. */
  readonly #noted = new Set<string>();
  #keptBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ mostBytes = MOST_BYTES, now = () => performance.now() }: RecentReadsOptions = {}) {
    this.#mostBytes = mostBytes;
    this.#now = now;
  }

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** The blob of a key, whose bytes never change; what is read of it again is read here. */
  of(key: string, blob: OpenBlob): OpenBlob {
    return {
      readInto: async (target, offset, runEnd) => {
        const read = `${key} ${offset} ${target.length}`;
        const kept = this.#find(read);
        if (kept !== undefined) return kept.copy(target);
        const got = await blob.readInto(target, offset, runEnd);
        if (got === target.length && this.#wasNoted(read)) this.#keep(read, key, target);
        return got;
      },
      close: () => blob.close(),
    };
  }

  /** Forget all that is kept of the blob of a key. */
  forget(key: string): void {
    for (const [read, kept] of this.#kept) if (kept.key === key) this.#drop(read, kept);
  }

  #find(read: string): Buffer | undefined {
    const kept = this.#kept.get(read);
    if (kept === undefined) return undefined;
    this.#kept.delete(read);
    this.#kept.set(read, kept);
    return kept.bytes;
  }

  #wasNoted(read: string): boolean {
    if (this.#noted.delete(read)) return true;
    this.#noted.add(read);
    const [oldest] = this.#noted;
    if (oldest !== undefined && this.#noted.size > READS_NOTED) this.#noted.delete(oldest);
    return false;
  }

  #keep(read: string, key: string, bytes: Buffer): void {
    if (bytes.length === 0 || bytes.length > Math.min(LARGEST_READ_BYTES, this.#mostBytes)) return;
    const before = this.#kept.get(read);
    if (before !== undefined) this.#drop(read, before);
    for (const [oldest, kept] of this.#kept) {
      if (this.#keptBytes + bytes.length <= this.#mostBytes) break;
      this.#drop(oldest, kept);
    }
    this.#kept.set(read, { bytes: copyOf(bytes), key, keptSince: this.#now() });
    this.#keptBytes += bytes.length;
    this.#timer ??= setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }

  #drop(read: string, { bytes }: Kept): void {
    this.#kept.delete(read);
    this.#keptBytes -= bytes.length;
  }

  #sweep(): void {
    for (const [read, kept] of this.#kept) if (this.#now() - kept.keptSince >= KEPT_MS) this.#drop(read, kept);
    this.#timer = this.#kept.size === 0 ? undefined : setTimeout(() => this.#sweep(), SWEEP_MS).unref();
  }
}

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
