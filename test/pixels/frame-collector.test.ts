/** Frames are not read that no codec takes: a code stream may be as long as its file. */
import { describe, expect, it } from 'vitest';
import type { StoredFile } from '../../src/archive/read/stored-file.js';
import { encodeFrameTable, RangeList } from '../../src/dicom/frame-table.js';
import type { PixelDataElement } from '../../src/dicom/pixel-data.js';
import { FrameWorks, type WorkedFrames } from '../../src/dicomweb/frame-forms.js';
import { CodecFailure } from '../../src/pixels/codecs/codec-failure.js';
import { MOST_FRAME_BYTES } from '../../src/pixels/decode.js';
import { FrameCollector } from '../../src/pixels/frame-collector.js';
import { HeldBytes } from '../../src/pixels/held-bytes.js';

/** More than there is memory. */
const ENORMOUS_BYTES = 2 ** 40;

function collectorOf(...lengths: readonly number[]): FrameCollector {
  const ranges = new RangeList();
  for (const lengthBytes of lengths) ranges.push({ offset: 100, lengthBytes, crc32: 0 });
  return new FrameCollector({
    pixelData: { valueOffset: 100 } as PixelDataElement,
    frameTable: encodeFrameTable({ frameCount: 1, ranges, firstRanges: [0], packing: undefined }),
    swapUnitBytes: 1,
  });
}

describe('a frame that is longer than any that is decoded', () => {
  it('is not collected, in one fragment or in many', () => {
    expect(() => collectorOf(ENORMOUS_BYTES)).toThrow(CodecFailure);
    expect(() => collectorOf(MOST_FRAME_BYTES, 1)).toThrow(CodecFailure);
    expect(() => collectorOf(4, 4)).not.toThrow();
  });

  it('is not read by itself', async () => {
    const instance = { sha256: 'a', studyInstanceUID: '1', seriesInstanceUID: '2', sopInstanceUID: '3' };
    const frame = {
      frameNumber: 1,
      lengthBytes: ENORMOUS_BYTES,
      bytes: () => {
        throw new Error('It was read.');
      },
    };
    const held = new HeldBytes();
    const works = new FrameWorks({
      file: { instance, expectWhole: async () => undefined } as unknown as StoredFile,
      frames: [frame] as unknown as WorkedFrames['frames'],
      results: { has: () => false },
      pixels: { size: 1 },
      held: held.of('a'),
      description: { rows: 1, columns: 1, samplesPerPixel: 1, bitsAllocated: 8 },
    } as unknown as WorkedFrames);
    await expect(works.next().next()).rejects.toMatchObject({ code: 'not-acceptable' });
    works.close();
    expect(held.bytes).toBe(0);
  });
});
