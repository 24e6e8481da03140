import dicomParser from 'dicom-parser';

/** What a test asks of an image, read by a parser that is not ours. */
export interface ReadImage {
  readonly rows: number;
  readonly columns: number;
  readonly position: readonly number[];
  readonly spacing: readonly number[];
  /** Stored values, row by row; the machine that tests is little endian. */
  readonly stored: Int16Array;
  readonly text: (attribute: string) => string | undefined;
}

export function readImage(file: Buffer): ReadImage {
  const parsed = dicomParser.parseDicom(file);
  const pixels = parsed.elements['x7fe00010'];
  if (pixels === undefined) throw new Error('The file has no Pixel Data.');
  const bytes = file.subarray(pixels.dataOffset, pixels.dataOffset + pixels.length);
  const numbers = (attribute: string): number[] => (parsed.string(attribute) ?? '').split('\\').map(Number);
  return {
    rows: parsed.uint16('x00280010') ?? 0,
    columns: parsed.uint16('x00280011') ?? 0,
    position: numbers('x00200032'),
    spacing: numbers('x00280030'),
    stored: new Int16Array(Uint8Array.from(bytes).buffer),
    text: (attribute) => parsed.string(attribute),
  };
}

/** Mean Hounsfield units in a small square about a place of the slice that is nearest to it. */
export function hounsfieldAt(
  series: readonly ReadImage[],
  [x, y, z]: readonly [number, number, number],
  reach = 1,
): number {
  const slice = series.toSorted((a, b) => Math.abs((a.position[2] ?? 0) - z) - Math.abs((b.position[2] ?? 0) - z))[0];
  if (slice === undefined) throw new Error('The series has no slice.');
  const [left = 0, top = 0] = slice.position;
  const [pixel = 1] = slice.spacing;
  const [column, row] = [Math.round((x - left) / pixel), Math.round((y - top) / pixel)];
  let sum = 0;
  for (let j = row - reach; j <= row + reach; j += 1) {
    for (let i = column - reach; i <= column + reach; i += 1) sum += slice.stored[j * slice.columns + i] ?? Number.NaN;
  }
  return sum / (2 * reach + 1) ** 2 - 1024;
}
