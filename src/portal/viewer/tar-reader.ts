/**
 * A bounded reader of tar archives, as npm packs them: ordinary files and folders by plain relative names. Links, devices and
 * whatever else a package of files has no need of are refused, not skipped. POSIX.1-2017 pax, "ustar Interchange Format"
 */
import { ArchiveError } from '../../errors.js';

const BLOCK_BYTES = 512;
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const MAX_ALL_BYTES = 512 * 1024 * 1024;
const MAX_FILES = 4_096;
const PLAIN_NAME = /^[\w@+-][\w.@+-]*$|^\.[\w@+-][\w.@+-]*$/;

export interface TarFile {
  /** With slashes; each part of it is a plain name, so it stays below wherever it is put. */
  readonly path: string;
  readonly body: Buffer;
}

/**
 * Read file after file; folders are passed over.
 * @param source the archive, after decompression
 * @throws ArchiveError `corrupt` when it is no such archive, is cut off, or has more or larger files than are taken
 */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarFile> {
  const blocks = new BlockReader(source);
  let files = 0;
  let bytes = 0;
  for (let header = await blocks.take(BLOCK_BYTES); !isEnd(header); header = await blocks.take(BLOCK_BYTES)) {
    const { path, size, isFolder } = readHeader(header);
    files += 1;
    bytes += size;
    if (size > MAX_FILE_BYTES || bytes > MAX_ALL_BYTES || files > MAX_FILES) throw damaged('is too large');
    const body = await blocks.take(size);
    await blocks.take((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
    if (!isFolder) yield { path, body };
  }
}

function readHeader(header: Buffer): { readonly path: string; readonly size: number; readonly isFolder: boolean } {
  if (checksumOf(header) !== octal(header, 148, 8)) throw damaged('has a header that is not right');
  const type = text(header, 156, 1);
  if (type !== '' && type !== '0' && type !== '5') throw damaged('holds something that is no file');
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
  const path = [prefix, text(header, 0, 100)].filter((part) => part !== '').join('/');
  const isFolder = type === '5';
  const parts = (isFolder ? path.replace(/\/$/, '') : path).split('/');
  if (!parts.every((part) => PLAIN_NAME.test(part))) throw damaged('holds a file whose name leads elsewhere');
  return { path, size: octal(header, 124, 12), isFolder };
}

/** The sum of all bytes of a header, those of the sum itself counted as spaces. */
function checksumOf(header: Buffer): number {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum;
}

const isEnd = (header: Buffer): boolean => header.every((byte) => byte === 0);

function text(header: Buffer, at: number, length: number): string {
  const field = header.toString('latin1', at, at + length);
  const end = field.indexOf('\0');
  return end === -1 ? field : field.slice(0, end);
}

function octal(header: Buffer, at: number, length: number): number {
  const digits = text(header, at, length).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw damaged('has a number that can not be read');
  return Number.parseInt(digits, 8);
}

/** Gives a stream in pieces of the sizes asked for. */
class BlockReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  async take(bytes: number): Promise<Buffer> {
    const taken = [this.#rest];
    let have = this.#rest.length;
    while (have < bytes) {
      const { value, done } = await this.#pieces.next();
      if (done === true) throw damaged('is cut off');
      taken.push(value);
      have += value.length;
    }
    const all = taken.length === 1 ? this.#rest : Buffer.concat(taken, have);
    this.#rest = all.subarray(bytes);
    return all.subarray(0, bytes);
  }
}

const damaged = (what: string): ArchiveError => new ArchiveError('corrupt', `The package of the viewer ${what}.`);
