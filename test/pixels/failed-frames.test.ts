/** What could not be decoded is not tried again at once, whatever it is asked for. */
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import { ArchiveError } from '../../src/errors.js';
import { CodecFailure } from '../../src/pixels/codecs/codec-failure.js';
import { FailedFrames } from '../../src/pixels/failed-frames.js';
import type { Frame } from '../../src/pixels/frame.js';
import type { JobInput, JobName, JobResult } from '../../src/pixels/jobs.js';
import { transcodeFrame } from '../../src/pixels/transcode.js';
import { WorkerPool } from '../../src/pixels/worker-pool.js';
import { GREY } from '../support/grey-frame.js';

const J2K = '1.2.840.10008.1.2.4.90';
const JPEG_LS = '1.2.840.10008.1.2.4.80';
const RLE = '1.2.840.10008.1.2.5';

const damaged = (): Frame => ({
  description: { ...GREY, transferSyntaxUID: J2K, rows: 4, columns: 4 },
  bytes: new Uint8Array(100),
});

const failing = async (): Promise<never> => {
  throw new CodecFailure('It is damaged.');
};
const failingAfterwards = async (): Promise<never> => {
  throw new CodecFailure('It is too large.', { isOfDecoded: true });
};
const working = async (): Promise<string> => 'made';

describe('frames that failed', () => {
  afterEach(() => vi.useRealTimers());

  it('fail again as they did, for a minute', async () => {
    vi.useFakeTimers();
    const failed = new FailedFrames();
    const work = { sha256: 'a', frameNumber: 1 };
    await expect(failed.unlessFailed(work, failing)).rejects.toThrow('It is damaged.');
    await expect(failed.unlessFailed(work, working)).rejects.toThrow('It is damaged.');
    vi.advanceTimersByTime(60_000);
    await expect(failed.unlessFailed(work, working)).resolves.toBe('made');
  });

  it('are no frames for anything else, whatever they were decoded for', async () => {
    const failed = new FailedFrames();
    const frame = { sha256: 'a', frameNumber: 1 };
    await expect(failed.unlessFailed({ ...frame, into: JPEG_LS }, failing)).rejects.toThrow();
    for (const into of ['picture', RLE, undefined]) {
      const work = into === undefined ? frame : { ...frame, into };
      await expect(failed.unlessFailed(work, working)).rejects.toThrow('It is damaged.');
    }
    await expect(failed.unlessFailed({ ...frame, frameNumber: 2 }, working)).resolves.toBe('made');
  });

  it('after they had been decoded failed as what was asked for, and nothing else', async () => {
    const failed = new FailedFrames();
    const frame = { sha256: 'a', frameNumber: 1 };
    const large = { ...frame, into: 'picture/large' };
    await expect(failed.unlessFailed(large, failingAfterwards)).rejects.toThrow();
    await expect(failed.unlessFailed(large, working)).rejects.toThrow('It is too large.');
    for (const into of ['picture/small', RLE]) {
      await expect(failed.unlessFailed({ ...frame, into }, working)).resolves.toBe('made');
    }
    await expect(failed.unlessFailed(frame, working)).resolves.toBe('made');
  });

  it('are those that are damaged, and not those that nobody had time for', async () => {
    const failed = new FailedFrames();
    const work = { sha256: 'a', frameNumber: 1 };
    const busy = () => Promise.reject(new ArchiveError('unavailable', 'Busy.'));
    await expect(failed.unlessFailed(work, busy)).rejects.toThrow('Busy.');
    await expect(failed.unlessFailed(work, working)).resolves.toBe('made');
  });

  it('are forgotten, the oldest first, when there are very many', async () => {
    const failed = new FailedFrames();
    for (let frameNumber = 1; frameNumber <= 1_001; frameNumber += 1) {
      await expect(failed.unlessFailed({ sha256: 'a', frameNumber }, failing)).rejects.toThrow();
    }
    await expect(failed.unlessFailed({ sha256: 'a', frameNumber: 1 }, working)).resolves.toBe('made');
    await expect(failed.unlessFailed({ sha256: 'a', frameNumber: 2 }, working)).rejects.toThrow();
  });
});

/** Counts what comes to its threads. */
class CountingPool extends WorkerPool {
  jobs = 0;
  override run<Name extends JobName>(name: Name, input: JobInput<Name>): Promise<JobResult<Name>> {
    this.jobs += 1;
    return super.run(name, input);
  }
}

describe('a damaged frame in another transfer syntax', () => {
  let pool: CountingPool | undefined;
  afterEach(() => pool?.close());

  it('comes to a thread once', async () => {
    pool = new CountingPool({ log: pino({ enabled: false }), size: 1 });
    for (const transferSyntaxUID of [JPEG_LS, JPEG_LS, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, RLE]) {
      const stored = { sha256: 'a', frameNumber: 1, frame: damaged() };
      await expect(transcodeFrame(stored, transferSyntaxUID, pool, () => false)).rejects.toThrow(CodecFailure);
    }
    expect(pool.jobs).toBe(1);
  });
});
