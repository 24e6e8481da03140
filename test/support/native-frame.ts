/** Images made up for tests of drawing: a data set that describes them, and their pixels as a decoder gives them. */

import { dataSetOfKeywords, type PlainValue } from '../../src/dicom/build-data-set.js';
import type { DataSet } from '../../src/dicom/data-set.js';
import { imagePixelDescription } from '../../src/dicom/image-pixel.js';
import type { Frame } from '../../src/pixels/frame.js';
import { drawFrame } from '../../src/pixels/render/draw.js';
import type { Raster } from '../../src/pixels/render/raster.js';
import { planRendering, type RenderRequest } from '../../src/pixels/render/render-plan.js';

export type Attributes = Readonly<Record<string, PlainValue | undefined>>;

/** One row of grey pixels of 16 bits, unsigned, unless attributes say otherwise. */
export const greyImage = (attributes: Attributes = {}): DataSet =>
  dataSetOfKeywords({
    Rows: 1,
    Columns: 4,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    ...attributes,
  });

/** The pixels of a frame as a decoder gives them, of the size that the data set says. */
export function frameOf(dataSet: DataSet, bytes: Uint8Array): Frame {
  const { numberOfFrames: _, ...description } = imagePixelDescription(dataSet);
  return { description: { ...description, transferSyntaxUID: '1.2.840.10008.1.2.1' }, bytes: Uint8Array.from(bytes) };
}

export const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);

/** Draw an image, as a worker would: the plan is cloned on its way. */
export function draw(dataSet: DataSet, bytes: Uint8Array, request: Partial<RenderRequest> = {}): Raster {
  const plan = structuredClone(planRendering(dataSet, { frameNumber: 1, ...request }));
  return drawFrame(frameOf(dataSet, bytes), plan);
}

/** The bytes that are drawn. */
export const drawn = (...args: Parameters<typeof draw>): readonly number[] => [...draw(...args).bytes];

/** A look-up table sequence of one item. */
export const table = (
  first: number,
  bits: number,
  entries: readonly number[],
  count = entries.length,
): readonly DataSet[] => [
  dataSetOfKeywords({
    LUTDescriptor: [count & 0xffff, first & 0xffff, bits],
    LUTData: Buffer.from(Uint16Array.from(entries).buffer),
  }),
];
