/** A picture that is too large to be encoded is refused by itself: the image is whole, and smaller ones of it are made. RR-20 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { makeInstance, rgbImage } from './instances.js';

const SIDE = 64;

const image = makeInstance({
  study: 'too large',
  modality: 'OT',
  attributes: rgbImage(SIDE, Buffer.alloc(SIDE * SIDE * 3, 9)),
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(image);
});
afterAll(() => archive.close());

const statusOf = async (query: string): Promise<number> => {
  const answer = await archive.get(`${image.path}/rendered${query}`, { Accept: 'image/jp2' });
  await answer.arrayBuffer();
  return answer.status;
};

describe('RR-20 a picture that its encoder has no memory for', () => {
  it('is not acceptable, and takes no other picture of the image with it', { timeout: 60_000 }, async () => {
    expect(await statusOf('?viewport=8192,8192')).toBe(406);
    expect(await statusOf('')).toBe(200);
    expect(await statusOf('?viewport=32,32')).toBe(200);
    const before = performance.now();
    expect(await statusOf('?viewport=8192,8192')).toBe(406);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
