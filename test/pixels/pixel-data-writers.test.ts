import { describe, expect, it } from 'vitest';
import { NativePixelData } from '../../src/pixels/pixel-data-writers.js';

describe('NativePixelData', () => {
  it('leaves out what is after the last bit of a frame, also where frames share a byte', () => {
    const writer = new NativePixelData();
    const description = {
      ...{ rows: 1, columns: 3, samplesPerPixel: 1, bitsAllocated: 1, bitsStored: 1, pixelRepresentation: 0 },
      ...{ planarConfiguration: 0, photometricInterpretation: 'MONOCHROME2', transferSyntaxUID: '1.2.840.10008.1.2.1' },
    } as const;
    writer.begin(description, 3);
    const frames = [0b1111_1010, 0b1111_1001, 0b1111_1110].map((bits) => ({ description, bytes: Uint8Array.of(bits) }));
    const written = [...frames.flatMap((frame) => writer.frame(frame)), ...writer.end()];
    expect(Buffer.concat(written)).toEqual(Buffer.of(0b1000_1010, 0b1));
  });
});
