/** Frames in every form that can be encoded, and back: nothing is lost, and damage is an error. MT-18, MT-21, RI-04 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import { CodecFailure } from '../../src/pixels/codecs/codec-failure.js';
import { decodeFrame } from '../../src/pixels/decode.js';
import { ENCODED_SYNTAXES, encodeFrame, isEncodable } from '../../src/pixels/encode.js';
import { type Frame, type FrameDescription, nativeFrameBytes } from '../../src/pixels/frame.js';
import { toColourByPixel, toColourByPlane } from '../../src/pixels/planes.js';

const RLE = '1.2.840.10008.1.2.5';
const JPEG_LS = '1.2.840.10008.1.2.4.80';

const GREY: FrameDescription = {
  transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
  rows: 9,
  columns: 7,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 12,
  pixelRepresentation: 0,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
};

const described = fc
  .record({
    rows: fc.integer({ min: 2, max: 40 }),
    columns: fc.integer({ min: 2, max: 300 }),
    bitsAllocated: fc.constantFrom(8, 16),
    bitsUnused: fc.nat(14),
    pixelRepresentation: fc.constantFrom(0, 1),
    isColour: fc.boolean(),
    planarConfiguration: fc.constantFrom(0, 1),
    photometricInterpretation: fc.constantFrom('RGB', 'YBR_FULL'),
  })
  .map(
    ({ bitsUnused, isColour, photometricInterpretation, ...rest }): FrameDescription => ({
      ...GREY,
      ...rest,
      samplesPerPixel: isColour ? 3 : 1,
      bitsStored: Math.max(rest.bitsAllocated - bitsUnused, 1),
      photometricInterpretation: isColour ? photometricInterpretation : 'MONOCHROME2',
    }),
  );

/** Smooth, noisy, and constant pixels; with bits above Bits Stored or without. */
const frames = fc
  .tuple(described, fc.constantFrom('smooth', 'noise', 'constant'), fc.boolean(), fc.integer())
  .map(([description, kind, isWithin, seed]): Frame => {
    const bytes = new Uint8Array(nativeFrameBytes(description));
    const { bitsAllocated, bitsStored } = description;
    const samples = bitsAllocated === 8 ? bytes : new Uint16Array(bytes.buffer);
    const mask = isWithin ? 2 ** bitsStored - 1 : 0xffff;
    let state = seed >>> 0;
    for (let i = 0; i < samples.length; i += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const value = kind === 'constant' ? seed : kind === 'smooth' ? i * 3 + (state >>> 30) : state >>> 16;
      samples[i] = value & mask;
    }
    return { description, bytes };
  });

/** What has been encoded is by pixel, whatever it was before, but in RLE. */
const inOrderOf = (frame: Frame, description: FrameDescription): Uint8Array =>
  frame.description.samplesPerPixel > 1 && frame.description.planarConfiguration !== description.planarConfiguration
    ? toColourByPixel(frame.bytes, frame.description)
    : frame.bytes;

describe.each(ENCODED_SYNTAXES)('%s', (transferSyntaxUID) => {
  it('gives every bit back of any frame that it takes', async () => {
    await fc.assert(
      fc.asyncProperty(frames, async (frame) => {
        fc.pre(isEncodable(frame.description, transferSyntaxUID));
        const encoded = await encodeFrame(frame, transferSyntaxUID);
        expect(encoded.description.transferSyntaxUID).toBe(transferSyntaxUID);
        const decoded = await decodeFrame(encoded);
        expect(decoded.description.transferSyntaxUID).toBe(EXPLICIT_VR_LITTLE_ENDIAN);
        expect(decoded.description.photometricInterpretation).toBe(frame.description.photometricInterpretation);
        expect(Buffer.from(decoded.bytes).equals(inOrderOf(frame, decoded.description))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

/** Damage makes CharLS run for minutes, which is what deadlines are for: see the pool of threads. */
const QUICK_TO_FAIL = ENCODED_SYNTAXES.filter((uid) => uid !== JPEG_LS);

it.each(QUICK_TO_FAIL)(
  '%s: a damaged frame is never taken for one of another size, and fails in one way only',
  async (transferSyntaxUID) => {
    await fc.assert(
      fc.asyncProperty(frames, fc.nat(), fc.nat(255), fc.boolean(), async (frame, at, value, isCut) => {
        fc.pre(isEncodable(frame.description, transferSyntaxUID));
        const { description, bytes } = await encodeFrame(frame, transferSyntaxUID);
        const place = at % bytes.length;
        const damaged = isCut ? bytes.slice(0, place) : bytes.with(place, value);
        const outcome = await decodeFrame({ description, bytes: new Uint8Array(damaged) }).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof CodecFailure) return;
        const { bytes: pixels } = outcome as Frame;
        expect(pixels.length).toBe(nativeFrameBytes(description));
      }),
      { numRuns: 60 },
    );
  },
);

describe('RLE', () => {
  it('takes samples of 32 bits', async () => {
    const description = { ...GREY, bitsAllocated: 32, bitsStored: 32 };
    const bytes = new Uint8Array(nativeFrameBytes(description)).map((_, i) => (i * 31) % 251);
    const decoded = await decodeFrame(await encodeFrame({ description, bytes }, RLE));
    expect(decoded.bytes).toEqual(bytes);
  });

  it('refuses segments that the pixels have not, that lie outside, or that end early', async () => {
    const { description, bytes } = await encodeFrame({ description: GREY, bytes: new Uint8Array(126).fill(7) }, RLE);
    const changed = (at: number, value: number): Frame => ({
      description,
      bytes: new Uint8Array(bytes.with(at, value)),
    });
    await expect(decodeFrame(changed(0, 3))).rejects.toThrow('other segments');
    await expect(decodeFrame(changed(4, 1))).rejects.toThrow('outside');
    await expect(decodeFrame(changed(11, 0xff))).rejects.toThrow('outside');
    await expect(decodeFrame({ description, bytes: bytes.slice(0, 70) })).rejects.toThrow(CodecFailure);
    await expect(decodeFrame({ description, bytes: bytes.slice(0, 20) })).rejects.toThrow('within its header');
  });
});

describe('what can not be given', () => {
  it.each([
    ['bits', { bitsAllocated: 1, bitsStored: 1 }],
    ['pixels that share samples', { samplesPerPixel: 3, bitsAllocated: 8, photometricInterpretation: 'YBR_FULL_422' }],
    ['four samples', { samplesPerPixel: 4, bitsAllocated: 8 }],
  ])('%s are not compressed', async (_, over) => {
    const description = { ...GREY, ...over };
    for (const uid of ENCODED_SYNTAXES) {
      expect(isEncodable(description, uid)).toBe(false);
      const frame = { description, bytes: new Uint8Array(nativeFrameBytes(description)) };
      await expect(encodeFrame(frame, uid)).rejects.toThrow(CodecFailure);
    }
  });

  it('a frame is refused that is larger than its instance says, before it is decoded', async () => {
    const large = { ...GREY, rows: 300, columns: 300 };
    for (const uid of ENCODED_SYNTAXES.filter((uid) => uid !== RLE)) {
      const { description, bytes } = await encodeFrame({ description: large, bytes: new Uint8Array(180_000) }, uid);
      const lying = { description: { ...description, rows: 10, columns: 10 }, bytes };
      await expect(decodeFrame(lying)).rejects.toThrow('another size');
    }
  });

  it('a frame is refused that would take too much memory', async () => {
    const description = { ...GREY, rows: 65_535, columns: 65_535 };
    await expect(decodeFrame({ description, bytes: new Uint8Array(8) })).rejects.toThrow('too large');
  });

  it('a video is not decoded', async () => {
    const description = { ...GREY, transferSyntaxUID: '1.2.840.10008.1.2.4.102' };
    await expect(decodeFrame({ description, bytes: new Uint8Array(8) })).rejects.toThrow(CodecFailure);
  });
});

describe('colour by plane', () => {
  it.each([8, 16])('is colour by pixel in another order, with %i bits', (bitsAllocated) => {
    const layout = { ...GREY, samplesPerPixel: 3, bitsAllocated };
    const bytes = new Uint8Array(nativeFrameBytes(layout)).map((_, i) => i % 256);
    const byPlane = toColourByPlane(bytes, layout);
    expect(byPlane).not.toEqual(bytes);
    expect(toColourByPixel(byPlane, layout)).toEqual(bytes);
    expect(byPlane.subarray(0, bitsAllocated / 8)).toEqual(bytes.subarray(0, bitsAllocated / 8));
    expect(byPlane[bitsAllocated / 8]).toBe(bytes[(3 * bitsAllocated) / 8]);
  });
});

describe('JPEG 2000 of signed samples of 8 bits', () => {
  it.each([8, 16])('is decoded as what it was, in %i bits allocated', async (bitsAllocated) => {
    const description = { ...GREY, rows: 16, columns: 16, bitsAllocated, bitsStored: 8, pixelRepresentation: 1 };
    const values = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    const half = Uint8Array.from(values, (value) => value + 128);
    const unsigned = { ...description, bitsAllocated: 8, pixelRepresentation: 0 };
    const { bytes } = await encodeFrame({ description: unsigned, bytes: half }, '1.2.840.10008.1.2.4.90');
    // The code stream of numbers that lie half above is that of the signed ones, but for the sign it says.
    const signed = new Uint8Array(bytes.with(42, (bytes[42] ?? 0) | 0x80));
    const stored = { ...description, transferSyntaxUID: '1.2.840.10008.1.2.4.90' };
    const decoded = await decodeFrame({ description: stored, bytes: signed });
    const samples = bitsAllocated === 8 ? new Int8Array(decoded.bytes.buffer) : new Int16Array(decoded.bytes.buffer);
    expect([...samples]).toEqual([...values]);
  });
});

describe('half a code stream', () => {
  it.each(QUICK_TO_FAIL.filter((uid) => uid !== RLE))('is no frame: %s', async (uid) => {
    const frame = { description: { ...GREY, rows: 64, columns: 64 }, bytes: new Uint8Array(8192).map((_, i) => i % 7) };
    const { description, bytes } = await encodeFrame(frame, uid);
    for (const share of [0.5, 0.9]) {
      const cut = { description, bytes: bytes.slice(0, Math.floor(bytes.length * share)) };
      await expect(decodeFrame(cut)).rejects.toThrow(CodecFailure);
    }
  });
});
