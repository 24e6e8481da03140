/** What an image is, by its file and by readers that are neither ours nor the viewer's: the values of its pixels and its first window. */
import { Context, NativeCodecs } from 'dcmjs-codecs';
import dicomParser, { type DataSet } from 'dicom-parser';

export interface Picture {
  readonly columns: number;
  readonly rows: number;
  /** 1, or 3 for colours. */
  readonly samples: number;
  readonly isInverted: boolean;
  /** Of each frame, after Rescale Slope and Intercept; row by row, samples of a pixel together. */
  readonly frames: readonly ArrayLike<number>[];
  /** Window Center and Width. */
  readonly window: readonly [number, number] | undefined;
}

type Decoder = 'decodeJpegLs' | 'decodeJpeg2000' | 'decodeHtJpeg2000';
const DECODERS: Readonly<Record<string, Decoder>> = {
  '1.2.840.10008.1.2.4.80': 'decodeJpegLs',
  '1.2.840.10008.1.2.4.90': 'decodeJpeg2000',
  '1.2.840.10008.1.2.4.201': 'decodeHtJpeg2000',
};

/** Read a file of one of the syntaxes above, or of native pixels in little endian. */
export async function readPicture(file: Buffer): Promise<Picture> {
  const parsed = dicomParser.parseDicom(file);
  const number = (attribute: string): number => parsed.uint16(attribute) ?? 0;
  const decimal = (attribute: string): number | undefined => parsed.floatString(attribute);
  const [columns, rows, samples] = [number('x00280011'), number('x00280010'), number('x00280002')];
  const { slope, intercept } = rescaleIn(parsed);
  const frames = (await storedFrames(file, parsed)).map((bytes) =>
    Array.from(
      numbersIn(bytes, number('x00280100'), number('x00280103') === 1),
      (stored) => slope * stored + intercept,
    ),
  );
  const [center, width] = [decimal('x00281050'), decimal('x00281051')];
  return {
    columns,
    rows,
    samples,
    isInverted: parsed.string('x00280004') === 'MONOCHROME1',
    frames,
    window: center === undefined || width === undefined ? undefined : [center, width],
  };
}

/** At the top, or, in an enhanced image, among the functional groups of all frames or of the first. */
function rescaleIn(parsed: DataSet): { readonly slope: number; readonly intercept: number } {
  const groups = ['x52009229', 'x52009230'].map((tag) => parsed.elements[tag]?.items?.[0]?.dataSet);
  const rescales = groups.map((group) => group?.elements['x00289145']?.items?.[0]?.dataSet);
  const holder = [parsed, ...rescales].find((one) => one?.floatString('x00281053') !== undefined);
  return { slope: holder?.floatString('x00281053') ?? 1, intercept: holder?.floatString('x00281052') ?? 0 };
}

async function storedFrames(file: Buffer, parsed: DataSet): Promise<readonly Uint8Array[]> {
  const element = parsed.elements['x7fe00010'];
  if (element === undefined) throw new Error('The file has no Pixel Data.');
  const count = parsed.intString('x00280008') ?? 1;
  if (element.encapsulatedPixelData === true) {
    return Promise.all(Array.from({ length: count }, (_, at) => decoded(parsed, encodedFrame(parsed, at))));
  }
  const size = element.length / count;
  return Array.from({ length: count }, (_, at) => {
    const start = element.dataOffset + at * size;
    return Uint8Array.from(file.subarray(start, start + size));
  });
}

/** One fragment a frame is what the files are that these tests read. */
export function encodedFrame(parsed: DataSet, index: number): Uint8Array {
  const element = parsed.elements['x7fe00010'];
  if (element === undefined) throw new Error('The file has no Pixel Data.');
  return Uint8Array.from(dicomParser.readEncapsulatedPixelDataFromFragments(parsed, element, index, 1));
}

async function decoded(parsed: DataSet, encodedBuffer: Uint8Array): Promise<Uint8Array> {
  const decode = DECODERS[parsed.string('x00020010') ?? ''];
  if (decode === undefined) throw new Error('These tests do not decode this transfer syntax.');
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
  const number = (attribute: string): number => parsed.uint16(attribute) ?? 0;
  const context = new Context({
    width: number('x00280011'),
    height: number('x00280010'),
    bitsAllocated: number('x00280100'),
    bitsStored: number('x00280101'),
    samplesPerPixel: number('x00280002'),
    pixelRepresentation: number('x00280103'),
    planarConfiguration: number('x00280006'),
    photometricInterpretation: parsed.string('x00280004') ?? '',
    encodedBuffer,
  });
  const bytes = NativeCodecs[decode](context).getDecodedBuffer();
  if (bytes === undefined) throw new Error('The decoder gave nothing.');
  return Uint8Array.from(bytes);
}

function numbersIn(bytes: Uint8Array, bitsAllocated: number, isSigned: boolean): ArrayLike<number> {
  if (bitsAllocated === 8) return bytes;
  return isSigned ? new Int16Array(bytes.buffer) : new Uint16Array(bytes.buffer);
}
