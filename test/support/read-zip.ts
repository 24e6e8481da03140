/** Reads a zip as its central directory and its local headers tell of it; where the two differ, that is an error. */
import { crc32 } from 'node:zlib';

export interface ZipFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** Of the local header, from the first byte. */
  readonly offset: number;
}

const END_BYTES = 22;

/** The files in the order of the central directory. For zips without Zip64. @throws Error saying what is wrong with it */
export function readZip(zip: Buffer): readonly ZipFile[] {
  const end = zip.length - END_BYTES;
  expect(zip, end, 0x06054b50, 'end of the central directory');
  const count = zip.readUInt16LE(end + 10);
  const files: ZipFile[] = [];
  let at = zip.readUInt32LE(end + 16);
  let dataEnd = 0;
  for (let i = 0; i < count; i++) {
    expect(zip, at, 0x02014b50, 'central header');
    const nameBytes = zip.readUInt16LE(at + 28);
    const name = zip.toString('latin1', at + 46, at + 46 + nameBytes);
    const offset = zip.readUInt32LE(at + 42);
    const sizeBytes = zip.readUInt32LE(at + 24);
    expect(zip, offset, 0x04034b50, 'local header');
    if (offset !== dataEnd) throw new Error(`There is something before ${name}.`);
    const local = zip.subarray(offset + 14, offset + 30 + nameBytes);
    const central = zip.subarray(at + 16, at + 46 + nameBytes);
    const isSame = local.subarray(0, 14).equals(central.subarray(0, 14)) && local.toString('latin1', 16) === name;
    if (!isSame) throw new Error(`The headers of ${name} differ.`);
    const start = offset + 30 + nameBytes;
    const bytes = zip.subarray(start, start + sizeBytes);
    if (crc32(bytes) !== zip.readUInt32LE(at + 16)) throw new Error(`The CRC-32 of ${name} is wrong.`);
    files.push({ name, bytes, offset });
    dataEnd = start + sizeBytes;
    at += 46 + nameBytes + zip.readUInt16LE(at + 30);
  }
  if (at !== end || zip.readUInt32LE(end + 16) !== dataEnd) throw new Error('There is something beside the files.');
  return files;
}

function expect(zip: Buffer, at: number, signature: number, name: string): void {
  if (zip.readUInt32LE(at) !== signature) throw new Error(`There is no ${name} at ${at}.`);
}
