/**
 * Retrieve a study, series or instance as one zip: a DICOM File-set with its DICOMDIR, every file as it is stored. The
 * directory comes last, for it is made of what the files say as they go by. PS3.18 §10.4.4, PS3.10 §8, PS3.12 Annex V
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { LocatedInstance, ResourcePath } from '../archive/index/locate.js';
import { bytesAndHeader } from '../archive/read/header-on-the-way.js';
import { DICOMDIR, FileSet } from '../dicom/file-set.js';
import { ArchiveError } from '../errors.js';
import { answerNotModified } from './conditional.js';
import { entityTag, RepresentationDigest } from './entity-tag.js';
import { type Exchange, sendPieces } from './exchange.js';
import { ZIP } from './media-type-names.js';
import { ReadAhead } from './read-ahead.js';
import { type ZipEntry, zipped } from './zip-writer.js';

/** What is kept of each until the end, for both directories, is less than 1 KiB. */
export const MOST_INSTANCES = 100_000;

/**
 * Send these instances, all of the resource that the caller may see.
 * @throws ArchiveError `too-large` for too many, and whatever the first file's first bytes throw, before anything is sent
 */
export async function sendZip(
  exchange: Exchange,
  path: ResourcePath,
  instances: readonly LocatedInstance[],
): Promise<void> {
  if (instances.length > MOST_INSTANCES) {
    throw new ArchiveError(
      'too-large',
      `A zip holds at most ${MOST_INSTANCES.toLocaleString('en')} instances; the series can be asked for one by one.`,
    );
  }
  if (answerNotModified(exchange, zipTag(instances))) return;
  await exchange.archive.expectFiles(instances);
  const fileSet = new FileSet(instances);
  const files = new ReadAhead({
    sizesBytes: instances.map(({ sizeBytes }) => sizeBytes),
    open: (index) => describedBytes(exchange, instances, index, fileSet),
    ahead: exchange.archive.filesAhead,
  });
  const name = path.sopInstanceUID ?? path.seriesInstanceUID ?? path.studyInstanceUID;
  const headers = { 'Content-Type': ZIP, 'Content-Disposition': `attachment; filename="${name}.zip"` };
  try {
    await sendPieces(exchange, headers, zipped(entriesOf(instances, fileSet, files)));
  } finally {
    await files.close();
  }
}

/** The same files in the same order are the same zip. */
function zipTag(instances: readonly LocatedInstance[]): string {
  const digest = new RepresentationDigest().add(ZIP);
  for (const { sopInstanceUID, sha256 } of instances) digest.add(sopInstanceUID, sha256);
  return entityTag(digest.end());
}

function* entriesOf(instances: readonly LocatedInstance[], fileSet: FileSet, files: ReadAhead): Generator<ZipEntry> {
  for (const [index, { sizeBytes, crc32 }] of instances.entries()) {
    yield { name: fileSet.fileID(index).join('/'), sizeBytes, crc32, bytes: () => files.pieces(index) };
  }
  const directory = fileSet.directory(directoryUID(instances));
  yield {
    name: DICOMDIR,
    sizeBytes: directory.reduce((sum, { length }) => sum + length, 0),
    crc32: directory.reduce((sum, piece) => crc32(piece, sum), 0),
    bytes: () => eachOf(directory),
  };
}

async function* eachOf(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function* describedBytes(
  { archive }: Exchange,
  instances: readonly LocatedInstance[],
  index: number,
  fileSet: FileSet,
): AsyncGenerator<Buffer> {
  const instance = instances[index];
  if (instance === undefined) throw new Error('A file that is read is that of an instance.');
  const file = await archive.open(instance);
  try {
    yield* bytesAndHeader(file, (dataSet) => fileSet.describe(index, dataSet));
  } finally {
    await file.close();
  }
}

const UUID_FREE_BITS = ~((0xf000n << 64n) | (0xc000n << 48n));
/** Of a name that its maker hashes: version 8, variant 2. RFC 9562 §5.8 */
const UUID_FIXED_BITS = (0x8000n << 64n) | (0x8000n << 48n);

/** The directory's own UID: the same for the same instances. PS3.5 §B.2 */
function directoryUID(instances: readonly LocatedInstance[]): string {
  const hash = createHash('sha256');
  for (const { sopInstanceUID } of instances) hash.update(`${sopInstanceUID}\n`);
  const bits = BigInt(`0x${hash.digest('hex').slice(0, 32)}`);
  return `2.25.${(bits & UUID_FREE_BITS) | UUID_FIXED_BITS}`;
}
