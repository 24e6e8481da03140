import { describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../../src/dicom/build-data-set.js';
import { InvalidInstance } from '../../../src/dicom/failure-reasons.js';
import { planRendering } from '../../../src/pixels/render/render-plan.js';
import { type Attributes, draw, drawn, greyImage, words } from '../../support/native-frame.js';

const EIGHT = { BitsAllocated: 8, BitsStored: 8, HighBit: 7 };
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const colourImage = (attributes: Attributes = {}) =>
  greyImage({ ...EIGHT, Columns: 2, SamplesPerPixel: 3, PhotometricInterpretation: 'RGB', ...attributes });

describe('RR-04 colour images', () => {
  it('are drawn as they are, by pixel and by plane', () => {
    expect(draw(colourImage(), bytes(1, 2, 3, 4, 5, 6))).toMatchObject({ rows: 1, columns: 2, samplesPerPixel: 3 });
    expect(drawn(colourImage(), bytes(1, 2, 3, 4, 5, 6))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(drawn(colourImage({ PlanarConfiguration: 1 }), bytes(1, 4, 2, 5, 3, 6))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('leave the frame as it was', () => {
    const pixels = bytes(76, 85, 255, 150, 44, 21);
    drawn(colourImage({ PhotometricInterpretation: 'YBR_FULL' }), pixels);
    expect([...pixels]).toEqual([76, 85, 255, 150, 44, 21]);
  });

  it('have the 8 highest of more bits', () => {
    const sixteen = { BitsAllocated: 16, BitsStored: 16, HighBit: 15 };
    expect(drawn(colourImage(sixteen), words(0, 257, 65535, 32768, 25700, 128))).toEqual([0, 1, 255, 128, 100, 0]);
    const twelve = colourImage({ ...sixteen, BitsStored: 12, HighBit: 11 });
    expect(drawn(twelve, words(0, 4095, 0xf000, 2048, 16, 4094))).toEqual([0, 255, 0, 128, 1, 255]);
    const long = colourImage({ BitsAllocated: 32, BitsStored: 32, HighBit: 31 });
    const pixels = Uint32Array.of(0, 0xffff_ffff, 0x8000_0000, 0x0101_0101, 0, 0x6464_6464);
    expect(drawn(long, new Uint8Array(pixels.buffer))).toEqual([0, 255, 128, 1, 0, 100]);
  });

  it('of YBR_FULL become red, green and blue', () => {
    const image = colourImage({ Columns: 4, PhotometricInterpretation: 'YBR_FULL' });
    const pixels = bytes(76, 85, 255, 150, 44, 21, 29, 255, 107, 200, 128, 128);
    expect(drawn(image, pixels)).toEqual([254, 0, 0, 0, 255, 1, 0, 0, 254, 200, 200, 200]);
  });

  it('of YBR_FULL_422 share colour between neighbours', () => {
    const image = colourImage({ Columns: 4, PhotometricInterpretation: 'YBR_FULL_422' });
    expect(drawn(image, bytes(100, 200, 128, 128, 76, 76, 85, 255))).toEqual([
      ...[100, 100, 100, 200, 200, 200],
      ...[254, 0, 0, 254, 0, 0],
    ]);
  });

  it('of YBR_PARTIAL_422 have black at 16 and white at 235', () => {
    const image = colourImage({ PhotometricInterpretation: 'YBR_PARTIAL_422' });
    expect(drawn(image, bytes(16, 235, 128, 128))).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it('take no window', () => {
    const window = { center: 1, width: 1, function: 'linear' } as const;
    expect(drawn(colourImage(), bytes(1, 2, 3, 4, 5, 6), { window })).toEqual([1, 2, 3, 4, 5, 6]);
    expect(planRendering(colourImage(), { frameNumber: 1 }).takesWindow).toBe(false);
    expect(planRendering(greyImage(), { frameNumber: 1 }).takesWindow).toBe(true);
  });

  it('keep their ICC profile, copied out of the file', () => {
    const profile = Buffer.alloc(200, 1);
    profile.writeUInt32BE(190, 0);
    profile.write('acsp', 36);
    const plan = planRendering(colourImage({ ICCProfile: profile }), { frameNumber: 1 });
    expect(Buffer.from(plan.iccProfile ?? [])).toEqual(profile.subarray(0, 190));
    expect(plan.iccProfile?.buffer.byteLength).toBe(190);
    const path = { OpticalPathSequence: [dataSetOfKeywords({ ICCProfile: profile })] };
    expect(planRendering(colourImage(path), { frameNumber: 1 }).iccProfile).toHaveLength(190);
    const none = planRendering(colourImage({ ICCProfile: Buffer.alloc(200) }), { frameNumber: 1 });
    expect(none.iccProfile).toBeUndefined();
  });

  it.each([
    ['CMYK', { PhotometricInterpretation: 'CMYK', SamplesPerPixel: 4 }],
    ['four samples of what is not said', { PhotometricInterpretation: undefined, SamplesPerPixel: 4 }],
    ['what objects have', { PhotometricInterpretation: 'constructor' }],
    ['HSV', { PhotometricInterpretation: 'HSV' }],
    ['one sample of RGB', { SamplesPerPixel: 1 }],
    ['three samples of MONOCHROME2', { PhotometricInterpretation: 'MONOCHROME2' }],
    ['one bit of RGB', { BitsAllocated: 1, BitsStored: 1 }],
    ['24 bits allocated', { BitsAllocated: 24 }],
  ])('RR-18 are not drawn of %s', (_what, attributes) => {
    expect(() => planRendering(colourImage(attributes), { frameNumber: 1 })).toThrow(InvalidInstance);
  });

  it('RR-18 are not drawn when pixels are missing', () => {
    expect(() => drawn(colourImage(), bytes(1, 2, 3, 4, 5))).toThrow(InvalidInstance);
  });

  it('RR-20 are not planned when they are far too large', () => {
    expect(() => planRendering(colourImage({ Rows: 65535, Columns: 65535 }), { frameNumber: 1 })).toThrow(
      expect.objectContaining({ reason: 0xa700 }),
    );
  });
});

const channels = (build: (channel: 'Red' | 'Green' | 'Blue') => Attributes): Attributes =>
  Object.assign({}, ...(['Red', 'Green', 'Blue'] as const).map(build));

const palette = (bits: number, first: number, entries: Readonly<Record<string, Buffer>>, count: number): Attributes =>
  channels((channel) => ({
    [`${channel}PaletteColorLookupTableDescriptor`]: [count, first & 0xffff, bits],
    [`${channel}PaletteColorLookupTableData`]: entries[channel] ?? Buffer.alloc(0),
  }));

const inWords = (...values: readonly number[]): Buffer => Buffer.from(words(...values));
const PALETTE = { ...EIGHT, PhotometricInterpretation: 'PALETTE COLOR' };

describe('RR-04 palettes', () => {
  const sixteen = { Red: inWords(0xff00, 0x0100), Green: inWords(0x8000, 0x02ff), Blue: inWords(0, 0x0300) };
  const eight = { Red: Buffer.from([255, 1]), Green: Buffer.from([128, 2]), Blue: Buffer.from([0, 3]) };
  const wide = { Red: inWords(255, 1), Green: inWords(128, 2), Blue: inWords(0, 3) };
  const colours = [255, 128, 0, 255, 128, 0, 1, 2, 3, 1, 2, 3];

  it.each([
    ['16 bits', palette(16, 5, sixteen, 2)],
    ['8 bits, two in a word', palette(8, 5, eight, 2)],
    ['8 bits, one in a word', palette(8, 5, wide, 2)],
    ['8 bits that are said to be 16', palette(16, 5, wide, 2)],
    ['16 bits that are said to be 8', palette(8, 5, sixteen, 2)],
    ['more colours than there are', palette(16, 5, sixteen, 99)],
  ])('of %s colour values, the first ones and the last ones alike', (_what, attributes) => {
    const image = greyImage({ ...PALETTE, ...attributes });
    expect(drawn(image, bytes(0, 5, 6, 255))).toEqual(colours);
    expect(planRendering(image, { frameNumber: 1 }).takesWindow).toBe(false);
  });

  it('begin below zero where pixels do', () => {
    const image = greyImage({ ...PALETTE, PixelRepresentation: 1, ...palette(16, -1, sixteen, 2) });
    expect(drawn(image, bytes(0x80, 0xff, 0, 1))).toEqual(colours);
  });

  const segmented = (bits: number, segments: Buffer): Attributes =>
    channels((channel) => ({
      [`${channel}PaletteColorLookupTableDescriptor`]: [6, 0, bits],
      [`Segmented${channel}PaletteColorLookupTableData`]: segments,
    }));

  it.each([
    ['16 bits', segmented(16, inWords(0, 2, 0, 0x6400, 1, 2, 0x8c00, 2, 1, 0, 0))],
    ['8 bits', segmented(8, Buffer.from([0, 2, 0, 100, 1, 2, 140, 2, 1, 0, 0, 0, 0, 0]))],
  ])('of %s are put together from segments', (_what, attributes) => {
    const image = greyImage({ ...PALETTE, Columns: 6, ...attributes });
    const levels = drawn(image, bytes(0, 1, 2, 3, 4, 5)).filter((_, i) => i % 3 === 0);
    expect(levels).toEqual([0, 100, 120, 140, 0, 100]);
  });

  it.each([
    ['no table', {}],
    ['an empty table', palette(16, 0, {}, 2)],
    ['a segment of no kind', segmented(16, inWords(7, 1, 2))],
    ['a line from nowhere', segmented(16, inWords(1, 2, 3))],
    ['nothing but references', segmented(16, Buffer.alloc(8_000, inWords(2, 65535, 0, 0)))],
    ['segments without an end', segmented(16, Buffer.alloc(500_000, inWords(0, 0, 2, 65535, 0, 0)))],
  ])('RR-18 of %s are not drawn', (_what, attributes) => {
    expect(() => planRendering(greyImage({ ...PALETTE, ...attributes }), { frameNumber: 1 })).toThrow(InvalidInstance);
  });

  it('that are supplemental colour values from their first one on', () => {
    const image = greyImage({
      ...{ WindowCenter: '128', WindowWidth: '256' },
      PixelPresentation: 'COLOR',
      ...palette(16, 300, sixteen, 2),
    });
    expect(drawn(image, words(7, 299, 300, 301))).toEqual([7, 7, 7, 255, 255, 255, 255, 128, 0, 1, 2, 3]);
    const window = { center: 150, width: 300, function: 'linear-exact' } as const;
    expect(drawn(image, words(7, 150, 300, 301), { window }).slice(0, 6)).toEqual([6, 6, 6, 128, 128, 128]);
  });

  it('are passed over where the pixels are grey', () => {
    const image = greyImage({ PixelPresentation: 'MONOCHROME', ...palette(16, 0, sixteen, 2) });
    expect(drawn(image, words(0, 0, 1, 1))).toEqual([0, 0, 255, 255]);
  });
});
