/** Pictures that nobody waits for any more are not made; whoever waits for the same gets it. */
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ScopedArchive } from '../../src/archive/scoped-archive.js';
import type { DrawnFrame } from '../../src/dicomweb/picture-request.js';
import { Renderer } from '../../src/dicomweb/renderer.js';
import { ArchiveError } from '../../src/errors.js';
import { ResultCache } from '../../src/pixels/result-cache.js';
import { JobAbandoned, WorkerPool } from '../../src/pixels/worker-pool.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const log = pino({ enabled: false });
const frameOf = (sha256: string): DrawnFrame => ({
  instance: { sha256, studyInstanceUID: '1', seriesInstanceUID: '2', sopInstanceUID: '3' } as DrawnFrame['instance'],
  frameNumber: 1,
});

describe('a renderer', () => {
  it('makes no picture for who has gone, and one for who asked for the same', async () => {
    const pixels = new WorkerPool({ log, size: 1 });
    const results = await ResultCache.open({ folder: temporaryFolder(), mostBytes: 1e6, log, now: Date.now });
    const renderer = new Renderer({ pixels, results });
    let release = (): void => undefined;
    const held = new Promise<never>((_, reject) => {
      release = () => reject(new ArchiveError('unavailable', 'Not now.'));
    });
    let read = 0;
    const busy = { header: () => held } as unknown as ScopedArchive;
    const damaged = {
      header: async () => {
        read += 1;
        throw new ArchiveError('corrupt', 'It is damaged.');
      },
    } as unknown as ScopedArchive;
    // One thread, and one more that is encoded meanwhile.
    const others = ['a', 'b'].map((sha256) => renderer.picture(busy, frameOf(sha256), {}, 'image/png'));
    const settled = Promise.allSettled(others);
    let hasGone = false;
    const outcomes = Promise.allSettled([
      renderer.picture(damaged, frameOf('c'), {}, 'image/png', () => hasGone),
      renderer.picture(damaged, frameOf('c'), {}, 'image/png'),
      renderer.picture(damaged, frameOf('d'), {}, 'image/png', () => hasGone),
      renderer.animation(damaged, [frameOf('e')], {}, () => hasGone),
    ]);
    hasGone = true;
    release();
    await settled;
    expect(await outcomes).toMatchObject([
      { reason: expect.any(JobAbandoned) },
      { reason: { code: 'corrupt' } },
      { reason: expect.any(JobAbandoned) },
      { reason: expect.any(JobAbandoned) },
    ]);
    expect([read, renderer.isIdle]).toEqual([1, true]);
    await pixels.close();
    await results.close();
  });
});
