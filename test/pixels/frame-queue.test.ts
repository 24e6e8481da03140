/** The room of frames that are worked on is let go of, whatever becomes of them. */
import { describe, expect, it } from 'vitest';
import type { StoredFile } from '../../src/archive/read/stored-file.js';
import { FrameWorks, type WorkedFrames } from '../../src/dicomweb/frame-forms.js';
import { FrameQueue } from '../../src/pixels/frame-queue.js';
import { HeldBytes } from '../../src/pixels/held-bytes.js';

const isAbandoned = (): boolean => false;
const begun = (value: string) => async () => ({ done: Promise.resolve(value) });

describe('a queue of frames', () => {
  it('has room for one always, and for others while there is any', async () => {
    const held = new HeldBytes(100);
    const queue = new FrameQueue<string>({ held: held.of('a'), frameBytes: 10, isAbandoned });
    await queue.enter();
    await queue.enter();
    expect(await queue.tryBegin(begun('a'))).toBe(true);
    expect(await queue.tryBegin(begun('b'))).toBe(true);
    expect(await queue.tryBegin(begun('c'))).toBe(false);
    expect([queue.length, held.bytes]).toEqual([2, 20]);
    for (const expected of ['a', 'b']) {
      const first = queue.shift();
      expect(await first?.done).toBe(expected);
      first?.letGo();
    }
    expect(held.bytes).toBe(10);
    expect(await queue.tryBegin(begun('c'))).toBe(true);
    expect(held.bytes).toBe(10);
    queue.close();
    expect([queue.length, held.bytes]).toEqual([0, 0]);
  });

  it('tells of a frame that could not be begun in its turn', async () => {
    const held = new HeldBytes(100);
    const queue = new FrameQueue<string>({ held: held.of('a'), frameBytes: 10, isAbandoned });
    await queue.enter();
    await queue.tryBegin(begun('a'));
    expect(await queue.tryBegin(() => Promise.reject(new Error('It is not there.')))).toBe(true);
    expect(await queue.shift()?.done).toBe('a');
    await expect(queue.shift()?.done).rejects.toThrow('It is not there.');
    queue.close();
  });

  it('that is closed meanwhile holds nothing', async () => {
    const held = new HeldBytes(10);
    const letGo = held.of('b').hold(10);
    const queue = new FrameQueue<string>({ held: held.of('a'), frameBytes: 10, isAbandoned });
    const entered = queue.enter();
    queue.close();
    letGo();
    await entered;
    expect(held.bytes).toBe(0);
  });
});

describe('frames of which the second one can not be found', () => {
  it('hold nothing when they are closed', async () => {
    const frame = { frameNumber: 1, lengthBytes: 1, readInto: async () => undefined };
    const frames = function* () {
      yield frame;
      throw new Error('The table is damaged.');
    };
    const held = new HeldBytes();
    const works = new FrameWorks({
      file: { instance: { sha256: 'a' }, expectWhole: async () => undefined } as unknown as StoredFile,
      frames: { [Symbol.iterator]: frames } as unknown as WorkedFrames['frames'],
      results: { has: () => false, getOrMake: async () => Buffer.of(1) },
      pixels: { size: 1 },
      held: held.of('a'),
      description: { rows: 1, columns: 1, samplesPerPixel: 1, bitsAllocated: 8 },
    } as unknown as WorkedFrames);
    await expect(works.next().next()).rejects.toThrow('The table is damaged.');
    works.close();
    expect(held.bytes).toBe(0);
  });
});
