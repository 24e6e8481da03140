/** Pictures in the portable grey and colour formats, as DCMTK writes them. */

export interface PortableMap {
  readonly rows: number;
  readonly columns: number;
  /** Grey, or red, green and blue; 8 bits. */
  readonly samplesPerPixel: 1 | 3;
  readonly bytes: Buffer;
}

const HEADER = /^P([56])\s(?:#[^\n]*\n)*(\d+)\s+(\d+)\s+255\s/;

/** @throws Error for what is no binary map of 8 bits */
export function readPortableMap(file: Buffer): PortableMap {
  const [header, kind, columns, rows] = HEADER.exec(file.toString('latin1', 0, 512)) ?? [];
  if (header === undefined) throw new Error('This is no portable map of 8 bits.');
  const samplesPerPixel = kind === '5' ? 1 : 3;
  return { rows: Number(rows), columns: Number(columns), samplesPerPixel, bytes: file.subarray(header.length) };
}

/** The mean absolute difference of two pictures of one size; grey counts as red, green and blue alike. */
export function meanDifference(
  a: { readonly bytes: Uint8Array; readonly samplesPerPixel: number },
  b: { readonly bytes: Uint8Array; readonly samplesPerPixel: number },
): number {
  const pixels = a.bytes.length / a.samplesPerPixel;
  if (b.bytes.length < pixels * b.samplesPerPixel) return Number.POSITIVE_INFINITY;
  const [stepA, stepB] = [a.samplesPerPixel, b.samplesPerPixel];
  let sum = 0;
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let sample = 0; sample < 3; sample += 1) {
      const levelA = a.bytes[pixel * stepA + (stepA === 1 ? 0 : sample)] ?? 0;
      const levelB = b.bytes[pixel * stepB + (stepB === 1 ? 0 : sample)] ?? 0;
      sum += Math.abs(levelA - levelB);
    }
  }
  return sum / (pixels * 3);
}
