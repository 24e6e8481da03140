import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { dataSetOfKeywords, type PlainValue } from '../../src/dicom/build-data-set.js';
import type { DataElement } from '../../src/dicom/data-set.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { frameBits, imagePixelDescription } from '../../src/dicom/image-pixel.js';
import { imageDataSet } from '../support/pixel-stream.js';

const describeImage = (attributes: Readonly<Record<string, PlainValue | undefined>> = {}) =>
  imagePixelDescription(imageDataSet(attributes));

describe('imagePixelDescription', () => {
  it('reads every attribute', () => {
    const description = describeImage({
      Rows: 65535,
      Columns: 1,
      SamplesPerPixel: 3,
      BitsAllocated: 16,
      BitsStored: 12,
      PixelRepresentation: 1,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 1,
      NumberOfFrames: 2147483647,
    });
    expect(description).toEqual({
      rows: 65535,
      columns: 1,
      samplesPerPixel: 3,
      bitsAllocated: 16,
      bitsStored: 12,
      pixelRepresentation: 1,
      photometricInterpretation: 'RGB',
      planarConfiguration: 1,
      numberOfFrames: 2147483647,
    });
  });

  it('gives what is left out the one value it can have', () => {
    expect(imagePixelDescription(dataSetOfKeywords({ Rows: 2, Columns: 3, BitsAllocated: 16 }))).toEqual({
      rows: 2,
      columns: 3,
      samplesPerPixel: 1,
      bitsAllocated: 16,
      bitsStored: 16,
      pixelRepresentation: 0,
      photometricInterpretation: undefined,
      planarConfiguration: 0,
      numberOfFrames: 1,
    });
  });

  it('takes an empty Number of Frames for one frame', () => {
    expect(describeImage({ NumberOfFrames: [] }).numberOfFrames).toBe(1);
    expect(describeImage({ NumberOfFrames: Buffer.from('  ') }).numberOfFrames).toBe(1);
  });

  it.each([1, 8, 16, 24, 32, 40, 48, 56, 64])('takes %i Bits Allocated', (bitsAllocated) => {
    expect(describeImage({ BitsAllocated: bitsAllocated }).bitsAllocated).toBe(bitsAllocated);
  });

  const impossible: readonly [string, Readonly<Record<string, PlainValue | undefined>>][] = [
    ['no Rows', { Rows: undefined }],
    ['no Columns', { Columns: undefined }],
    ['no Bits Allocated', { BitsAllocated: undefined }],
    ['empty Rows', { Rows: [] }],
    ['0 Rows', { Rows: 0 }],
    ['0 Columns', { Columns: 0 }],
    ['0 Samples per Pixel', { SamplesPerPixel: 0 }],
    ['5 Samples per Pixel', { SamplesPerPixel: 5 }],
    ['0 Bits Allocated', { BitsAllocated: 0 }],
    ['12 Bits Allocated', { BitsAllocated: 12 }],
    ['72 Bits Allocated', { BitsAllocated: 72 }],
    ['0 Bits Stored', { BitsStored: 0 }],
    ['more Bits Stored than Allocated', { BitsAllocated: 8, BitsStored: 9 }],
    ['a Pixel Representation of 2', { PixelRepresentation: 2 }],
    ['a Planar Configuration of 2', { PlanarConfiguration: 2 }],
    ['0 frames', { NumberOfFrames: 0 }],
    ['-1 frames', { NumberOfFrames: -1 }],
    ['one and a half frames', { NumberOfFrames: Buffer.from('1.5 ') }],
    ['more frames than an Integer String can say', { NumberOfFrames: Buffer.from('2147483648') }],
    ['a Number of Frames that is no number', { NumberOfFrames: Buffer.from('1A') }],
  ];
  it.each(impossible)('refuses %s with A900H', (_, attributes) => {
    expect(() => describeImage(attributes)).toThrow(
      expect.objectContaining({ reason: FAILURE_REASON.dataSetDoesNotMatchSOPClass }),
    );
  });

  it('takes no value cut short for one left out', () => {
    const short: DataElement = { tag: TAG.BitsStored, vr: 'US', bytes: Buffer.of(8), valueOffset: 0 };
    const elements = [...imageDataSet().elements, short];
    expect(() => imagePixelDescription({ elements, byteOrder: 'little' })).toThrow('Bits Stored');
  });
});

describe('frameBits', () => {
  it('multiplies rows, columns, samples and bits', () => {
    expect(frameBits(describeImage({ Rows: 4, Columns: 5, SamplesPerPixel: 3, BitsAllocated: 16 }))).toBe(960);
    expect(frameBits(describeImage({ Rows: 3, Columns: 5, BitsAllocated: 1 }))).toBe(15);
  });

  it.each(['YBR_FULL_422', 'YBR_PARTIAL_422'])('counts two samples per pixel for native %s', (interpretation) => {
    const description = describeImage({ SamplesPerPixel: 3, PhotometricInterpretation: interpretation, Columns: 4 });
    expect(frameBits(description)).toBe(2 * 4 * 2 * 8);
  });

  it('is exact for the largest image there can be', () => {
    const largest = describeImage({ Rows: 65535, Columns: 65535, SamplesPerPixel: 4, BitsAllocated: 64 });
    expect(BigInt(frameBits(largest))).toBe(65535n * 65535n * 4n * 64n);
  });
});
