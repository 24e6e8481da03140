import { describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../../src/dicom/build-data-set.js';
import { draw, drawn, greyImage, table, words } from '../../support/native-frame.js';

const FULL = { WindowCenter: '128', WindowWidth: '256' };
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const EIGHT = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 };

describe('RR-05 grey images', () => {
  it('are as large as the matrix, one byte a pixel', () => {
    const image = greyImage({ Rows: 2, Columns: 3, ...EIGHT, ...FULL });
    expect(draw(image, bytes(1, 2, 3, 4, 5, 6))).toMatchObject({ rows: 2, columns: 3, samplesPerPixel: 1 });
    expect(drawn(image, bytes(1, 2, 3, 4, 5, 6))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('are rescaled before the window', () => {
    const image = greyImage({ RescaleSlope: '2', RescaleIntercept: '-100', ...FULL });
    expect(drawn(image, words(0, 50, 100, 150))).toEqual([0, 0, 100, 200]);
  });

  it.each(['0', '', 'none'])('take a slope of "%s" for 1', (slope) => {
    expect(drawn(greyImage({ RescaleSlope: slope, ...FULL }), words(0, 50, 100, 150))).toEqual([0, 50, 100, 150]);
  });

  it('survive slopes that lead to infinity', () => {
    expect(drawn(greyImage({ RescaleSlope: '1e308', ...FULL }), words(0, 1, 2, 3))).toEqual([0, 255, 255, 255]);
    expect(drawn(greyImage({ RescaleSlope: '-1e308' }), words(0, 1, 2, 3))).toHaveLength(4);
  });

  it('stretch what the frame holds when no window is said', () => {
    expect(drawn(greyImage(), words(100, 300, 200, 100))).toEqual([0, 255, 128, 0]);
    expect(drawn(greyImage({ RescaleSlope: '-1' }), words(100, 300, 200, 100))).toEqual([255, 0, 128, 255]);
    expect(drawn(greyImage(), words(7, 7, 7, 7))).toEqual([0, 0, 0, 0]);
  });

  it('take a width of less than 1 for the exact function', () => {
    const image = greyImage({ RescaleSlope: '0.001', WindowCenter: '0.5', WindowWidth: '0.5' });
    expect(drawn(image, words(250, 500, 625, 750))).toEqual([0, 128, 191, 255]);
  });

  it('read the function of a window', () => {
    const edges = words(64, 128, 192, 192);
    const image = (shape: string) => greyImage({ WindowCenter: '128', WindowWidth: '128', VOILUTFunction: shape });
    expect(drawn(image('SIGMOID'), edges)).toEqual([30, 128, 225, 225]);
    expect(drawn(image('LINEAR_EXACT'), edges)).toEqual([0, 128, 255, 255]);
    expect(drawn(image('LINEAR'), edges)).toEqual([0, 129, 255, 255]);
  });

  it('leave out what lies above and below the stored bits', () => {
    const image = greyImage({ BitsStored: 8, HighBit: 11, ...FULL });
    expect(drawn(image, words(0xf00f, 0xf07f, 0x0a50, 0x0ff0))).toEqual([0, 7, 165, 255]);
  });

  it('extend the sign of the highest stored bit', () => {
    const image = greyImage({
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 1,
      WindowCenter: '0',
      WindowWidth: '4096',
    });
    expect(drawn(image, words(0x0800, 0xffff, 0x0000, 0x07ff))).toEqual([0, 127, 128, 255]);
  });

  it('are drawn of 1 bit, the lowest first', () => {
    const image = greyImage({ Columns: 10, BitsAllocated: 1, BitsStored: 1, HighBit: 0 });
    expect(drawn(image, bytes(0b1010_0001, 0b10))).toEqual([255, 0, 0, 0, 0, 255, 0, 255, 0, 255]);
    expect(drawn(image, bytes(0xff, 0xff))).toEqual(Array.from({ length: 10 }, () => 255));
  });

  it('are drawn of 32 bits, with and without sign, and of 64', () => {
    const wide = { BitsAllocated: 32, BitsStored: 32, HighBit: 31 };
    const pixels = (values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
    expect(drawn(greyImage(wide), pixels([0, -1, 0, -1]))).toEqual([0, 255, 0, 255]);
    const signed = greyImage({ ...wide, PixelRepresentation: 1 });
    expect(drawn(signed, pixels([-10, 0, 10, 5]))).toEqual([0, 128, 255, 191]);
    const short = greyImage({ ...wide, BitsStored: 24, HighBit: 23, PixelRepresentation: 1 });
    expect(drawn(short, pixels([0x7fff_fff6, 0, 10, 5]))).toEqual([0, 128, 255, 191]);
    const long = greyImage({ BitsAllocated: 64, BitsStored: 64, HighBit: 63, PixelRepresentation: 1 });
    expect(drawn(long, new Uint8Array(BigInt64Array.of(-10n, 0n, 10n, 5n).buffer))).toEqual([0, 128, 255, 191]);
  });

  it('are drawn of floating point, of which what is not finite is left out', () => {
    const float = greyImage({
      BitsAllocated: 32,
      BitsStored: undefined,
      HighBit: undefined,
      PixelRepresentation: undefined,
    });
    const pixels = Float32Array.of(-0.5, 0.5, Number.NaN, Number.POSITIVE_INFINITY);
    expect(drawn(float, new Uint8Array(pixels.buffer))).toEqual([0, 255, 0, 255]);
    const double = greyImage({ BitsAllocated: 64, BitsStored: undefined, HighBit: undefined });
    expect(drawn(double, new Uint8Array(Float64Array.of(1e300, -1e300, 0, 0).buffer))).toEqual([255, 0, 128, 128]);
  });
});

describe('RR-04 MONOCHROME1', () => {
  it.each([
    ['without a shape', undefined],
    ['with the shape that says so too', 'INVERSE'],
    ['with a shape that says otherwise', 'IDENTITY'],
  ])('is inverted once %s', (_what, shape) => {
    const image = greyImage({ PhotometricInterpretation: 'MONOCHROME1', PresentationLUTShape: shape, ...FULL });
    expect(drawn(image, words(0, 100, 155, 255))).toEqual([255, 155, 100, 0]);
  });

  it('is inverted where its window is that of the request, and where it has none', () => {
    const image = greyImage({ PhotometricInterpretation: 'MONOCHROME1' });
    const window = { center: 128, width: 256, function: 'linear' } as const;
    expect(drawn(image, words(0, 100, 155, 255), { window })).toEqual([255, 155, 100, 0]);
    expect(drawn(image, words(10, 20, 15, 10))).toEqual([255, 0, 128, 255]);
  });
});

describe('RR-05 pixel padding', () => {
  it('is black, and not stretched', () => {
    const image = greyImage({ PixelPaddingValue: 0xf830, PixelRepresentation: 1 });
    expect(drawn(image, words(0xf830, 100, 200, 150))).toEqual([0, 0, 255, 128]);
    const inverse = greyImage({ PhotometricInterpretation: 'MONOCHROME1', PixelPaddingValue: 9 });
    expect(drawn(inverse, words(9, 100, 200, 150))).toEqual([0, 255, 0, 128]);
  });

  it('is a range, from either end', () => {
    for (const [value, limit] of [
      [0, 5],
      [5, 0],
    ] as const) {
      const image = greyImage({
        PixelPaddingValue: value,
        PixelPaddingRangeLimit: limit,
        WindowCenter: '3.5',
        WindowWidth: '8',
      });
      expect(drawn(image, words(0, 5, 6, 7))).toEqual([0, 0, 237, 255]);
    }
  });

  it('is a floating point number where pixels are', () => {
    const image = greyImage({
      BitsAllocated: 32,
      BitsStored: undefined,
      HighBit: undefined,
      FloatPixelPaddingValue: -1e9,
    });
    expect(drawn(image, new Uint8Array(Float32Array.of(-1e9, 1, 3, 2).buffer))).toEqual([0, 0, 255, 128]);
  });

  it('may be all of a frame', () => {
    expect(drawn(greyImage({ PixelPaddingValue: 3 }), words(3, 3, 3, 3))).toEqual([0, 0, 0, 0]);
  });
});

describe('frames of multi-frame images', () => {
  const rescale = (slope: string) => ({
    PixelValueTransformationSequence: [dataSetOfKeywords({ RescaleSlope: slope, RescaleIntercept: '0' })],
  });
  const window = (center: string) => ({
    FrameVOILUTSequence: [dataSetOfKeywords({ WindowCenter: center, WindowWidth: '256' })],
  });
  const image = greyImage({
    NumberOfFrames: '3',
    RescaleSlope: '7',
    SharedFunctionalGroupsSequence: [dataSetOfKeywords(rescale('1'))],
    PerFrameFunctionalGroupsSequence: [
      dataSetOfKeywords(window('128')),
      dataSetOfKeywords({ ...window('128'), ...rescale('2') }),
    ],
  });

  it.each([
    ['shared with all', 1, [0, 10, 100, 200]],
    ['of their own', 2, [0, 20, 200, 255]],
    ['of the pixels, where there is no group', 3, [0, 13, 128, 255]],
  ])('are drawn by what is %s', (_what, frameNumber, levels) => {
    expect(drawn(image, words(0, 10, 100, 200), { frameNumber })).toEqual(levels);
  });
});

describe('segments', () => {
  it('are drawn as shares of the largest', () => {
    const image = greyImage({ ...EIGHT, SegmentationType: 'FRACTIONAL', MaximumFractionalValue: 100 });
    expect(drawn(image, bytes(0, 20, 40, 100))).toEqual([0, 51, 102, 255]);
  });

  it('are drawn as labels, above a background', () => {
    const image = greyImage({ ...EIGHT, SegmentationType: 'LABELMAP', PixelPaddingValue: 0 });
    expect(drawn(image, bytes(0, 1, 1, 0))).toEqual([0, 255, 255, 0]);
  });
});

describe('angiography', () => {
  const root = '1.2.840.10008.5.1.4.1.1';
  it.each([
    [`${root}.12.1`, 'LOG', [0, 255, 51, 102]],
    [`${root}.12.2`, 'DISP', [0, 255, 51, 102]],
    [`${root}.12.1`, 'LIN', [255, 0, 204, 153]],
    [`${root}.2`, 'LOG', [255, 0, 204, 153]],
  ])('%s of %s values goes back to the beam where it should not be seen', (SOPClassUID, relationship, levels) => {
    const inverse = table(
      0,
      8,
      Array.from({ length: 256 }, (_, i) => 255 - i),
    );
    const image = greyImage({
      SOPClassUID,
      PixelIntensityRelationship: relationship,
      ModalityLUTSequence: inverse,
      ...FULL,
    });
    expect(drawn(image, words(0, 255, 51, 102))).toEqual(levels);
  });
});
