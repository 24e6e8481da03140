/** PS3.18 §10.4.1.1.4: thumbnails. */
import { type Check, check, instanceURL, OCTETS_TYPE, seriesURL, studyURL, type Trial } from '../check.js';
import { likeness } from '../pictures/picture.js';
import type { Subject } from '../session.js';
import type { Answer } from '../wire/client.js';
import { anImage, areRefused, JPEG_TYPE, pictureIn, pictureOfFrame, typeIn } from './rendering.js';

/** From here on two pictures show the same. */
const ALIKE = 0.8;

const levelsOf = (subject: Subject): readonly string[] =>
  [studyURL(subject), seriesURL(subject), instanceURL(subject), `${instanceURL(subject)}/frames/1`].map(
    (target) => `${target}/thumbnail`,
  );

const thumbnailOf = (subject: Subject): string => `${instanceURL(subject)}/thumbnail`;

/** Where a server sends its client on, that place. */
async function followed(t: Trial, answer: Answer, accept: string): Promise<Answer> {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
  const location = answer.header('Location') ?? '';
  t.expect(location !== '', 'Location of a redirection', 'none');
  return t.get(new URL(location, t.session.client.base + answer.target).href, accept);
}

/** Skips where there are no thumbnails. */
async function offered(t: Trial): Promise<Answer> {
  const answer = await t.get(thumbnailOf(await anImage(t)), JPEG_TYPE);
  t.offered(answer, 'a thumbnail', 400, 406);
  const image = await followed(t, answer, JPEG_TYPE);
  t.status(image, 200);
  return image;
}

export const THUMBNAIL_CHECKS: readonly Check[] = [
  check('RT-01', 'M', '10.4.1.1.4', 'thumbnails at all four levels, or at none', async (t) => {
    const statuses: string[] = [];
    for (const target of levelsOf(await anImage(t))) {
      const answer = await followed(t, await t.get(target, JPEG_TYPE), JPEG_TYPE);
      statuses.push(answer.status === 200 ? typeIn(answer) : String(answer.status));
    }
    if (statuses.every((status) => ['400', '404', '405', '406', '501'].includes(status))) {
      t.skip(`thumbnails are not offered (${statuses.join(', ')})`);
    }
    t.equal(statuses, [JPEG_TYPE, JPEG_TYPE, JPEG_TYPE, JPEG_TYPE], 'thumbnails of study, series, instance and frame');
  }),
  check('RT-02', 'M', 'T10.4.4-1', 'one image, JPEG where nothing else is asked for', async (t) => {
    const subject = await anImage(t);
    const image = await offered(t);
    t.equal(typeIn(image), JPEG_TYPE, 'the media type');
    for (const accept of ['*/*', undefined]) {
      const answer = await t.get(thumbnailOf(subject), accept);
      t.status(answer, 200, 302, ...(accept === undefined ? [406] : []));
      if (answer.status === 200) t.equal(typeIn(answer), JPEG_TYPE, `the media type for ${accept ?? 'no Accept'}`);
    }
    const came = pictureIn(image);
    if (t.session.isReadOnly) return;
    const alike = likeness(came, pictureOfFrame(t, t.fixture('SLICE1')));
    t.expect(alike > ALIKE, `a picture of the slice: likeness above ${ALIKE}`, alike.toFixed(2));
  }),
  check('RT-03', 'M', '10.4.3.3.4', 'nothing of the patient is in a thumbnail', async (t) => {
    await offered(t);
    const burned = t.fixture('BURNED');
    const answer = await followed(t, await t.get(thumbnailOf(burned), JPEG_TYPE), JPEG_TYPE);
    t.status(answer, 200, 404, 406);
    if (answer.status !== 200) return;
    const alike = likeness(pictureIn(answer), pictureOfFrame(t, burned));
    t.expect(
      alike < ALIKE,
      'not the image, where Burned In Annotation is YES',
      `the image: likeness ${alike.toFixed(2)}`,
    );
  }),
  check('RT-04', 'M', '8.3.5.2', 'viewport has two values', async (t) => {
    const subject = await anImage(t);
    await offered(t);
    const answer = await t.get(`${thumbnailOf(subject)}?viewport=16,16`, JPEG_TYPE);
    const { columns, rows } = pictureIn(await followed(t, answer, JPEG_TYPE));
    t.expect(
      columns <= 16 && rows <= 16 && Math.max(columns, rows) === 16,
      'as large as fits 16,16',
      `${columns} × ${rows}`,
    );
    await areRefused(t, thumbnailOf(subject), 'viewport', ['100,100,0,0,1,1', '0,10', 'a,b', '10']);
  }),
  check('RT-05', 'O', '10.4.3.3.4', 'answered directly, or by 302 to what is rendered', async (t) => {
    const direct = await t.get(thumbnailOf(await anImage(t)), JPEG_TYPE);
    t.offered(direct, 'a thumbnail', 400, 406);
    t.status(direct, 200, 302);
    const image = await followed(t, direct, JPEG_TYPE);
    t.status(image, 200);
    t.equal(typeIn(image), JPEG_TYPE, 'the media type of what it leads to');
  }),
  check('RT-06', 'P', '—', 'a study and a series show one of their images, to whom may see it', async (t) => {
    const slices = t.fixtures('SLICE1', 'SLICE2', 'SLICE3', 'SCOUT');
    const slice = await anImage(t);
    await offered(t);
    for (const target of levelsOf(slice).slice(0, 2)) {
      const [one, again] = [await t.get(target, JPEG_TYPE), await t.get(target, JPEG_TYPE)];
      const image = await followed(t, one, JPEG_TYPE);
      t.status(image, 200);
      t.sameBytes(again.body, one.body, 'the thumbnail asked for again');
      const alike = Math.max(...slices.map((fixture) => likeness(pictureIn(image), pictureOfFrame(t, fixture))));
      t.expect(alike > ALIKE, `one of the images: likeness above ${ALIKE}`, alike.toFixed(2));
    }
    const report = await followed(t, await t.get(thumbnailOf(t.fixture('SR')), JPEG_TYPE), JPEG_TYPE);
    t.status(report, 200, 404, 406);
    if (report.status === 200) pictureIn(report);
    if (t.session.client.tokens.reader === undefined) return;
    t.status(await t.ask(thumbnailOf(slice), { as: 'none' }), 401, 403, 404);
  }),
  check('RT-07', 'P', 'OHIF', 'an Accept that no image can meet gives the image', async (t) => {
    await offered(t);
    const answer = await t.get(thumbnailOf(await anImage(t)), OCTETS_TYPE);
    t.status(answer, 200, 302);
    if (answer.status === 200) t.equal(typeIn(answer), JPEG_TYPE, `the media type for ${OCTETS_TYPE}`);
  }),
];
