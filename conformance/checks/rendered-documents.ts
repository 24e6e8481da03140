/** PS3.18 §10.4.1.1.3: reports, documents, videos, presentation states, and what can not be rendered. */
import { type Check, check, instanceURL, JSON_TYPE, seriesURL, studyURL, type Trial } from '../check.js';
import { PDF_BYTES } from '../fixtures/documents.js';
import { STATE_WINDOW, sliceIn } from '../fixtures/drawn-slices.js';
import { distance } from '../pictures/picture.js';
import type { Answer } from '../wire/client.js';
import { parseMultipart } from '../wire/multipart.js';
import {
  drawnPNG,
  JPEG_TYPE,
  multipartOf,
  PNG_TYPE,
  pictureIn,
  pictureOfFrame,
  renderedURL,
  resembles,
  typeIn,
} from './rendering.js';

const HTML = 'text/html';
/** The longest that a server may take to see that it can not draw something. */
const QUICKLY_MS = 10_000;

/** What stands between the tags of HTML or XML. */
const textOf = (body: Buffer): string =>
  body
    .toString('utf8')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;|&#34;|&#x22;/gi, '"')
    .replace(/&amp;/g, '&');

/** An error of the server's own that says what it is: not a crash, and not success. */
function isTold(t: Trial, answer: Answer, what: string): void {
  t.expect(answer.status >= 400 && answer.status < 600, `an error for ${what}`, `status ${answer.status}`);
  t.expect(answer.body.length > 0, `a report about ${what}`, 'no body');
}

export const RENDERED_DOCUMENT_CHECKS: readonly Check[] = [
  check('HT-08', 'P', 'client', 'a rendered video answers Range', async (t) => {
    const video = t.fixture('VID');
    const whole = await t.get(renderedURL(video), 'video/mp4');
    t.offered(whole, 'a rendered video', 400, 406);
    t.status(whole, 200);
    t.equal(typeIn(whole), 'video/mp4', 'the media type');
    t.equal(whole.body.subarray(4, 8).toString('latin1'), 'ftyp', 'how MP4 begins');
    const open = await t.get(renderedURL(video), 'video/mp4', { Range: 'bytes=0-' });
    t.status(open, 206);
    t.equal(open.header('Content-Range'), `bytes 0-${whole.body.length - 1}/${whole.body.length}`, 'Content-Range');
    const part = await t.get(renderedURL(video), 'video/mp4', { Range: 'bytes=100-199' });
    t.status(part, 206);
    t.sameBytes(part.body, whole.body.subarray(100, 200), 'bytes 100 to 199');
  }),
  check('RR-02', 'M', 'T8.7.4-1', 'reports as HTML, plain text and XML; documents as what they are', async (t) => {
    const sr = t.fixture('SR');
    for (const type of [HTML, 'text/plain', 'text/xml']) {
      const answer = await t.got(renderedURL(sr), type);
      t.equal(typeIn(answer), type, 'the media type');
      const whole = type === 'text/plain' ? answer.body.toString('utf8') : textOf(answer.body);
      // Lines may be broken, as HTML does without asking.
      const text = whole.replace(/\s+/g, ' ');
      for (const piece of ['Finding', 'Nothing to see <here> & no "more"']) {
        t.expect(text.includes(piece), `${piece} in the report as ${type}`, text);
      }
      if (type === 'text/plain') t.expect(!/<(?:html|body|\?xml)/i.test(text), 'plain text', text);
    }
    t.equal(typeIn(await t.got(renderedURL(sr), '*/*')), HTML, 'the media type for */*');
    const pdf = t.fixture('PDF');
    const any = await t.got(renderedURL(pdf), '*/*');
    t.expect(['application/pdf', HTML].includes(typeIn(any)), 'application/pdf or text/html for */*', typeIn(any));
    const document = await t.get(renderedURL(pdf), 'application/pdf');
    t.status(document, 200, 406);
    if (document.status === 200) t.sameBytes(document.body, PDF_BYTES, 'the document');
  }),
  check('RR-16', 'M', '8.3.5.1.6', 'a presentation state is drawn as every image that it refers to', async (t) => {
    const state = t.fixture('STATE');
    const { parts } = parseMultipart(await t.got(renderedURL(state), multipartOf(PNG_TYPE)));
    const pictures = parts.map(pictureIn);
    t.equal(pictures.length, 2, 'pictures');
    for (const number of [1, 2]) {
      const expected = sliceIn(number, STATE_WINDOW);
      const isThere = pictures.some(
        (one) => one.rgb.length === expected.rgb.length && distance(one, expected).most <= 2,
      );
      t.expect(isThere, `slice ${number} in the window of the state`, 'pictures that look otherwise');
    }
    const accept = multipartOf(JPEG_TYPE);
    t.status(await t.get(renderedURL(state, '?window=40,400,linear'), accept), 400);
    t.status(await t.get(renderedURL(state, '?viewport=16,12,0,0,16,12'), accept), 400);
    t.status(await t.get(renderedURL(state, '?viewport=16,12'), accept), 200);
    t.status(await t.get(renderedURL(t.fixture('LOSTSTATE')), accept), 400);
  }),
  check('RR-18', 'P', '—', 'what is no image is 406; what is broken is an error that says so', async (t) => {
    t.status(await t.get(renderedURL(t.fixture('NUM')), JPEG_TYPE), 406, 404);
    t.status(await t.get(renderedURL(t.fixture('SR')), JPEG_TYPE), 406);
    isTold(t, await t.get(renderedURL(t.fixture('CORRUPT')), JPEG_TYPE), 'corrupt Pixel Data');
    const other = t.fixture('RGB');
    resembles(await drawnPNG(t, renderedURL(other)), pictureOfFrame(t, other), 'another image after that');
  }),
  check('RR-19', 'O', '10.4.1.1.7, 10.4.1.1.8', 'MPR and 3D are there, or are no resources', async (t) => {
    const slice = t.fixture('SLICE1');
    for (const target of [`${seriesURL(slice)}/renderedmpr`, `${studyURL(slice)}/rendered3d`]) {
      const answer = await t.get(target, '*/*');
      t.status(answer, 200, 400, 404, 405, 406, 501);
      if (answer.status === 200)
        t.expect(/^(?:image|video|multipart)\//.test(typeIn(answer)), 'pictures', typeIn(answer));
    }
    const capabilities = await t.ask('/', { method: 'OPTIONS', headers: { Accept: '*/*' } });
    const told = capabilities.status === 200 ? capabilities.body.toString('utf8') : '';
    if (!/rendered(?:mpr|3d)/i.test(told)) return;
    t.status(await t.get(`${seriesURL(slice)}/renderedmpr`, '*/*'), 200, 400);
  }),
  check('RR-20', 'P', 'safety', 'an image that says it is huge is refused quickly, and others go on', async (t) => {
    const huge = t.fixture('HUGE');
    for (const target of [renderedURL(huge), `${instanceURL(huge)}/thumbnail`]) {
      const ask = { headers: { Accept: JPEG_TYPE }, timeoutMs: QUICKLY_MS };
      const status = await t.ask(target, ask).then(
        (answer) => answer.status,
        (error: Error) => error.message,
      );
      const isRefused = typeof status === 'number' && (status >= 400 || target.endsWith('thumbnail'));
      t.expect(isRefused, `an error within ${QUICKLY_MS / 1_000} s`, status);
    }
    const other = t.fixture('RGB');
    resembles(await drawnPNG(t, renderedURL(other)), pictureOfFrame(t, other), 'another image after that');
    t.status(await t.get(`${instanceURL(other)}/metadata`, JSON_TYPE), 200);
  }),
];
