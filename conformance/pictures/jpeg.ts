/** Reads JPEG: its markers, and the pixels of baseline. ITU-T T.81, JFIF 1.02 */
import { decodeScan, type Scan } from './jpeg-scan.js';
import type { Picture } from './picture.js';

export interface JPEG {
  readonly columns: number;
  readonly rows: number;
  /** 0 is baseline, 1 extended, 2 progressive, 3 lossless: the last digit of the SOF marker. */
  readonly process: number;
  readonly bits: number;
  readonly components: number;
  /** Of each application segment its marker and its identifier, such as `APP2 ICC_PROFILE`. */
  readonly applications: readonly string[];
  /** @throws Error when the picture is not baseline, or its code is broken */
  readonly decode: () => Picture;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const DHT = 0xc4;
const DRI = 0xdd;
const APP14_ADOBE = 0xee;
/** Markers of 0xc0 to 0xcf that begin no frame. */
const NO_FRAME = new Set([DHT, 0xc8, 0xcc]);

/** @throws Error saying what breaks the format */
export function readJPEG(file: Buffer): JPEG {
  if (file[0] !== 0xff || file[1] !== SOI) throw new Error('the body is no JPEG');
  if (file.lastIndexOf(Buffer.from([0xff, EOI])) === -1) throw new Error('the JPEG has no end');
  const applications: string[] = [];
  const quantization = new Map<number, readonly number[]>();
  const huffman = new Map<number, ReadonlyMap<number, number>>();
  let frame: { readonly process: number; readonly segment: Buffer } | undefined;
  let restartInterval = 0;
  let adobeTransform: number | undefined;
  for (let at = 2; ; ) {
    if (file[at] !== 0xff) throw new Error(`the JPEG has no marker at ${at}`);
    const marker = file[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const segment = file.subarray(at + 4, at + 2 + file.readUInt16BE(at + 2));
    at += 4 + segment.length;
    if (marker >= 0xe0 && marker <= 0xef) {
      applications.push(`APP${marker & 15} ${/^[\w-]*/.exec(segment.toString('latin1'))?.[0] ?? ''}`);
    }
    if (marker === APP14_ADOBE && segment.toString('latin1', 0, 5) === 'Adobe') adobeTransform = segment[11];
    if (marker === DQT) readQuantization(segment, quantization);
    if (marker === DHT) readHuffman(segment, huffman);
    if (marker === DRI) restartInterval = segment.readUInt16BE(0);
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.has(marker)) frame = { process: marker & 15, segment };
    if (marker !== SOS) continue;
    if (frame === undefined) throw new Error('the JPEG has a scan before its frame');
    const { process } = frame;
    const header = readFrame(frame.segment);
    const scan: Scan = {
      ...header,
      components: componentsOf(frame.segment, segment),
      quantization,
      huffman,
      restartInterval,
      code: file.subarray(at),
      isYCbCr: header.count === 3 && adobeTransform !== 0,
    };
    return {
      columns: header.columns,
      rows: header.rows,
      process,
      bits: header.bits,
      components: header.count,
      applications,
      decode: () => {
        if (process > 1 || header.bits !== 8) throw new Error(`JPEG of process ${process} and ${header.bits} bits`);
        return decodeScan(scan);
      },
    };
  }
}

const readFrame = (segment: Buffer) => ({
  bits: segment.readUInt8(0),
  rows: segment.readUInt16BE(1),
  columns: segment.readUInt16BE(3),
  count: segment.readUInt8(5),
});

function componentsOf(frame: Buffer, scan: Buffer): Scan['components'] {
  return Array.from({ length: frame.readUInt8(5) }, (_, i) => {
    const [id, sampling = 0, quantization = 0] = frame.subarray(6 + 3 * i);
    const inScan = Array.from({ length: scan.readUInt8(0) }, (__, j) => scan.subarray(1 + 2 * j, 3 + 2 * j));
    const tables = inScan.find(([component]) => component === id)?.[1];
    if (tables === undefined) throw new Error('the JPEG has its components in several scans');
    return {
      horizontal: sampling >> 4,
      vertical: sampling & 15,
      quantization,
      dc: tables >> 4,
      ac: 0x10 | (tables & 15),
    };
  });
}

function readQuantization(segment: Buffer, tables: Map<number, readonly number[]>): void {
  for (let at = 0; at < segment.length; ) {
    const head = segment.readUInt8(at);
    const bytes = head >> 4 === 0 ? 1 : 2;
    const values = Array.from({ length: 64 }, (_, i) => segment.readUIntBE(at + 1 + bytes * i, bytes));
    tables.set(head & 15, values);
    at += 1 + 64 * bytes;
  }
}

/** Symbols by the bits of their code after a one that marks its length. T.81 Annex C */
function readHuffman(segment: Buffer, tables: Map<number, ReadonlyMap<number, number>>): void {
  for (let at = 0; at < segment.length; ) {
    const head = segment.readUInt8(at);
    const counts = segment.subarray(at + 1, at + 17);
    const table = new Map<number, number>();
    let next = at + 17;
    let code = 0;
    counts.forEach((count, i) => {
      for (let k = 0; k < count; k++) table.set((1 << (i + 1)) | code++, segment.readUInt8(next++));
      code <<= 1;
    });
    tables.set(head, table);
    at = next;
  }
}
