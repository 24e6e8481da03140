/** JPEG XL, which is decoded and not encoded here: what comes out, and what becomes of half a code stream. */
import { Context, NativeCodecs } from 'dcmjs-codecs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/pixels/decode.js';
import { WorkerPool } from '../../src/pixels/worker-pool.js';

const SIDE = 16;
const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 5) % 256);
const layout = { bitsAllocated: 8, bitsStored: 8, samplesPerPixel: 3, pixelRepresentation: 0, planarConfiguration: 0 };
const described = (photometricInterpretation: string) => ({
  ...layout,
  rows: SIDE,
  columns: SIDE,
  photometricInterpretation,
  transferSyntaxUID: '1.2.840.10008.1.2.4.110',
});

let codeStream: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  await NativeCodecs.initializeAsync();
  const native = { ...layout, width: SIDE, height: SIDE, photometricInterpretation: 'RGB', decodedBuffer: pixels };
  const encoded = NativeCodecs.encodeJpegXl(new Context(native), { lossy: false });
  codeStream = new Uint8Array(encoded.getEncodedBuffer() ?? []);
});

describe('JPEG XL', () => {
  const pool = new WorkerPool({ log: pino({ enabled: false }), size: 1 });
  afterAll(() => pool.close());

  it('comes out as RGB whatever was put in', async () => {
    for (const photometricInterpretation of ['RGB', 'YBR_FULL', 'YBR_FULL_422', 'XYB']) {
      const decoded = await decodeFrame({ description: described(photometricInterpretation), bytes: codeStream });
      expect(decoded.description.photometricInterpretation).toBe('RGB');
      expect(decoded.bytes).toEqual(pixels);
    }
  });

  it('that is cut off anywhere is no frame, and that is found at once', { timeout: 20_000 }, async () => {
    for (const share of [0, 0.05, 0.5, 0.9, 0.99]) {
      const bytes = codeStream.slice(0, Math.floor(codeStream.length * share));
      await expect(pool.run('decode', { description: described('RGB'), bytes })).rejects.toThrow(/codec gave up/);
    }
    const whole = await pool.run('decode', { description: described('RGB'), bytes: codeStream.slice() });
    expect(whole.bytes).toEqual(pixels);
  });
});
