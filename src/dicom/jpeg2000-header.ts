/** The main header of a JPEG 2000 code stream, High-Throughput or not. ISO/IEC 15444-1 §A.5, §A.6 */
import type { CodeStreamDescription } from './code-stream-description.js';
import { cannotUnderstand } from './failure-reasons.js';

const ROOT = '1.2.840.10008.1.2.4';
const SOC = 0xff4f;
const SIZ = 0xff51;
const CAP = 0xff50;
const COD = 0xff52;
const SOT = 0xff90;
/** The signature of a JP2 file: a box around the code stream, which DICOM does not have. */
const JP2_SIGNATURE = 0x6a502020;
/** In Rsiz: the code stream needs Part 2. */
const PART_2 = 0x8000;
const REVERSIBLE = 1;

interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Bit depth less one, and the sign in the highest bit; of the first component. */
  readonly depth: number;
  readonly needsPart2: boolean;
}

/**
 * @param isPart2 whether it was sent as one of Part 2, be it one of Part 1 as well
 * @throws InvalidInstance C000H for no code stream of JPEG 2000; RangeError when it ends early
 */
export function describeJPEG2000(bytes: Buffer, isPart2 = false): CodeStreamDescription {
  if (bytes.length > 8 && bytes.readUInt32BE(4) === JP2_SIGNATURE) {
    throw cannotUnderstand('A JPEG 2000 frame is a JP2 file, not the code stream alone.');
  }
  if (bytes.readUInt16BE(0) !== SOC || bytes.readUInt16BE(2) !== SIZ) {
    throw cannotUnderstand('A frame that should be JPEG 2000 is none.');
  }
  const size = readSize(bytes, isPart2);
  let isHighThroughput = false;
  for (let at = 2; ; ) {
    const marker = bytes.readUInt16BE(at);
    if (marker === CAP) isHighThroughput = true;
    if (marker === COD) return describe(size, bytes, at, isHighThroughput);
    if (marker === SOT || marker < 0xff00) throw cannotUnderstand('A JPEG 2000 frame does not say how it is coded.');
    at += 2 + bytes.readUInt16BE(at + 2);
  }
}

function readSize(bytes: Buffer, isPart2: boolean): Size {
  return {
    rows: bytes.readUInt32BE(12) - bytes.readUInt32BE(20),
    columns: bytes.readUInt32BE(8) - bytes.readUInt32BE(16),
    components: bytes.readUInt16BE(40),
    depth: bytes.readUInt8(42),
    needsPart2: isPart2 || (bytes.readUInt16BE(6) & PART_2) !== 0,
  };
}

function describe(size: Size, bytes: Buffer, cod: number, isHighThroughput: boolean): CodeStreamDescription {
  const isTransformed = bytes.readUInt8(cod + 8) !== 0;
  const isReversible = bytes.readUInt8(cod + 13) === REVERSIBLE;
  return {
    transferSyntaxUID: `${ROOT}.${syntaxOf(isReversible, isHighThroughput, size.needsPart2)}`,
    rows: size.rows,
    columns: size.columns,
    samplesPerPixel: size.components,
    bitsStored: (size.depth & 0x7f) + 1,
    isSigned: (size.depth & 0x80) !== 0,
    photometricInterpretation: photometricInterpretationOf(size.components, isTransformed, isReversible),
  };
}

function syntaxOf(isReversible: boolean, isHighThroughput: boolean, needsPart2: boolean): number {
  if (isHighThroughput) return isReversible ? 201 : 203;
  if (needsPart2) return isReversible ? 92 : 93;
  return isReversible ? 90 : 91;
}

/** PS3.5 §8.2.4 */
function photometricInterpretationOf(components: number, isTransformed: boolean, isReversible: boolean): string {
  if (components === 1) return 'MONOCHROME2';
  if (!isTransformed) return 'RGB';
  return isReversible ? 'YBR_RCT' : 'YBR_ICT';
}
