/** A stored file on its way out, whose header is read as it goes by: it costs no read of its own. */
import type { DataSet } from '../../dicom/data-set.js';
import { Part10Reader } from '../../dicom/part10-reader.js';
import type { PixelDataSink } from '../../dicom/pixel-data.js';
import { ArchiveError } from '../../errors.js';
import type { StoredFile } from './stored-file.js';

const UNREAD: PixelDataSink = { item: () => undefined, bytes: () => undefined, end: () => undefined };

/**
 * The whole file, as `StoredFile.bytes` gives it.
 * @param take gets everything before Pixel Data, once, at the latest when the last piece has been taken
 * @throws ArchiveError `corrupt` as `bytes`, and whatever `take` throws
 */
export async function* bytesAndHeader(file: StoredFile, take: (dataSet: DataSet) => void): AsyncGenerator<Buffer> {
  const reader = new Part10Reader({ openPixelData: () => UNREAD });
  let isTaken = false;
  const takeHeader = (): void => {
    if (reader.header === undefined) return;
    isTaken = true;
    take(reader.header.dataSet);
    reader.destroy();
  };
  try {
    for await (const piece of file.bytes()) {
      if (!isTaken) {
        await reader.write(piece);
        takeHeader();
      }
      yield piece;
    }
    if (!isTaken) {
      await reader.end();
      takeHeader();
    }
  } catch (error) {
    // Damage may make the reader fail in any way before the end of the file tells of it.
    if (!(error instanceof ArchiveError)) await file.expectWhole();
    throw error;
  } finally {
    reader.destroy();
  }
}

/** Everything before Pixel Data; what is read of the file is not checked. @throws ArchiveError `corrupt` */
export async function readHeader(file: StoredFile): Promise<DataSet> {
  let header: DataSet | undefined;
  const take = (dataSet: DataSet): void => {
    header = dataSet;
  };
  for await (const _piece of bytesAndHeader(file, take)) if (header !== undefined) break;
  if (header === undefined) throw new Error('A file that was stored has a header.');
  return header;
}
