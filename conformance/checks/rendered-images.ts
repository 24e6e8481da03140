/** PS3.18 §10.4.1.1.3, §8.7.4: what images look like, and in which forms they come. */
import { type Check, check, instanceURL, seriesURL, studyURL, type Trial } from '../check.js';
import { LOSSLESS_NAMES } from '../fixtures/coded.js';
import { WHOLE_RANGE } from '../fixtures/drawn.js';
import { SLICE_WINDOW } from '../fixtures/drawn-slices.js';
import type { Fixture } from '../fixtures/fixture.js';
import { drawn, type Window } from '../fixtures/grey-levels.js';
import { readGIF } from '../pictures/gif.js';
import { distance, type Picture, pictureOf } from '../pictures/picture.js';
import {
  anImage,
  CHROMA_ROUNDING,
  drawnJPEG,
  drawnParts,
  drawnPNG,
  faultOf,
  GIF_TYPE,
  JPEG_TYPE,
  LOSSY_MEAN,
  looksLike,
  multipartOf,
  PNG_TYPE,
  pictureIn,
  pictureOfFrame,
  ROUNDING,
  renderedURL,
  resembles,
  typeIn,
} from './rendering.js';

const GREYS = ['GREY2', 'GREY1', 'BITS'];
const COLOURED = ['PALETTE', 'RGB', 'PLANAR', 'YBR', 'YBR422', 'YBRRCT', 'YBRJPEG'];
const CODED = ['J2K', 'JLS', 'HTJ2K', 'RLE', 'CXR', ...LOSSLESS_NAMES.filter((name) => !name.endsWith('COLOUR'))];
/** Windows that the fixtures have themselves, told for rows that are about something else: without one it is RR-05's. */
const OWN_WINDOW = `?window=${SLICE_WINDOW.center},${SLICE_WINDOW.width},linear`;
const BYTE_WINDOW = `?window=${WHOLE_RANGE.center},${WHOLE_RANGE.width},linear`;
/** What decoders of JPEG may make of colours that are there for every second pixel only. */
const SMOOTHED = 24;

const allowedFor = (name: string): number =>
  name === 'YBRJPEG' ? SMOOTHED : name.startsWith('YBR') ? CHROMA_ROUNDING : ROUNDING;

/** What a window makes of the samples that a code stream decodes to. */
function decodedIn({ samples = [], elements }: Fixture, window: Window): Picture {
  const [frame = Buffer.alloc(0)] = samples;
  const isDeep = frame.length === 512;
  const isInverse = elements.some(({ value }) => value === 'MONOCHROME1');
  return pictureOf(16, 16, (x, y) => {
    const at = 16 * y + x;
    const level = drawn(isDeep ? frame.readInt16LE(2 * at) : (frame[at] ?? 0), window);
    return isInverse ? 255 - level : level;
  });
}

/** Each of the pictures is among the parts. */
function areAmong(t: Trial, came: readonly Picture[], fixtures: readonly Fixture[]): void {
  t.equal(came.length, fixtures.length, 'pictures');
  for (const fixture of fixtures) {
    const expected = pictureOfFrame(t, fixture);
    const isThere = came.some(
      (one) => one.rgb.length === expected.rgb.length && distance(one, expected).mean <= LOSSY_MEAN,
    );
    t.expect(isThere, `a picture of ${fixture.name}`, 'pictures that look otherwise');
  }
}

export const RENDERED_IMAGE_CHECKS: readonly Check[] = [
  check('RR-01', 'M', 'T8.7.4-1', 'a single frame as JPEG, which is the default, as PNG and as GIF', async (t) => {
    const target = renderedURL(t.session.isReadOnly ? await anImage(t) : t.fixture('RGB'));
    const expected = t.session.isReadOnly ? undefined : pictureOfFrame(t, t.fixture('RGB'));
    for (const type of [JPEG_TYPE, PNG_TYPE, GIF_TYPE]) {
      const answer = await t.got(target, type);
      t.equal(typeIn(answer), type, 'the media type');
      const picture = pictureIn(answer);
      if (expected !== undefined) resembles(picture, expected, `the picture as ${type}`);
    }
    t.equal(typeIn(await t.got(target, '*/*')), JPEG_TYPE, 'the media type for */*');
    const without = await t.get(target);
    t.status(without, 200, 406);
    if (without.status === 200) t.equal(typeIn(without), JPEG_TYPE, 'the media type without Accept');
  }),
  check('RR-03', 'M', '8.7.4', 'JPEG is baseline of 8 bits', async (t) => {
    const targets = t.session.isReadOnly ? [await anImage(t)] : t.fixtures('SLICE1', 'RGB', 'LARGE');
    for (const subject of targets) {
      const { process, bits, components } = await drawnJPEG(t, renderedURL(subject));
      t.equal(process, 0, 'the process of the JPEG, of which 0 is baseline');
      t.equal(bits, 8, 'bits of a sample');
      t.expect([1, 3].includes(components), 'one or three components', components);
    }
  }),
  check('RR-04', 'M', '10.4.3.3.3', 'every photometric interpretation, native and compressed', async (t) => {
    const faults: string[] = [];
    const judge = async (fixture: Fixture, target: string, expected: Picture): Promise<void> => {
      const answer = await t.get(target, PNG_TYPE);
      const fault =
        answer.status === 200 ? faultOf(pictureIn(answer), expected, allowedFor(fixture.name)) : `${answer.status}`;
      if (fault !== undefined) faults.push(`${fixture.name}: ${fault}`);
    };
    for (const fixture of t.fixtures(...GREYS, ...COLOURED)) {
      const window = fixture.name.startsWith('GREY') ? BYTE_WINDOW : '';
      const isSingle = fixture.pictures?.length === 1;
      const target = isSingle ? renderedURL(fixture, window) : `${instanceURL(fixture)}/frames/1/rendered`;
      await judge(fixture, target, pictureOfFrame(t, fixture));
    }
    for (const fixture of t.fixtures(...CODED)) {
      const isDeep = fixture.name.endsWith('SIGNED');
      const window = isDeep ? { center: 500, width: 4_000 } : { center: 128, width: 256 };
      const target = renderedURL(fixture, `?window=${window.center},${window.width},linear`);
      await judge(fixture, target, decodedIn(fixture, window));
    }
    t.none(faults, 'pictures as they should be');
  }),
  check('RR-05', 'M', '8.3.5.1', 'modality, window, inversion, region, size: in this order', async (t) => {
    for (const fixture of t.fixtures('SLICE1', 'SLICE3', 'SIGMOID', 'MODALITYLUT', 'VOILUT')) {
      looksLike(await drawnPNG(t, renderedURL(fixture)), pictureOfFrame(t, fixture), fixture.name);
    }
    const inverse = t.fixture('GREY1');
    const whole = pictureOfFrame(t, inverse);
    const window = { center: 100, width: 100 };
    const came = await drawnPNG(t, renderedURL(inverse, '?window=100,100,linear&viewport=16,12,16,12,16,12'));
    const expected = pictureOf(16, 12, (x, y) => {
      const sample = 255 - (whole.rgb[3 * ((12 + y) * whole.columns + 16 + x)] ?? 0);
      return 255 - drawn(sample, window);
    });
    looksLike(came, expected, 'a window, then the inversion, then a region of GREY1');
  }),
  check('RR-08', 'M', '8.3.5.1.3', 'without viewport the size is that of the source', async (t) => {
    for (const fixture of t.fixtures('SLICE1', 'LARGE', 'RGB')) {
      const { columns, rows } = pictureOfFrame(t, fixture);
      for (const read of [drawnJPEG, drawnPNG]) {
        const came = await read(t, renderedURL(fixture));
        t.equal([came.columns, came.rows], [columns, rows], `columns and rows of ${fixture.name}`);
      }
    }
  }),
  check('RR-13', 'M', 'T10.4.4-1', 'a single part is for a single image', async (t) => {
    const slices = t.fixtures('SLICE1', 'SLICE2', 'SLICE3');
    const [slice] = slices;
    if (slice === undefined) return;
    t.status(await t.get(`${seriesURL(slice)}/rendered`, JPEG_TYPE), 406);
    t.status(await t.get(`${studyURL(slice)}/rendered`, JPEG_TYPE), 406);
    const inWindow = async (url: string) =>
      (await drawnParts(t, `${url}/rendered${OWN_WINDOW}`, JPEG_TYPE)).map(pictureIn);
    areAmong(t, await inWindow(seriesURL(slice)), slices);
    areAmong(t, await inWindow(studyURL(slice)), [...slices, ...t.fixtures('SCOUT')]);
  }),
  check('RR-14', 'M', 'T8.7.4-1', 'multi-frame: all frames as parts; alone one of them, or 406', async (t) => {
    const frames = t.fixture('FRAMES');
    const { pictures = [] } = frames;
    const target = renderedURL(frames, BYTE_WINDOW);
    const parts = await drawnParts(t, target, PNG_TYPE);
    t.equal(parts.length, pictures.length, 'parts');
    for (const [i, part] of parts.entries()) {
      looksLike(pictureIn(part), pictureOfFrame(t, frames, i + 1), `frame ${i + 1}`);
    }
    const alone = await t.get(target, PNG_TYPE);
    t.status(alone, 200, 406);
    if (alone.status === 200) {
      const isOneOf = pictures.some((picture) => faultOf(pictureIn(alone), picture, ROUNDING) === undefined);
      t.expect(isOneOf, 'one of the frames', 'another picture');
    }
    const animated = await t.get(target, GIF_TYPE);
    t.status(animated, 200, 406);
    if (animated.status !== 200) return;
    const { pictures: drawnFrames } = readGIF(animated.body);
    t.expect([1, pictures.length].includes(drawnFrames.length), 'one picture in the GIF, or all', drawnFrames.length);
    if (drawnFrames.length === 1) return;
    for (const [i, one] of drawnFrames.entries()) {
      resembles(one, pictureOfFrame(t, frames, i + 1), `frame ${i + 1} of the GIF`);
    }
  }),
  check('RR-15', 'M', '10.4.1.1.3', 'frames are rendered each by itself', async (t) => {
    const frames = t.fixture('FRAMES');
    const url = (list: string): string => `${instanceURL(frames)}/frames/${list}/rendered${BYTE_WINDOW}`;
    looksLike(await drawnPNG(t, url('2')), pictureOfFrame(t, frames, 2), 'frame 2');
    const parts = await drawnParts(t, url('1,3'), PNG_TYPE);
    t.equal(parts.length, 2, 'parts of frames 1 and 3');
    for (const [i, number] of [1, 3].entries()) {
      const part = parts[i];
      if (part !== undefined) looksLike(pictureIn(part), pictureOfFrame(t, frames, number), `frame ${number}`);
    }
    t.status(await t.get(url('1,3'), PNG_TYPE), 406);
    t.status(await t.get(url('4'), PNG_TYPE), 404);
    t.status(await t.get(url('0'), PNG_TYPE), 400);
  }),
  check('RR-17', 'M', '8.6.1.2', 'Content-Location names what is rendered', async (t) => {
    const [slice, frames] = [t.fixture('SLICE1'), t.fixture('FRAMES')];
    const { base } = t.session.client;
    const isAt = (location: string | undefined, target: string, ...expected: readonly string[]): void => {
      const here = location === undefined ? 'none' : new URL(location, base + target).href;
      t.expect(
        expected.some((one) => here === base + one),
        `Content-Location ${expected.join(' or ')}`,
        here,
      );
    };
    const alone = renderedURL(slice);
    isAt((await t.got(alone, JPEG_TYPE)).header('Content-Location'), alone, instanceURL(slice));
    const second = `${instanceURL(frames)}/frames/2/rendered`;
    isAt((await t.got(second, JPEG_TYPE)).header('Content-Location'), second, `${instanceURL(frames)}/frames/2`);
    const series = `${seriesURL(slice)}/rendered`;
    const answer = await t.parts(series, multipartOf(JPEG_TYPE));
    const instances = t.fixtures('SLICE1', 'SLICE2', 'SLICE3').map(instanceURL);
    for (const part of answer.parts) isAt(part.header('Content-Location'), series, ...instances);
  }),
];
