/** Instances of very many frames: sent without being gathered, while others are served. */
import { request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, codeStream, type MadeInstance, makeInstance, SYNTAX } from './instances.js';

const MANY = 40_000;
const MiB = 1024 * 1024;

const fragmented = makeInstance({
  study: 'many frames',
  transferSyntaxUID: SYNTAX.jpegBaseline,
  attributes: { NumberOfFrames: String(MANY), Rows: 1, Columns: 1, BitsAllocated: 8, BitsStored: 8, HighBit: 7 },
  fragments: Array.from({ length: MANY }, () => [codeStream('one', 6)]),
});
const deflated = makeInstance({
  study: 'many frames',
  instance: 'deflated',
  transferSyntaxUID: SYNTAX.deflated,
  attributes: { NumberOfFrames: '40', PixelData: bytesOf('deflated', 40 * 24) },
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(fragmented, deflated);
}, 60_000);
afterAll(() => archive.close());

interface Told {
  readonly lengthBytes: number;
  readonly tells: string | undefined;
  readonly type: string | undefined;
  readonly end: string;
  readonly mostBytes: number;
  readonly longestBlockMs: number;
}

/** Read an answer without keeping it, and watch what it costs. */
function readAll({ path }: MadeInstance, suffix: string, accept: string): Promise<Told> {
  const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: accept };
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = used();
  delay.enable();
  return new Promise((resolve, reject) => {
    request(`${archive.base}${path}${suffix}`, { headers, agent: false }, (response) => {
      let lengthBytes = 0;
      let mostBytes = 0;
      let end = Buffer.alloc(0);
      response.on('data', (chunk: Buffer) => {
        lengthBytes += chunk.length;
        mostBytes = Math.max(mostBytes, used() - before);
        end = Buffer.concat([end, chunk]).subarray(-100);
      });
      response.on('error', reject);
      response.on('end', () => {
        delay.disable();
        const { 'content-length': tells, 'content-type': type } = response.headers;
        resolve({ lengthBytes, tells, type, end: end.toString('latin1'), mostBytes, longestBlockMs: delay.max / 1e6 });
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('the frames of an instance of very many', () => {
  it.each([
    ['as one value', '/bulkdata/7FE00010', 'multipart/related; type="image/jpeg"'],
    ['as all there is of it', '', 'multipart/related; type="application/octet-stream"; transfer-syntax=*'],
  ])(
    'T53 MP-18 go out one by one, in the length told before: %s',
    async (_name, suffix, accept) => {
      const told = await readAll(fragmented, suffix, accept);
      expect(told.tells).toBe(String(told.lengthBytes));
      expect(told.end).toMatch(/--\r?\n?$/);
      expect(told.mostBytes).toBeLessThan(64 * MiB);
      // All at once would take seconds; other test files run beside this one.
      expect(told.longestBlockMs).toBeLessThan(1_000);
    },
    60_000,
  );
});

describe('frames of a deflated instance', () => {
  const ask = async (frameNumbers: readonly number[]): Promise<number> =>
    (await archive.get(`${deflated.path}/frames/${frameNumbers}`)).status;
  const rising = Array.from({ length: 40 }, (_, i) => i + 1);

  it('T57 are not inflated again and again for one request', async () => {
    expect(await ask([...rising].reverse())).toBe(400);
    expect(await ask(Array.from({ length: 40 }, () => 7))).toBe(400);
  });

  it('RF-01 are given in rising order, and a few in any', async () => {
    expect(await ask(rising)).toBe(200);
    expect(await ask([7, 7, 3, 40, 1])).toBe(200);
  });
});
