/** The header of a JPEG or JPEG-LS code stream. ISO/IEC 10918-1 §B.2, ISO/IEC 14495-1 §C.2 */
import type { CodeStreamDescription } from './code-stream-description.js';
import { cannotUnderstand } from './failure-reasons.js';

const ROOT = '1.2.840.10008.1.2.4';
const SOI = 0xffd8;
const SOS = 0xffda;
const APP14 = 0xffee;
const JPEG_LS = 0xfff7;
/** Markers of frames: one process of coding each; DHT, JPG and DAC among them are none. */
const FIRST_FRAME = 0xffc0;
const LAST_FRAME = 0xffcf;
const NO_FRAMES: ReadonlySet<number> = new Set([0xffc4, 0xffc8, 0xffcc]);
const BASELINE = 0xffc0;
const EXTENDED = 0xffc1;
const PROGRESSIVE = 0xffc2;
const LOSSLESS = 0xffc3;

interface Frame {
  readonly marker: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  /** Identifiers of the components. */
  readonly names: string;
  /** Horizontal and vertical sampling of each component, as one byte. */
  readonly sampling: readonly number[];
}

/** @throws InvalidInstance C000H for no JPEG, or one that DICOM has no transfer syntax for; RangeError when it ends early */
export function describeJPEG(bytes: Buffer): CodeStreamDescription {
  if (bytes.readUInt16BE(0) !== SOI) throw cannotUnderstand('A frame that should be JPEG is none.');
  let frame: Frame | undefined;
  let adobeTransform: number | undefined;
  for (let at = 2; ; ) {
    // Any number of fill bytes may stand before a marker.
    while (bytes.readUInt16BE(at) === 0xffff) at += 1;
    const marker = bytes.readUInt16BE(at);
    const content = at + 4;
    if (marker === SOS && frame !== undefined) return describe(frame, bytes, content, adobeTransform);
    if (marker < FIRST_FRAME || marker === SOS) throw cannotUnderstand('A JPEG frame has no header.');
    if (isFrame(marker)) frame = readFrame(marker, bytes, content);
    if (marker === APP14 && bytes.toString('latin1', content, content + 5) === 'Adobe') {
      adobeTransform = bytes.readUInt8(content + 11);
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
}

const isFrame = (marker: number): boolean =>
  marker === JPEG_LS || (marker >= FIRST_FRAME && marker <= LAST_FRAME && !NO_FRAMES.has(marker));

function readFrame(marker: number, bytes: Buffer, at: number): Frame {
  const components = Array.from({ length: bytes.readUInt8(at + 5) }, (_, i) => at + 6 + 3 * i);
  return {
    marker,
    precision: bytes.readUInt8(at),
    rows: bytes.readUInt16BE(at + 1),
    columns: bytes.readUInt16BE(at + 3),
    names: String.fromCharCode(...components.map((component) => bytes.readUInt8(component))),
    sampling: components.map((component) => bytes.readUInt8(component + 1)),
  };
}

function describe(
  frame: Frame,
  bytes: Buffer,
  scan: number,
  adobeTransform: number | undefined,
): CodeStreamDescription {
  const { precision, rows, columns, sampling } = frame;
  if (rows === 0) throw cannotUnderstand('A JPEG frame does not say at its beginning how many rows it has.');
  // After the components of the scan: the predictor of a lossless process, NEAR of JPEG-LS.
  const parameter = bytes.readUInt8(scan + 1 + 2 * bytes.readUInt8(scan));
  return {
    transferSyntaxUID: `${ROOT}.${syntaxOf(frame.marker, parameter)}`,
    rows,
    columns,
    samplesPerPixel: sampling.length,
    bitsStored: precision,
    isSigned: false,
    photometricInterpretation: photometricInterpretationOf(frame, adobeTransform),
  };
}

function syntaxOf(marker: number, parameter: number): number {
  switch (marker) {
    case BASELINE:
      return 50;
    case EXTENDED:
      return 51;
    case PROGRESSIVE:
      return 55;
    case LOSSLESS:
      return parameter === 1 ? 70 : 57;
    case JPEG_LS:
      return parameter === 0 ? 80 : 81;
    default:
      throw cannotUnderstand('A JPEG frame is of a process that DICOM has no transfer syntax for.');
  }
}

/** Lossy colour is transformed unless it says that it is not. PS3.5 §8.2.1, PS3.3 §C.7.6.3.1.2 */
function photometricInterpretationOf({ marker, names, sampling }: Frame, adobeTransform: number | undefined): string {
  if (sampling.length === 1) return 'MONOCHROME2';
  if (marker === LOSSLESS || marker === JPEG_LS || adobeTransform === 0 || names === 'RGB') return 'RGB';
  return sampling[0] === sampling[1] ? 'YBR_FULL' : 'YBR_FULL_422';
}
