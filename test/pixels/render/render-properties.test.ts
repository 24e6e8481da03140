/** Whatever a data set says, drawing gives a raster of its size, or an error that tells what is wrong; in bounded time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataSet, dataSetOfKeywords, element } from '../../../src/dicom/build-data-set.js';
import type { DataElement, DataSet } from '../../../src/dicom/data-set.js';
import { InvalidInstance } from '../../../src/dicom/failure-reasons.js';
import { frameBits, imagePixelDescription } from '../../../src/dicom/image-pixel.js';
import { ArchiveError } from '../../../src/errors.js';
import { decodeGIF } from '../../../src/pixels/gif.js';
import { drawFrame } from '../../../src/pixels/render/draw.js';
import { GIF_END, GIFPixels, gifImageStart, gifStart } from '../../../src/pixels/render/gif-writer.js';
import type { Raster } from '../../../src/pixels/render/raster.js';
import { planRendering, type RenderRequest } from '../../../src/pixels/render/render-plan.js';
import { frameOf, greyImage, words } from '../../support/native-frame.js';

const numberText = fc.oneof(
  fc.constantFrom('0', '1', '-1', '', 'NaN', '1e308', '-1e308', '1e-300', '400', '-1024', '0.5'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toPrecision(8)),
);
const word = fc.oneof(fc.constantFrom(0, 1, 2, 8, 16, 0x7fff, 0x8000, 0xffff), fc.integer({ min: 0, max: 0xffff }));
const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength }).map((array) => Buffer.from(array));
const descriptor = fc.oneof({ weight: 30, arbitrary: fc.tuple(word, word, word) }, fc.tuple(word, word));
const rarelyNot = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 30 });
const lookUpTable = fc
  .record({
    LUTDescriptor: rarelyNot(descriptor),
    LUTData: rarelyNot(bytes(64)),
  })
  .map((item) => [dataSetOfKeywords(item)]);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });

const palettes = fc
  .record({ descriptor, data: bytes(40), isSegmented: fc.integer({ min: 0, max: 9 }).map((die) => die === 0) })
  .map(({ descriptor: said, data, isSegmented }) =>
    Object.assign(
      {},
      ...['Red', 'Green', 'Blue'].map((channel) => ({
        [`${channel}PaletteColorLookupTableDescriptor`]: said,
        [`${isSegmented ? 'Segmented' : ''}${channel}PaletteColorLookupTableData`]: data,
      })),
    ),
  );

const greys = {
  RescaleSlope: maybe(numberText),
  RescaleIntercept: maybe(numberText),
  ModalityLUTSequence: maybe(lookUpTable),
  PresentationLUTSequence: maybe(lookUpTable),
  PresentationLUTShape: maybe(fc.constantFrom('INVERSE', 'IDENTITY', 'X')),
};
const voi = {
  WindowCenter: maybe(numberText),
  WindowWidth: maybe(numberText),
  VOILUTFunction: maybe(fc.constantFrom('LINEAR', 'LINEAR_EXACT', 'SIGMOID', 'constructor')),
  VOILUTSequence: maybe(lookUpTable),
};
const shutters = {
  ShutterShape: maybe(fc.constantFrom('CIRCULAR', 'POLYGONAL', ['RECTANGULAR', 'BITMAP'])),
  ShutterLeftVerticalEdge: maybe(numberText),
  ShutterRightVerticalEdge: maybe(numberText),
  ShutterUpperHorizontalEdge: maybe(numberText),
  ShutterLowerHorizontalEdge: maybe(numberText),
  CenterOfCircularShutter: maybe(fc.array(numberText, { maxLength: 3 })),
  RadiusOfCircularShutter: maybe(numberText),
  VerticesOfThePolygonalShutter: maybe(fc.array(numberText, { maxLength: 9 })),
  ShutterPresentationValue: maybe(word),
  ShutterOverlayGroup: maybe(fc.constantFrom(0x6000, 0x6002, 0, 0xffff)),
};

const overlay: fc.Arbitrary<readonly DataElement[]> = fc
  .record({
    rows: word,
    columns: word,
    origin: fc.array(fc.integer({ min: -0x8000, max: 0x7fff }), { maxLength: 2 }),
    position: word,
    type: fc.constantFrom('G', 'R', ''),
    layer: maybe(fc.constantFrom('A', 'B')),
    data: maybe(bytes(20)),
    frames: maybe(numberText),
    first: word,
  })
  .map(({ rows, columns, origin, position, type, layer, data, frames, first }) => [
    element(0x60000010, rows),
    element(0x60000011, columns),
    element(0x60000040, type),
    element(0x60000050, origin, 'SS'),
    element(0x60000051, first),
    element(0x60000102, position),
    ...(frames === undefined ? [] : [element(0x60000015, frames)]),
    ...(layer === undefined ? [] : [element(0x60001001, layer)]),
    ...(data === undefined ? [] : [element(0x60003000, data, 'OW')]),
  ]);

const KINDS = [
  { SamplesPerPixel: 1, PhotometricInterpretation: 'MONOCHROME1' },
  { SamplesPerPixel: 1, PhotometricInterpretation: 'MONOCHROME2' },
  { SamplesPerPixel: 1, PhotometricInterpretation: 'MONOCHROME2', PixelPresentation: 'COLOR' },
  { SamplesPerPixel: 1, PhotometricInterpretation: 'PALETTE COLOR' },
  { SamplesPerPixel: 1 },
  ...['RGB', 'YBR_FULL', 'YBR_FULL_422', 'YBR_PARTIAL_422', 'YBR_RCT', 'CMYK'].map((interpretation) => ({
    SamplesPerPixel: 3,
    PhotometricInterpretation: interpretation,
  })),
];

const images = fc
  .record({
    size: fc.record({ Rows: fc.integer({ min: 1, max: 5 }), Columns: fc.integer({ min: 1, max: 9 }) }),
    kind: fc.constantFrom(...KINDS),
    depth: fc.constantFrom(1, 8, 16, 16, 16, 24, 32, 64),
    stored: fc.integer({ min: 1, max: 64 }),
    sign: fc.record({ PixelRepresentation: fc.constantFrom(0, 1), PlanarConfiguration: fc.constantFrom(0, 1) }),
    rest: fc.record({
      ...greys,
      ...voi,
      ...shutters,
      HighBit: maybe(word),
      PixelPaddingValue: maybe(word),
      PixelPaddingRangeLimit: maybe(word),
    }),
    palette: palettes,
    overlay: maybe(overlay),
    isFloat: fc.boolean(),
  })
  .map(({ size, kind, depth, stored, sign, rest, palette, overlay: plane, isFloat }) =>
    dataSet([
      ...dataSetOfKeywords({
        ...{ SOPInstanceUID: '2.25.1', BitsAllocated: depth, ...size, ...kind, ...sign, ...rest, ...palette },
        ...(isFloat ? {} : { BitsStored: Math.min(stored, depth) }),
      }).elements,
      ...(plane ?? []),
    ]),
  );

const float = fc.oneof(
  fc.float(),
  fc.constantFrom(0, 1, 2.5, -1, 1e30, Number.NaN, Number.NEGATIVE_INFINITY).map(Math.fround),
);
const points = (maxLength: number) => fc.array(float, { maxLength });
const units = fc.constantFrom('PIXEL', 'DISPLAY', '');
const graphicObject = fc.record({
  GraphicAnnotationUnits: units,
  GraphicData: points(12),
  GraphicType: fc.constantFrom('POINT', 'POLYLINE', 'INTERPOLATED', 'CIRCLE', 'ELLIPSE', ''),
  GraphicFilled: fc.constantFrom('Y', 'N'),
});
const textObject = fc.record({
  BoundingBoxAnnotationUnits: units,
  AnchorPointAnnotationUnits: units,
  UnformattedTextValue: fc.string({ unit: 'binary', maxLength: 12 }),
  BoundingBoxTopLeftHandCorner: maybe(points(2)),
  BoundingBoxBottomRightHandCorner: maybe(points(2)),
  BoundingBoxTextHorizontalJustification: fc.constantFrom('LEFT', 'RIGHT', 'CENTER', 'constructor'),
  AnchorPoint: maybe(points(2)),
  AnchorPointVisibility: fc.constantFrom('Y', 'N'),
});
const corner = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(-0x8000_0000, 0x7fff_ffff));
const area = fc
  .record({
    DisplayedAreaTopLeftHandCorner: fc.array(corner, { maxLength: 2 }),
    DisplayedAreaBottomRightHandCorner: fc.array(corner, { maxLength: 2 }),
    PresentationPixelAspectRatio: fc.array(fc.constantFrom('0', '1', '3', '999999'), { maxLength: 2 }),
  })
  .map((item) => [dataSetOfKeywords(item)]);

const states = fc
  .record({
    rest: fc.record({
      ...greys,
      ...shutters,
      SOPClassUID: fc.constantFrom('1.2.840.10008.5.1.4.1.1.11.1', '1.2.840.10008.5.1.4.1.1.11.3'),
      ImageRotation: maybe(fc.constantFrom(0, 90, 180, 270, 45)),
      ImageHorizontalFlip: maybe(fc.constantFrom('Y', 'N')),
      SoftcopyVOILUTSequence: maybe(fc.record(voi).map((item) => [dataSetOfKeywords(item)])),
      DisplayedAreaSelectionSequence: maybe(area),
      GraphicAnnotationSequence: maybe(
        fc
          .record({
            GraphicLayer: fc.constantFrom('A', 'B'),
            GraphicObjectSequence: fc.array(graphicObject.map(dataSetOfKeywords), { maxLength: 3 }),
            TextObjectSequence: fc.array(textObject.map(dataSetOfKeywords), { maxLength: 2 }),
          })
          .map((item) => [dataSetOfKeywords(item)]),
      ),
    }),
    palette: palettes,
    overlay: maybe(overlay),
  })
  .map(({ rest, palette, overlay: plane }) =>
    dataSet([...dataSetOfKeywords({ ...rest, ...palette }).elements, ...(plane ?? [])]),
  );

/** What is drawn, or what is said instead; anything else is thrown. */
function attempt(image: DataSet, pixels: Uint8Array<ArrayBuffer>, request: RenderRequest): Raster | string {
  try {
    const plan = structuredClone(planRendering(image, request));
    const { description } = frameOf(image, new Uint8Array());
    return drawFrame({ description, bytes: pixels }, plan);
  } catch (error) {
    if (error instanceof InvalidInstance || error instanceof ArchiveError) return error.message;
    throw error;
  }
}

const seeded = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 0xff);

describe('planRendering and drawFrame', () => {
  it('give a raster of the right size, or say what is wrong, whatever a data set says', () => {
    let drawnCount = 0;
    fc.assert(
      fc.property(images, maybe(states), fc.integer({ min: 0, max: 99 }), (image, presentation, seed) => {
        const request = { frameNumber: 1, ...(presentation === undefined ? {} : { presentation }) };
        const length = Math.ceil(frameBits(imagePixelDescription(image)) / 8);
        const raster = attempt(image, seeded(length, seed), request);
        if (typeof raster === 'string') return;
        drawnCount += 1;
        expect(raster.bytes).toHaveLength(raster.rows * raster.columns * raster.samplesPerPixel);
        if (presentation === undefined) {
          const { rows, columns } = imagePixelDescription(image);
          expect([raster.rows, raster.columns]).toEqual([rows, columns]);
        }
        expect(raster.pixelAspect).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
    expect(drawnCount).toBeGreaterThan(100);
  });

  it('see nothing of what lies around the frame in memory', () => {
    fc.assert(
      fc.property(images, fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 9 }), (image, seed, offset) => {
        const length = Math.ceil(frameBits(imagePixelDescription(image)) / 8);
        const [alone, among] = [seeded(length, seed), seeded(length + 40, seed + 7)];
        among.set(alone, offset);
        const pixels = among.subarray(offset, offset + length);
        expect(attempt(image, pixels, { frameNumber: 1 })).toEqual(attempt(image, alone, { frameNumber: 1 }));
      }),
      { numRuns: 200 },
    );
  });

  it('refuse a frame that is too short, and take one that is longer', () => {
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 16 }), (image, more) => {
        const length = Math.ceil(frameBits(imagePixelDescription(image)) / 8);
        const whole = attempt(image, seeded(length, 1), { frameNumber: 1 });
        if (typeof whole === 'string') return;
        expect(attempt(image, seeded(length + more, 1), { frameNumber: 1 })).toEqual(whole);
        expect(attempt(image, seeded(length - 1, 1), { frameNumber: 1 })).toMatch(/less pixels/);
      }),
      { numRuns: 150 },
    );
  });

  it('draw no value darker than a smaller one, in any window', () => {
    const shapes = fc.constantFrom('linear', 'linear-exact', 'sigmoid');
    const width = fc.double({ min: 1, max: 1e9, noNaN: true });
    const center = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const values = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.record({ center, width, function: shapes }), values, (window, unsorted) => {
        const sorted = unsorted.toSorted((a, b) => a - b);
        const raster = attempt(greyImage(), Uint8Array.from(words(...sorted)), { frameNumber: 1, window });
        if (typeof raster === 'string') throw new Error(raster);
        expect([...raster.bytes]).toEqual([...raster.bytes].toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('GIFPixels', () => {
  it('is read as it was written, however it is given its pixels', async () => {
    const pixels = fc.oneof(
      { weight: 9, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3000 }) },
      { weight: 1, arbitrary: fc.constant(seeded(60_000, 3)) },
    );
    await fc.assert(
      fc.asyncProperty(pixels, fc.integer({ min: 1, max: 5000 }), async (levels, piece) => {
        const size = { rows: 1, columns: levels.length };
        const writer = new GIFPixels();
        const parts = [gifStart(size, false), gifImageStart(size, undefined)];
        for (let at = 0; at < levels.length; at += piece) parts.push(writer.take(levels.subarray(at, at + piece)));
        parts.push(writer.end(), GIF_END);
        const read: Buffer[] = [];
        for await (const colours of decodeGIF(once(Buffer.concat(parts)))) read.push(colours);
        const green = Buffer.concat(read).filter((_, i) => i % 3 === 1);
        expect(Buffer.from(green).equals(levels)).toBe(true);
      }),
    );
  });
});

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
