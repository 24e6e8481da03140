/** What the Image Pixel Module would say of the frame. PS3.3 §C.7.6.3 */
export interface CodeStreamDescription {
  readonly transferSyntaxUID: string;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsStored: number;
  readonly isSigned: boolean;
  readonly photometricInterpretation: string;
}
