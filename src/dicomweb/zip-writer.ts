/**
 * A zip whose files go by once, stored as they are. Size and CRC-32 of each are known beforehand and stand before its
 * bytes, so that it can be unpacked while it arrives; libraries put them after the bytes, where readers of streams do not
 * expect those of a stored file. Beyond 4 GiB or 65,535 files it is a Zip64. Pure: APPNOTE.TXT 6.3 §4
 */
export interface ZipEntry {
  /** ASCII, with slashes between folders. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly crc32: number;
  /** Exactly the bytes that size and CRC-32 are of; asked for once, when the entry before has gone out. */
  readonly bytes: () => AsyncGenerator<Buffer>;
}

interface Written {
  readonly name: string;
  readonly sizeBytes: number;
  readonly crc32: number;
  /** Of its header, from the first byte of the zip. */
  readonly offset: number;
}

const MOST_32 = 0xffffffff;
const MOST_16 = 0xffff;
const ZIP64 = 45;
const PLAIN = 20;
/** Unix made it, for the permissions below to be heeded. */
const MADE_BY = 3 << 8;
const REGULAR_FILE_0644 = 0o100644 * 0x10000;
/** 1 January 1980, where the dates of a zip begin: nothing is told of when a file was stored. */
const DATE = (1 << 5) | 1;
const CENTRAL_AT_ONCE = 500;

/** Write a zip, as pieces that hold until the next is asked for. @throws Error when an entry has other bytes than it says */
export async function* zipped(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let at = 0;
  for await (const { name, sizeBytes, crc32, bytes } of entries) {
    const entry = { name, sizeBytes, crc32, offset: at };
    const header = localHeader(entry);
    written.push(entry);
    yield* after(header, bytes(), sizeBytes);
    at += header.length + sizeBytes;
  }
  let centralBytes = 0;
  for (let from = 0; from < written.length; from += CENTRAL_AT_ONCE) {
    const headers = Buffer.concat(written.slice(from, from + CENTRAL_AT_ONCE).map(centralHeader));
    centralBytes += headers.length;
    yield headers;
  }
  yield ending(written.length, centralBytes, at);
}

/** The header goes out with the first bytes after it: when those can not be read, neither has been sent. */
async function* after(header: Buffer, bytes: AsyncGenerator<Buffer>, sizeBytes: number): AsyncGenerator<Buffer> {
  let leftBytes = sizeBytes;
  try {
    const first = await bytes.next();
    yield header;
    if (first.done !== true) {
      leftBytes -= first.value.length;
      yield first.value;
    }
    for await (const piece of bytes) {
      leftBytes -= piece.length;
      yield piece;
    }
  } finally {
    await bytes.return(undefined);
  }
  if (leftBytes !== 0) throw new Error('A file of a zip has another size than was told.');
}

function localHeader({ name, sizeBytes, crc32 }: Written): Buffer {
  const isLarge = sizeBytes >= MOST_32;
  const extra = isLarge ? zip64Extra([sizeBytes, sizeBytes]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(isLarge ? ZIP64 : PLAIN, 4);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(crc32, 14);
  header.writeUInt32LE(isLarge ? MOST_32 : sizeBytes, 18);
  header.writeUInt32LE(isLarge ? MOST_32 : sizeBytes, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(name, 'latin1'), extra]);
}

function centralHeader({ name, sizeBytes, crc32, offset }: Written): Buffer {
  const large = [...(sizeBytes >= MOST_32 ? [sizeBytes, sizeBytes] : []), ...(offset >= MOST_32 ? [offset] : [])];
  const extra = large.length === 0 ? Buffer.alloc(0) : zip64Extra(large);
  const version = large.length === 0 ? PLAIN : ZIP64;
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_BY | version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc32, 16);
  header.writeUInt32LE(Math.min(sizeBytes, MOST_32), 20);
  header.writeUInt32LE(Math.min(sizeBytes, MOST_32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(REGULAR_FILE_0644, 38);
  header.writeUInt32LE(Math.min(offset, MOST_32), 42);
  return Buffer.concat([header, Buffer.from(name, 'latin1'), extra]);
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return extra;
}

/** @param at where the central directory begins */
function ending(count: number, centralBytes: number, at: number): Buffer {
  const isLarge = count >= MOST_16 || centralBytes >= MOST_32 || at >= MOST_32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MOST_16), 8);
  end.writeUInt16LE(Math.min(count, MOST_16), 10);
  end.writeUInt32LE(Math.min(centralBytes, MOST_32), 12);
  end.writeUInt32LE(Math.min(at, MOST_32), 16);
  return isLarge ? Buffer.concat([zip64Ending(count, centralBytes, at), end]) : end;
}

/** The Zip64 end of central directory record, and its locator. */
function zip64Ending(count: number, centralBytes: number, at: number): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(MADE_BY | ZIP64, 12);
  record.writeUInt16LE(ZIP64, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(centralBytes), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(at + centralBytes), 64);
  record.writeUInt32LE(1, 72);
  return record;
}
