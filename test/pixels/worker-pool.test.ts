/** Threads for pixels: work comes back, bombs fail alone, and the event loop stays free. T42, RR-20 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { CodecFailure } from '../../src/pixels/codecs/codec-failure.js';
import { encodeFrame } from '../../src/pixels/encode.js';
import { type Frame, type FrameDescription, nativeFrameBytes } from '../../src/pixels/frame.js';
import { JobAbandoned, WorkerPool, type WorkerPoolOptions } from '../../src/pixels/worker-pool.js';
import { GREY } from '../support/grey-frame.js';

const J2K = '1.2.840.10008.1.2.4.90';
const JPEG_LS = '1.2.840.10008.1.2.4.80';

function noise(description: FrameDescription): Frame {
  const bytes = new Uint8Array(nativeFrameBytes(description));
  let state = 1;
  for (let i = 0; i < bytes.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = i % 2 === 0 ? state >>> 24 : (i >>> 12) & 7;
  }
  return { description, bytes };
}

const log = pino({ enabled: false });
let pool: WorkerPool | undefined;
const open = (options: Partial<WorkerPoolOptions> = {}): WorkerPool => {
  pool = new WorkerPool({ log, ...options });
  return pool;
};
afterEach(() => pool?.close());

describe('a pool of threads', () => {
  it('does many jobs, each for whoever asked', async () => {
    const workers = open({ size: 2 });
    const frames = await Promise.all([3, 5, 7].map((rows) => encodeFrame(noise({ ...GREY, rows: rows * 20 }), J2K)));
    const decoded = await Promise.all(
      Array.from({ length: 12 }, (_, i) => {
        const { description, bytes } = frames[i % 3] as Frame;
        return workers.run('decode', { description, bytes: bytes.slice() });
      }),
    );
    for (const [i, frame] of decoded.entries()) {
      expect(Buffer.from(frame.bytes).equals(noise({ ...GREY, rows: [60, 100, 140][i % 3] as number }).bytes)).toBe(
        true,
      );
    }
  });

  it('tells what a codec can not do as that, and goes on', async () => {
    const workers = open({ size: 1 });
    const { description } = await encodeFrame(noise({ ...GREY, rows: 64 }), J2K);
    await expect(workers.run('decode', { description, bytes: new Uint8Array(100) })).rejects.toThrow(CodecFailure);
    await expect(workers.run('decode', noise(GREY))).resolves.toMatchObject({ description: { rows: 512 } });
  });

  it('gives up a job beyond its deadline alone', async () => {
    const workers = open({ size: 1, deadlineMs: 300 });
    const large = { ...GREY, rows: 4000, columns: 4000 };
    const slow = workers.run('transcode', { frame: noise(large), transferSyntaxUID: J2K });
    const next = workers.run('decode', noise({ ...GREY, rows: 4 }));
    await expect(slow).rejects.toThrow('too long');
    await expect(next).resolves.toMatchObject({ description: { rows: 4 } });
  });

  it('hears what was answered while the process stood still', async () => {
    const workers = open({ size: 1, deadlineMs: 300 });
    const transcoded = () => workers.run('transcode', { frame: noise(GREY), transferSyntaxUID: J2K });
    await transcoded();
    const answered = transcoded();
    // Timers are next.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    await expect(answered).resolves.toMatchObject({ description: { rows: 512 } });
  });

  it('turns away what is too much', async () => {
    const workers = open({ size: 1, mostWaiting: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => workers.run('decode', noise(GREY))));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'unavailable' });
    expect(outcomes[0]?.status).toBe('fulfilled');
  });

  it('turns nobody away for what nobody waits for', async () => {
    const workers = open({ size: 1, mostWaiting: 2 });
    let haveGone = false;
    const first = workers.run('decode', noise(GREY));
    const abandoned = [1, 2].map(() => workers.run('decode', noise(GREY), () => haveGone));
    const outcomes = Promise.allSettled(abandoned);
    await expect(workers.run('decode', noise(GREY))).rejects.toMatchObject({ code: 'unavailable' });
    haveGone = true;
    await expect(workers.run('decode', noise(GREY))).resolves.toBeDefined();
    await expect(first).resolves.toBeDefined();
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: expect.any(JobAbandoned) });
  });

  it('says so when it is closed', async () => {
    const workers = open({ size: 1 });
    await workers.close();
    await expect(workers.run('decode', noise(GREY))).rejects.toThrow('shutting down');
  });

  it('survives any damage to a code stream', async () => {
    const workers = open({ size: 2, deadlineMs: 1_000 });
    const frame = await encodeFrame(noise({ ...GREY, rows: 40, columns: 40 }), JPEG_LS);
    const damaged = Array.from({ length: 40 }, (_, i) => {
      const bytes = new Uint8Array(frame.bytes);
      const at = 20 + ((i * 97) % (bytes.length - 20));
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      return workers.run('decode', { description: frame.description, bytes }).catch((error: unknown) => error);
    });
    for (const outcome of await Promise.all(damaged)) {
      if (!(outcome instanceof CodecFailure)) expect((outcome as Frame).bytes.length).toBe(3200);
    }
    await expect(workers.run('decode', { ...frame, bytes: frame.bytes.slice() })).resolves.toBeDefined();
  });

  it('keeps the event loop free while many frames are transcoded', async () => {
    const workers = open();
    await workers.run('transcode', { frame: noise(GREY), transferSyntaxUID: JPEG_LS });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 20; i += 1) {
          await workers.run('transcode', { frame: noise(GREY), transferSyntaxUID: JPEG_LS });
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    );
    delay.disable();
    expect(delay.percentile(95) / 1e6).toBeLessThan(100);
  });
});
