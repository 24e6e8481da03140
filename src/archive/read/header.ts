/** The header of a stored file that is little else: a report, a document. */
import { setImmediate } from 'node:timers/promises';
import type { DataSet } from '../../dicom/data-set.js';
import { Part10Reader } from '../../dicom/part10-reader.js';
import type { PixelDataSink } from '../../dicom/pixel-data.js';
import { ArchiveError } from '../../errors.js';
import type { StoredFile } from './stored-file.js';

/** Lets Pixel Data go by. */
export const UNREAD: PixelDataSink = { item: () => undefined, bytes: () => undefined, end: () => undefined };
/** Parsing so much takes a few milliseconds, whatever is in it. */
export const SLICE_BYTES = 16 * 1024;

/**
 * Read everything before Pixel Data, and the whole file to check it; other requests go on meanwhile.
 * @param holdHeaderBytes is told how many more bytes may be held in memory, about
 * @throws ArchiveError `corrupt`
 */
export async function readHeader(file: StoredFile, holdHeaderBytes?: (lengthBytes: number) => void): Promise<DataSet> {
  const reader = new Part10Reader({ openPixelData: () => UNREAD, holdHeaderBytes });
  try {
    for await (const piece of file.bytes()) {
      for (let at = 0; at < piece.length; at += SLICE_BYTES) {
        await reader.write(piece.subarray(at, at + SLICE_BYTES));
        await setImmediate();
      }
    }
    await reader.end();
  } catch (error) {
    // Damage may make the reader fail in any way before the end of the file tells of it.
    if (!(error instanceof ArchiveError)) await file.expectWhole();
    throw error;
  } finally {
    reader.destroy();
  }
  if (reader.header === undefined) throw new Error('A Part 10 reader that has ended well has a header.');
  return reader.header.dataSet;
}
