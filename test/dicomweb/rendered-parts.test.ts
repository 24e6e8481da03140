/** An answer of many pictures gives up on the rest when too many of them took too long. T42, RR-20 */
import { describe, expect, it } from 'vitest';
import { type RenderedPart, wholePart, withPatience } from '../../src/dicomweb/rendered-parts.js';
import { ArchiveError } from '../../src/errors.js';
import { CodecFailure, ThreadLost } from '../../src/pixels/codecs/codec-failure.js';

/** How many of a thousand parts are tried, each of which fails so, and how the last one fails. */
async function tried(failure: Error): Promise<readonly [count: number, last: unknown]> {
  let count = 0;
  const failing: RenderedPart = {
    mediaType: 'image/png',
    contentLocation: 'https://archive.example/',
    make: () => {
      count += 1;
      return Promise.reject(failure);
    },
  };
  let last: unknown;
  for (const { make } of withPatience(Array.from({ length: 1_000 }, () => failing))) {
    last = await make().catch((error: unknown) => error);
  }
  return [count, last];
}

describe('parts of a rendering', () => {
  it('are not tried any more when eight have cost a thread', async () => {
    const lost = new ThreadLost('It takes too long.');
    for (const failure of [lost, new ArchiveError('not-acceptable', 'It is too large.', { cause: lost })]) {
      expect(await tried(failure)).toMatchObject([8, { code: 'too-large' }]);
    }
  });

  it('are all tried where they fail at once', async () => {
    const damaged = new CodecFailure('It is damaged.');
    expect(await tried(damaged)).toEqual([1_000, damaged]);
  });

  it('are as they were where they can be made', async () => {
    const part = {
      mediaType: 'image/png',
      contentLocation: 'https://archive.example/',
      make: async () => wholePart(Buffer.of(7)),
    };
    const [patient] = withPatience([part]);
    expect(patient).toMatchObject({ mediaType: part.mediaType, contentLocation: part.contentLocation });
    expect((await patient?.make())?.lengthBytes).toBe(1);
  });
});
