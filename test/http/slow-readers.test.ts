/** Clients that ask for much and read nothing: what has been made for each is bounded, and gone when they are. RR-20, T42 */
import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MOST_HELD_BYTES } from '../../src/pixels/held-bytes.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { makeInstance, rgbImage } from './instances.js';

const SIDE = 2_000;
const FRAME_BYTES = SIDE * SIDE * 3;
/** As many frames, and pictures of noise without loss, as there is room for in the share of one caller. */
const ROOM = Math.floor(MOST_HELD_BYTES / 4 / FRAME_BYTES);
const TOO_MANY = ROOM + 8;

function noise(lengthBytes: number): Buffer {
  const words = new Uint32Array(lengthBytes / 4);
  let state = 1;
  for (let i = 0; i < words.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state ^ (state >>> 16);
  }
  return Buffer.from(words.buffer);
}

const image = makeInstance({
  study: 'slow readers',
  modality: 'OT',
  attributes: rgbImage(SIDE, noise(FRAME_BYTES)),
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(image);
});
afterAll(() => archive.close());

const requests: ClientRequest[] = [];
const hangUp = (): void => {
  for (const request of requests.splice(0)) request.destroy();
};
afterEach(hangUp);

/** The head of an answer of which nothing is read. */
const ask = (path: string, Accept: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept };
    requests.push(httpGet(`${archive.base}${path}`, { agent: false, headers }, resolve).on('error', reject));
  });

async function eventually(path: string, type: string): Promise<number> {
  for (let i = 0; ; i += 1) {
    const answer = await archive.get(path, { Accept: type });
    await answer.arrayBuffer();
    const { status } = answer;
    if (status === 200 || i === 50) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('clients that read nothing', () => {
  it.each(['image/png', 'multipart/related; type="image/png"'])(
    'get pictures as long as there is room for them, and are told to come again then: %s',
    async (type) => {
      const answers = await Promise.all(Array.from({ length: TOO_MANY }, () => ask(`${image.path}/rendered`, type)));
      const refused = answers.filter(({ statusCode }) => statusCode === 503);
      expect(answers.filter(({ statusCode }) => statusCode === 200).length).toBeLessThanOrEqual(ROOM);
      expect(answers.length - refused.length).toBeGreaterThan(ROOM / 2);
      expect(refused.length).toBeGreaterThanOrEqual(TOO_MANY - ROOM);
      for (const { headers } of refused) expect(headers['retry-after']).toBeDefined();
      const other = await archive.fetch(await archive.token({ kind: 'curator' }), `${image.path}/rendered`, {
        headers: { Accept: type },
      });
      expect(other.status).toBe(200);
      await other.arrayBuffer();
      hangUp();
      expect(await eventually(`${image.path}/rendered`, type)).toBe(200);
    },
  );

  it.each([
    ['frames', `${image.path}/frames/1`, 'multipart/related; type="image/dicom-rle"'],
    ['instances', image.path, 'application/dicom; transfer-syntax=1.2.840.10008.1.2.5'],
  ])('get %s as long as there is room for them; the others get theirs when those have gone', async (_, path, type) => {
    const answered: IncomingMessage[] = [];
    let areGone = false;
    const all = Array.from({ length: TOO_MANY }, async () => {
      const answer = await ask(path, type);
      answered.push(answer);
      if (areGone) answer.destroy();
      return answer.statusCode;
    });
    while (answered.length < 3) await new Promise((resolve) => setTimeout(resolve, 100));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(answered.length).toBeLessThanOrEqual(ROOM);
    areGone = true;
    for (const answer of answered) answer.destroy();
    expect(new Set(await Promise.all(all))).toEqual(new Set([200]));
  });
});
