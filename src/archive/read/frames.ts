/** Frames of one instance, as stored or, for native ones, in little endian: one checked range read each. PS3.18 §10.4.1.1.6 */
import type { Database } from '../../database/database.js';
import { alignBits, type CheckedRange, type FrameLocation, findFrame } from '../../dicom/frame-table.js';
import { findTransferSyntax } from '../../dicom/transfer-syntaxes.js';
import { goneMeanwhile, notFound } from '../../errors.js';
import type { LocatedInstance } from '../index/locate.js';
import { inLittleEndian } from './little-endian.js';
import { decodeBulkdata } from './stored-bulkdata.js';
import type { StoredFile } from './stored-file.js';

export interface Frame {
  /** 1-based, as in the URL. */
  readonly frameNumber: number;
  readonly lengthBytes: number;
  /** The frame's bytes, checked before the first of them is given. */
  bytes(file: StoredFile): AsyncGenerator<Buffer>;
  /** Fill `target`, of `lengthBytes`, with the same; when this throws, what is in it has to be forgotten. */
  readInto(target: Uint8Array, file: StoredFile): Promise<void>;
}

/** Located one by one as they are gone through, for an instance may have a million; they can be gone through again. */
export interface Frames extends Iterable<Frame> {
  readonly count: number;
}

/**
 * Find frames by number, in the order asked for, or all there are.
 * @throws ArchiveError `not-found` when one of them, or any Pixel Data, is not there
 */
export async function findFrames(
  database: Database,
  instance: LocatedInstance,
  frameNumbers: readonly number[] | 'all',
): Promise<Frames> {
  const isBigEndian = findTransferSyntax(instance.transferSyntaxUID)?.byteOrder === 'big';
  const row = await database.read
    .selectFrom('instance_content')
    .select(isBigEndian ? ['frame_table', 'bulkdata'] : ['frame_table'])
    .where('instance_row_id', '=', instance.rowID)
    .executeTakeFirst();
  if (row === undefined) throw goneMeanwhile();
  const table = row.frame_table;
  if (table === null) throw notFound();
  const { frameCount } = instance;
  if (frameNumbers !== 'all' && frameNumbers.some((number) => number > frameCount)) throw notFound();
  const unitBytes = row.bulkdata === undefined ? 1 : pixelSwapUnit(row.bulkdata);
  return {
    count: frameNumbers === 'all' ? frameCount : frameNumbers.length,
    *[Symbol.iterator]() {
      for (const frameNumber of frameNumbers === 'all' ? upTo(frameCount) : frameNumbers) {
        const location = findFrame(table, frameNumber - 1);
        if (location === undefined) throw notFound();
        yield frameOf(frameNumber, location, unitBytes);
      }
    },
  };
}

/** The encoded table of all frames; undefined without Pixel Data. @throws ArchiveError `unavailable` */
export async function readFrameTable({ read }: Database, { rowID }: LocatedInstance): Promise<Buffer | undefined> {
  const row = await read
    .selectFrom('instance_content')
    .select('frame_table')
    .where('instance_row_id', '=', rowID)
    .executeTakeFirst();
  if (row === undefined) throw goneMeanwhile();
  return row.frame_table ?? undefined;
}

function* upTo(last: number): Generator<number> {
  for (let number = 1; number <= last; number++) yield number;
}

const pixelSwapUnit = (bulkdata: string): number =>
  decodeBulkdata(bulkdata).find(({ path }) => path.startsWith('7FE0'))?.swapUnitBytes ?? 1;

function frameOf(frameNumber: number, location: FrameLocation, unitBytes: number): Frame {
  const storedBytes = location.ranges.reduce((sum, range) => sum + range.lengthBytes, 0);
  const stored = (file: StoredFile) => inLittleEndian(joined(file, location), unitBytes);
  const { bits, firstBit } = location;
  const lengthBytes = bits === undefined ? storedBytes : Math.ceil(bits / 8);
  const bytes =
    bits === undefined
      ? stored
      : async function* (file: StoredFile) {
          const unaligned = Buffer.allocUnsafeSlow(storedBytes);
          await collect(stored(file), unaligned);
          yield alignBits(unaligned, firstBit, bits);
        };
  const isAsStored = bits === undefined && unitBytes === 1;
  return {
    frameNumber,
    lengthBytes,
    bytes,
    readInto: (target, file) => (isAsStored ? fill(target, file, location.ranges) : collect(bytes(file), target)),
  };
}

/** Without a copy on the way. */
async function fill(target: Uint8Array, file: StoredFile, ranges: readonly CheckedRange[]): Promise<void> {
  let at = 0;
  for (const range of ranges) {
    await file.readChecked(range, target.subarray(at, at + range.lengthBytes));
    at += range.lengthBytes;
  }
}

async function collect(pieces: AsyncIterable<Buffer>, target: Uint8Array): Promise<void> {
  let at = 0;
  for await (const piece of pieces) {
    target.set(piece, at);
    at += piece.length;
  }
}

async function* joined(file: StoredFile, location: FrameLocation): AsyncGenerator<Buffer> {
  for (const range of location.ranges) yield* file.checkedBytes(range);
}
