/** Reads the headers of code streams, which tell whether they lose anything, and decodes RLE. */

export interface CodeStream {
  /** `ht` is JPEG 2000 with the block coder of HTJ2K. */
  readonly kind: 'jpeg' | 'jpeg-ls' | 'jpeg2000' | 'ht';
  readonly rows: number;
  readonly columns: number;
  readonly isLossless: boolean;
}

const SOF_LOSSLESS = 0xc3;
const SOF_JPEG_LS = 0xf7;
const SOS = 0xda;
const COD = 0x52;
const CAP = 0x50;
const SOT = 0x90;
const REVERSIBLE = 1;

/** @throws Error when it is none of these */
export function describeCodeStream(stream: Buffer): CodeStream {
  const start = stream.subarray(0, 4).toString('hex');
  if (start === 'ff4fff51') return describeJPEG2000(stream);
  if (start.startsWith('ffd8ff')) return describeJPEG(stream);
  throw new Error(`a code stream that begins with ${start}`);
}

/** ITU-T T.800 §A.5, §A.6; T.814 §A.3 */
function describeJPEG2000(stream: Buffer): CodeStream {
  const size = { columns: stream.readUInt32BE(8), rows: stream.readUInt32BE(12) };
  let isLossless: boolean | undefined;
  let kind: CodeStream['kind'] = 'jpeg2000';
  for (let at = 2; at + 4 <= stream.length && stream[at + 1] !== SOT; at += 2 + stream.readUInt16BE(at + 2)) {
    if (stream[at + 1] === CAP) kind = 'ht';
    if (stream[at + 1] === COD) isLossless = stream[at + 13] === REVERSIBLE;
  }
  if (isLossless === undefined) throw new Error('the JPEG 2000 has no marker COD');
  return { kind, ...size, isLossless };
}

/** ITU-T T.81 §B.2; T.87 §C.2 */
function describeJPEG(stream: Buffer): CodeStream {
  let frame: { readonly marker: number; readonly rows: number; readonly columns: number } | undefined;
  for (let at = 2; at + 4 <= stream.length; at += 2 + stream.readUInt16BE(at + 2)) {
    const marker = stream[at + 1] ?? 0;
    const isFrame =
      marker === SOF_JPEG_LS || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
    if (isFrame) frame = { marker, rows: stream.readUInt16BE(at + 5), columns: stream.readUInt16BE(at + 7) };
    if (marker !== SOS || frame === undefined) continue;
    const { rows, columns } = frame;
    const near = stream[at + 5 + 2 * (stream[at + 4] ?? 0)];
    if (frame.marker === SOF_JPEG_LS) return { kind: 'jpeg-ls', rows, columns, isLossless: near === 0 };
    return { kind: 'jpeg', rows, columns, isLossless: frame.marker === SOF_LOSSLESS };
  }
  throw new Error('the JPEG has no scan');
}

/** The samples of a frame of 8 bits and one sample for each pixel. PS3.5 §G.3 @throws Error when there are not so many */
export function decodeRLE(frame: Buffer, samples: number): Buffer {
  if (frame.readUInt32LE(0) !== 1) throw new Error(`${frame.readUInt32LE(0)} segments of RLE`);
  const decoded: number[] = [];
  for (let at = frame.readUInt32LE(4); decoded.length < samples; ) {
    const count = frame.readInt8(at);
    if (count >= 0) decoded.push(...frame.subarray(at + 1, at + 2 + count));
    else if (count > -128) decoded.push(...Array<number>(1 - count).fill(frame.readUInt8(at + 1)));
    at += count >= 0 ? count + 2 : count > -128 ? 2 : 1;
  }
  if (decoded.length !== samples) throw new Error(`${decoded.length} samples in RLE`);
  return Buffer.from(decoded);
}
