/** PS3.18 §8.3.5.1: the parameters of rendered resources. */
import { type Check, check, instanceURL, type Trial } from '../check.js';
import { COLUMNS, ROWS } from '../fixtures/drawn.js';
import { sliceIn } from '../fixtures/drawn-slices.js';
import type { VOIFunction } from '../fixtures/grey-levels.js';
import { colourAt, cropped, pictureOf } from '../pictures/picture.js';
import { readPNG } from '../pictures/png.js';
import {
  anImage,
  areRefused,
  drawnJPEG,
  drawnPNG,
  faultOf,
  GIF_TYPE,
  JPEG_TYPE,
  looksLike,
  PNG_TYPE,
  pictureOfFrame,
  ROUNDING,
  renderedURL,
  typeIn,
} from './rendering.js';

const FUNCTIONS: readonly VOIFunction[] = ['linear', 'linear-exact', 'sigmoid'];
const ANNOTATION_WARNING = /The following annotation values are not supported: ?(.*)/;

/** What a Warning says of annotations that are not supported. */
const unsupportedIn = (warnings: readonly string[]): string | undefined =>
  warnings.map((text) => ANNOTATION_WARNING.exec(text)?.[1]).find((values) => values !== undefined);

async function sizeOf(t: Trial, target: string): Promise<readonly [number, number]> {
  const { columns, rows } = await drawnPNG(t, target);
  return [columns, rows];
}

export const RENDERED_PARAMETER_CHECKS: readonly Check[] = [
  check('MT-24', 'M', '8.7.3.5.2', 'rendered media types take no transfer-syntax', async (t) => {
    const answer = await t.get(renderedURL(await anImage(t)), `${JPEG_TYPE};transfer-syntax=1.2.840.10008.1.2.4.50`);
    t.status(answer, 200, 406);
    if (answer.status !== 200) return;
    t.equal(typeIn(answer), JPEG_TYPE, 'the media type');
    const type = answer.header('Content-Type') ?? '';
    t.expect(!/transfer-syntax/i.test(type), 'no transfer-syntax in the Content-Type', type);
  }),
  check('RR-06', 'M', '8.3.5.1.4', 'window: center, width and one of three functions', async (t) => {
    const slice = t.fixture('SLICE1');
    for (const [center, width] of [
      [60, 300],
      [0, 16],
      [-50.5, 33],
    ] as const) {
      for (const shape of FUNCTIONS) {
        const came = await drawnPNG(t, renderedURL(slice, `?window=${center},${width},${shape}`));
        const expected = sliceIn(1, { center, width, function: shape });
        looksLike(came, expected, `window=${center},${width},${shape}`);
      }
    }
    const encoded = await drawnPNG(t, renderedURL(slice, '?window=0%2C16%2Clinear'));
    looksLike(encoded, sliceIn(1, { center: 0, width: 16 }), 'window=0%2C16%2Clinear');
    await areRefused(t, renderedURL(slice), 'window', [
      ...['40,400', '40', '', 'a,400,linear', '40,b,linear', '40,400,LINEAR', '40,400,cubic', '40,400,linear,1'],
      ...['40,0,linear', '40,-5,linear-exact', '40,0,sigmoid'],
    ]);
  }),
  check('RR-07', 'M', '8.3.5.1.3', 'viewport: the size, a region of the source, and its flipping', async (t) => {
    const slice = t.fixture('SLICE1');
    const url = (viewport: string): string => renderedURL(slice, `?window=40,400,linear&viewport=${viewport}`);
    t.equal(await sizeOf(t, url('100,100')), [100, 75], 'columns and rows in 100,100');
    t.equal(await sizeOf(t, url('16,100')), [16, 12], 'columns and rows in 16,100');
    t.equal(await sizeOf(t, url('64%2C64')), [64, 48], 'columns and rows in 64,64');
    t.equal(await sizeOf(t, url(`64,64,,,${COLUMNS},${ROWS}`)), [64, 48], 'columns and rows of a whole source');
    t.equal(await sizeOf(t, url('60,60,0,0,16,24')), [40, 60], 'columns and rows of its left half');
    const whole = pictureOfFrame(t, slice);
    const region = await drawnPNG(t, url('16,12,16,12,16,12'));
    looksLike(region, cropped(whole, 16, 12, 16, 12), 'the lower right quarter');
    const flipped = await drawnPNG(t, url(`${COLUMNS},${ROWS},0,0,-${COLUMNS},${ROWS}`));
    const mirrored = pictureOf(COLUMNS, ROWS, (x, y) => colourAt(whole, COLUMNS - 1 - x, y));
    looksLike(flipped, mirrored, 'the source flipped by a negative width');
    const upside = await drawnPNG(t, url(`${COLUMNS},${ROWS},0,0,${COLUMNS},-${ROWS}`));
    const turned = pictureOf(COLUMNS, ROWS, (x, y) => colourAt(whole, x, ROWS - 1 - y));
    looksLike(upside, turned, 'the source flipped by a negative height');
    await areRefused(t, renderedURL(slice), 'viewport', ['0,10', '10,0', 'a,b', '10', '', '-5,10', '10,10,0,0,a,10']);
  }),
  check('RR-09', 'M', '8.3.5.1.2', 'quality: 1 to 100, for lossy types only', async (t) => {
    const large = t.session.isReadOnly ? await anImage(t) : t.fixture('LARGE');
    await areRefused(t, renderedURL(large), 'quality', ['0', '101', '-1', 'x', '']);
    const sizes: number[] = [];
    for (const quality of [10, 90]) {
      const answer = await t.got(renderedURL(large, `?quality=${quality}`), JPEG_TYPE);
      t.equal(typeIn(answer), JPEG_TYPE, 'the media type');
      sizes.push(answer.body.length);
    }
    const [low = 0, high = 0] = sizes;
    t.expect(low < high, 'fewer bytes with quality=10 than with 90', sizes.join(' and '));
    for (const quality of [1, 100]) await drawnJPEG(t, renderedURL(large, `?quality=${quality}`));
    const plain = await drawnPNG(t, renderedURL(large));
    looksLike(await drawnPNG(t, renderedURL(large, '?quality=10')), plain, 'PNG with quality=10', 0);
  }),
  check('RR-10', 'M', '8.3.5.1.1', 'annotation: patient and technique, and none by itself', async (t) => {
    const large = t.fixture('LARGE');
    const url = (query: string): string => renderedURL(large, `?window=128,256,linear${query}`);
    looksLike(await drawnPNG(t, url('')), pictureOfFrame(t, large), 'without annotation');
    for (const value of ['patient', 'technique', 'patient,technique']) {
      const answer = await t.got(url(`&annotation=${value}`), PNG_TYPE);
      if (unsupportedIn(answer.headers('Warning')) !== undefined) continue;
      const isDrawn = faultOf(readPNG(answer.body), pictureOfFrame(t, large), ROUNDING) !== undefined;
      t.expect(isDrawn, `something drawn for annotation=${value}, or a Warning`, 'the picture as it is without');
    }
    await areRefused(t, renderedURL(large), 'annotation', ['', ',', 'a%20b']);
    const unknown = await t.get(renderedURL(large, '?annotation=foo'), JPEG_TYPE);
    t.status(unknown, 200, 400);
    if (unknown.status === 400) return;
    const told = unsupportedIn(unknown.headers('Warning'));
    t.expect(told?.includes('foo') === true, 'a Warning that foo is not supported', unknown.headers('Warning'));
  }),
  check('RR-11', 'O', '8.3.5.1.5', 'iccprofile: in JPEG and PNG, not in GIF', async (t) => {
    const rgb = t.fixture('RGB');
    const { applications } = await drawnJPEG(t, renderedURL(rgb, '?iccprofile=srgb'));
    if (!applications.includes('APP2 ICC_PROFILE')) t.skip('ICC profiles are not offered');
    const png = await drawnPNG(t, renderedURL(rgb, '?iccprofile=yes'));
    t.expect(png.chunks.includes('iCCP'), 'iCCP in PNG', png.chunks);
    const without = await drawnJPEG(t, renderedURL(rgb, '?iccprofile=no'));
    t.expect(!without.applications.includes('APP2 ICC_PROFILE'), 'no profile for no', without.applications);
    t.status(await t.get(renderedURL(rgb, '?iccprofile=yes'), GIF_TYPE), 400);
    t.status(await t.get(renderedURL(rgb, '?iccprofile=no'), GIF_TYPE), 200);
    await areRefused(t, renderedURL(rgb), 'iccprofile', ['foo', '']);
  }),
  check('RR-12', 'M', 'T10.4.1-5', 'accept, annotation, quality, viewport and window together', async (t) => {
    const slice = t.fixture('SLICE2');
    const query = '?accept=image/png&quality=50&viewport=16,12,16,12,16,12&window=0,300,linear-exact';
    const answer = await t.got(renderedURL(slice, query), '*/*');
    t.equal(typeIn(answer), PNG_TYPE, 'the media type for accept=image/png');
    const expected = cropped(sliceIn(2, { center: 0, width: 300, function: 'linear-exact' }), 16, 12, 16, 12);
    looksLike(readPNG(answer.body), expected, 'the region in the window');
    t.status(await t.get(renderedURL(slice, `${query}&annotation=technique`), '*/*'), 200);
    t.status(await t.get(`${instanceURL(slice)}/frames/1/rendered${query}`, '*/*'), 200);
  }),
];
