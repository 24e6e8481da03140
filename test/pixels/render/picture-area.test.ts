/** A size that is asked for in one direction alone leaves the other free, within what a viewport may be. PS3.18 §9.5.1.2.4 */
import { describe, expect, it } from 'vitest';
import { viewportOf } from '../../../src/pixels/render/picture-area.js';
import { MOST_VIEWPORT_PIXELS, MOST_VIEWPORT_SIDE, placeViewport } from '../../../src/pixels/render/viewport.js';

const image = { rows: 10, columns: 10 };

describe('a side that nobody asked for', () => {
  it.each([1, 2_000, 4_097, MOST_VIEWPORT_SIDE])('is as long as a viewport lets it be beside %i pixels', (asked) => {
    for (const [rows, columns] of [
      [asked, undefined],
      [undefined, asked],
    ]) {
      const viewport = viewportOf(image, { rows, columns, region: undefined });
      const free = rows === undefined ? viewport?.height : viewport?.width;
      expect(free).toBe(Math.min(MOST_VIEWPORT_SIDE, Math.floor(MOST_VIEWPORT_PIXELS / asked)));
      expect(() => viewport && placeViewport(image, viewport)).not.toThrow();
    }
  });
});
