/** The stored file of an instance, to be looked at and spoilt, wherever this run keeps its blobs. */
import type { BlobStore } from '../../src/archive/blobs/blob-store.js';
import { keysBelow, readBlob, writeBlob } from '../support/whole-blob.js';
import type { MadeInstance } from './instances.js';

export interface BlobsOfArchive {
  readonly blobs: BlobStore;
}

/** The keys of an instance's series. */
export const keysOfSeries = ({ blobs }: BlobsOfArchive, made: MadeInstance): Promise<readonly string[]> =>
  keysBelow(blobs, `studies/${made.studyInstanceUID}/${made.seriesInstanceUID}`);

/** The key of an instance's file. */
export async function keyOf(archive: BlobsOfArchive, made: MadeInstance): Promise<string> {
  const key = (await keysOfSeries(archive, made)).find((one) => one.includes(`/${made.sopInstanceUID}.`));
  if (key === undefined) throw new Error('The instance has no file.');
  return key;
}

/** Put other bytes in the place of those that are stored; without any the file is lost. */
export async function spoilFile(
  archive: BlobsOfArchive,
  made: MadeInstance,
  change: (bytes: Buffer) => Buffer | undefined,
): Promise<void> {
  const key = await keyOf(archive, made);
  const bytes = change(await readBlob(archive.blobs, key));
  if (bytes === undefined) await archive.blobs.remove(key);
  else await writeBlob(archive.blobs, key, bytes);
}
