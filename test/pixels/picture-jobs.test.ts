/** Pictures made in a thread: its memory is used again, and nothing of one picture is in another. */
import { pino } from 'pino';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { imagePixelDescription } from '../../src/dicom/image-pixel.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import { ArchiveError } from '../../src/errors.js';
import { ThreadLost } from '../../src/pixels/codecs/codec-failure.js';
import { FrameMemory } from '../../src/pixels/frame-memory.js';
import type { PictureDrawing } from '../../src/pixels/jobs.js';
import { planRendering } from '../../src/pixels/render/render-plan.js';
import { WorkerPool } from '../../src/pixels/worker-pool.js';

interface Kind {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: 1 | 3;
}

/** Of bytes that are told by the seed, drawn as they are. */
function drawingOf({ rows, columns, samplesPerPixel }: Kind, seed: number): PictureDrawing {
  const dataSet = dataSetOfKeywords({
    Rows: rows,
    Columns: columns,
    SamplesPerPixel: samplesPerPixel,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PhotometricInterpretation: samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
    ...(samplesPerPixel === 3 ? { PlanarConfiguration: 0 } : { WindowCenter: 128, WindowWidth: 256 }),
  });
  const { numberOfFrames: _, ...image } = imagePixelDescription(dataSet);
  const bytes = Uint8Array.from({ length: rows * columns * samplesPerPixel }, (_, i) => (i * 7 + seed * 31) % 256);
  return {
    frame: { description: { ...image, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN }, bytes },
    plan: planRendering(dataSet, { frameNumber: 1 }),
    picture: { mediaType: 'image/png' },
  };
}

const pixelsOf = (png: Uint8Array, { samplesPerPixel }: Kind): Promise<Buffer> =>
  sharp(png)
    .toColourspace(samplesPerPixel === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();

let pool: WorkerPool | undefined;
const open = (size: number): WorkerPool => {
  pool = new WorkerPool({ log: pino({ enabled: false }), size });
  return pool;
};
afterEach(() => pool?.close());

describe('a picture made in a thread', () => {
  it('holds nothing of those before it, and gives the memory of its frame back', async () => {
    const workers = open(1);
    const kinds: readonly Kind[] = [
      { rows: 40, columns: 30, samplesPerPixel: 1 },
      { rows: 40, columns: 30, samplesPerPixel: 3 },
      { rows: 10, columns: 360, samplesPerPixel: 1 },
      { rows: 90, columns: 40, samplesPerPixel: 1 },
    ];
    for (let turn = 0; turn < 24; turn += 1) {
      const kind = kinds[turn % kinds.length] as Kind;
      const drawing = drawingOf(kind, turn);
      const expected = drawing.frame.bytes.slice();
      const { bytes, spent } = await workers.run('picture', drawing);
      expect(drawing.frame.bytes).toHaveLength(0);
      expect(spent).toHaveLength(expected.length);
      expect((await pixelsOf(bytes, kind)).equals(expected)).toBe(true);
    }
  });

  it('fails as what it fails with', async () => {
    const workers = open(1);
    const { frame, plan } = drawingOf({ rows: 4, columns: 4, samplesPerPixel: 1 }, 1);
    const area = { width: 10, height: 10, x: 100, y: 100 };
    const failure: unknown = await workers
      .run('picture', { frame, plan, picture: { mediaType: 'image/png', area } })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ArchiveError);
    expect(failure).toMatchObject({ code: 'invalid-request' });
  });

  it('that takes too long says that its frame was decoded', async () => {
    pool = new WorkerPool({ log: pino({ enabled: false }), size: 1, deadlineMs: 100 });
    const { frame, plan } = drawingOf({ rows: 64, columns: 64, samplesPerPixel: 3 }, 1);
    const picture = { mediaType: 'image/webp', area: { width: 8192, height: 8192 } } as const;
    const failure: unknown = await pool.run('picture', { frame, plan, picture }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ThreadLost);
    expect(failure).toMatchObject({ code: 'undecodable', isOfDecoded: true });
  });

  it('may be given up while it is encoded', async () => {
    for (let round = 0; round < 5; round += 1) {
      const workers = open(2);
      const large = { rows: 3000, columns: 3000, samplesPerPixel: 1 } as const;
      const first = workers.run('picture', drawingOf({ rows: 4, columns: 4, samplesPerPixel: 1 }, 1));
      const slow = Promise.allSettled([1, 2].map((seed) => workers.run('picture', drawingOf(large, seed))));
      await first;
      await new Promise((done) => setTimeout(done, 60 * round));
      await workers.close();
      for (const outcome of await slow) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'unavailable' });
      }
    }
  });
});

describe('memory of frames', () => {
  it('is given again in the same length, and no more of it kept than 32 MiB', () => {
    const memory = new FrameMemory();
    const mebibyte = 1024 * 1024;
    const all = Array.from({ length: 40 }, () => memory.take(mebibyte));
    for (const bytes of all) memory.giveBack(bytes);
    const again = Array.from({ length: 40 }, () => memory.take(mebibyte));
    expect(again.filter((bytes) => all.includes(bytes))).toHaveLength(32);
    expect(new Set(again).size).toBe(40);
    memory.giveBack(again[0] as Uint8Array<ArrayBuffer>);
    expect(memory.take(mebibyte - 1)).toHaveLength(mebibyte - 1);
    expect(memory.take(mebibyte)).toBe(again[0]);
  });

  it('is not that of which something else is a part', () => {
    const memory = new FrameMemory();
    const part = new Uint8Array(100).subarray(10, 20);
    memory.giveBack(part);
    expect(memory.take(10)).not.toBe(part);
  });
});
