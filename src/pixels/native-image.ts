/** An image that is decoded to native pixels: little endian, colour by pixel, all bits stored, unsigned. */
export interface NativeImage {
  readonly rows: number;
  readonly columns: number;
  /** Grey, or red, green and blue. */
  readonly samplesPerPixel: 1 | 3;
  /** Of each sample. */
  readonly bits: 8 | 16;
}

/** How many bytes the pixels of an image have. */
export const nativeBytes = ({ rows, columns, samplesPerPixel, bits }: NativeImage): number =>
  rows * columns * samplesPerPixel * (bits / 8);
