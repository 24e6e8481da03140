/**
 * The data sets of images without their pixels: read from the start of the file and checked all the same, by the sums of the
 * pixels that the index keeps. Those used last stay in memory, for the frames of an instance are asked for one by one.
 */
import { setImmediate } from 'node:timers/promises';
import type { Database } from '../../database/database.js';
import type { DataSet } from '../../dicom/data-set.js';
import { type CheckedRange, findFrame } from '../../dicom/frame-table.js';
import { Part10Reader } from '../../dicom/part10-reader.js';
import { findTransferSyntax } from '../../dicom/transfer-syntaxes.js';
import { goneMeanwhile } from '../../errors.js';
import type { LocatedInstance } from '../index/locate.js';
import { Turnstile } from '../turnstile.js';
import { readHeader, SLICE_BYTES, UNREAD } from './header.js';
import type { StoredFile } from './stored-file.js';
import type { StoredFiles } from './stored-files.js';

/** Each gap between runs of pixels is a read of its own: with more, to read the whole file is as good. */
const MOST_RUNS = 64;
const MOST_FRAMES = 10_000;
/** A parsed data set takes some times the bytes that it was parsed from. */
const KEPT_BYTES = 8 * 1024 * 1024;
const LARGEST_KEPT_BYTES = 2 * 1024 * 1024;
/** A hostile one takes a second, and a hundred megabytes. */
const READ_AT_ONCE = 8;

interface Header {
  readonly dataSet: DataSet;
  readonly sizeBytes: number;
}

export class ImageHeaders {
  readonly #database: Database;
  readonly #files: StoredFiles;
  /** By the SHA-256 of the file, the one used last at the end. */
  readonly #kept = new Map<string, Header>();
  #keptBytes = 0;
  /** What is being read, by the SHA-256 of the file. */
  readonly #reading = new Map<string, Promise<DataSet>>();
  readonly #turnstile = new Turnstile(READ_AT_ONCE);

  constructor(database: Database, files: StoredFiles) {
    this.#database = database;
    this.#files = files;
  }

  /** Everything before the Pixel Data of an instance; who asks meanwhile waits for the same. @throws ArchiveError `corrupt`, `unavailable` */
  async read(instance: LocatedInstance): Promise<DataSet> {
    const kept = this.#kept.get(instance.sha256);
    if (kept !== undefined) {
      this.#kept.delete(instance.sha256);
      this.#kept.set(instance.sha256, kept);
      return kept.dataSet;
    }
    const reading = this.#reading.get(instance.sha256);
    if (reading !== undefined) return reading;
    const result = this.#readInTurn(instance).finally(() => this.#reading.delete(instance.sha256));
    this.#reading.set(instance.sha256, result);
    return result;
  }

  async #readInTurn(instance: LocatedInstance): Promise<DataSet> {
    await this.#turnstile.enter();
    try {
      return await this.#readAndKeep(instance);
    } finally {
      this.#turnstile.leave();
    }
  }

  async #readAndKeep(instance: LocatedInstance): Promise<DataSet> {
    const runs = await this.#pixelRuns(instance);
    const file = await this.#files.open(instance);
    try {
      const header = runs === undefined ? await wholeFile(file) : await parsed(await file.bytesBefore(runs));
      this.#keep(instance.sha256, header);
      return header.dataSet;
    } finally {
      await file.close();
    }
  }

  /** The runs of pixels in the file, joined where they touch; undefined when these are not what to go by. */
  async #pixelRuns(instance: LocatedInstance): Promise<readonly CheckedRange[] | undefined> {
    const { frameCount, rowID, transferSyntaxUID } = instance;
    const isDeflated = findTransferSyntax(transferSyntaxUID)?.deflated === true;
    if (frameCount === 0 || frameCount > MOST_FRAMES || isDeflated) return undefined;
    const row = await this.#database.read
      .selectFrom('instance_content')
      .select('frame_table')
      .where('instance_row_id', '=', rowID)
      .executeTakeFirst();
    if (row === undefined) throw goneMeanwhile();
    return row.frame_table === null ? undefined : runsOf(row.frame_table, frameCount);
  }

  #keep(sha256: string, header: Header): void {
    if (header.sizeBytes > LARGEST_KEPT_BYTES || this.#kept.has(sha256)) return;
    this.#kept.set(sha256, header);
    this.#keptBytes += header.sizeBytes;
    for (const [oldest, { sizeBytes }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= sizeBytes;
    }
  }
}

function runsOf(frameTable: Buffer, frameCount: number): readonly CheckedRange[] | undefined {
  const ranges: CheckedRange[] = [];
  let gaps = 0;
  for (let index = 0; index < frameCount; index += 1) {
    for (const range of findFrame(frameTable, index)?.ranges ?? []) {
      const last = ranges.at(-1);
      const end = last === undefined ? 0 : last.offset + last.lengthBytes;
      // Frames of bits share the bytes between them, and fragments may lie in any order.
      if (range.offset < end) return undefined;
      if (range.offset > end) gaps += 1;
      if (gaps > MOST_RUNS) return undefined;
      ranges.push(range);
    }
  }
  return ranges;
}

async function wholeFile(file: StoredFile): Promise<Header> {
  let sizeBytes = 0;
  const dataSet = await readHeader(file, (lengthBytes) => {
    sizeBytes += lengthBytes;
  });
  return { dataSet, sizeBytes };
}

async function parsed(start: Buffer): Promise<Header> {
  const reader = new Part10Reader({ openPixelData: () => UNREAD });
  try {
    for (let at = 0; at < start.length && reader.header === undefined; at += SLICE_BYTES) {
      if (at > 0) await setImmediate();
      await reader.write(start.subarray(at, at + SLICE_BYTES));
    }
    if (reader.header === undefined) throw new Error('Pixel Data comes after its data set.');
    return { dataSet: reader.header.dataSet, sizeBytes: start.length };
  } finally {
    reader.destroy();
  }
}
