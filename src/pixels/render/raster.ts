/** What drawing gives: 8 bits a sample, colour by pixel, top row first. */
export interface Raster {
  readonly rows: number;
  readonly columns: number;
  /** Grey, or red, green and blue. */
  readonly samplesPerPixel: 1 | 3;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Height of a pixel by its width; 1 when it is left out. */
  readonly pixelAspect?: number;
  /** Of its colours. */
  readonly iccProfile?: Uint8Array;
}
