/** PS3.18 §9.5: what the URI service renders. */
import { type Check, check, type Trial } from '../check.js';
import { readPart10, textIn } from '../dicom/part10-reader.js';
import { COLUMNS, ROWS } from '../fixtures/drawn.js';
import { SLICE_WINDOW, sliceIn } from '../fixtures/drawn-slices.js';
import { cropped, likeness, type Picture } from '../pictures/picture.js';
import { JPEG_TYPE, PNG_TYPE, pictureIn, pictureOfBytes, pictureOfFrame, resembles, typeIn } from './rendering.js';
import { isRefused, offered, type Parameters, uri } from './wado-uri.js';

/** The slice with these parameters. URI-09 is the judge of its type. */
async function drawnSlice(t: Trial, parameters: Parameters): Promise<Picture> {
  const answer = await uri(t, t.fixture('SLICE1'), { contentType: JPEG_TYPE, ...parameters });
  t.status(answer, 200);
  return pictureOfBytes(answer.body);
}

export const WADO_URI_RENDERED_CHECKS: readonly Check[] = [
  check('URI-03', 'M', '9.3', 'without contentType: image/jpeg', async (t) => {
    await offered(t);
    const image = t.fixture('RGB');
    const answer = await uri(t, image, { contentType: undefined });
    t.status(answer, 200);
    t.equal(typeIn(answer), JPEG_TYPE, 'the media type');
    resembles(pictureIn(answer), pictureOfFrame(t, image), 'the image');
  }),
  check('URI-09', 'M', 'T8.7.4-1', 'images as JPEG, reports as HTML and plain text', async (t) => {
    await offered(t);
    const image = t.fixture('RGB');
    for (const contentType of [JPEG_TYPE, PNG_TYPE]) {
      const answer = await uri(t, image, { contentType });
      t.status(answer, 200, ...(contentType === PNG_TYPE ? [406] : []));
      if (answer.status !== 200) continue;
      t.equal(typeIn(answer), contentType, 'the media type');
      resembles(pictureIn(answer), pictureOfFrame(t, image), `the image as ${contentType}`);
    }
    for (const [contentType, expected] of [
      [undefined, 'text/html'],
      ['text/html', 'text/html'],
      ['text/plain', 'text/plain'],
    ] as const) {
      const answer = await uri(t, t.fixture('SR'), { contentType });
      t.status(answer, 200);
      t.equal(typeIn(answer), expected, `the media type of a report for ${contentType ?? 'no contentType'}`);
      t.expect(answer.body.includes('Nothing to see'), 'the text of the report', answer.body.toString('utf8'));
    }
  }),
  check('URI-11', 'O', '9.5.2.5', 'rows and columns are the most of each, and the proportions stay', async (t) => {
    await offered(t);
    const sizeFor = async (parameters: Parameters) => {
      const { columns, rows } = await drawnSlice(t, parameters);
      return [columns, rows];
    };
    const square = await sizeFor({ rows: '16', columns: '16' });
    if (square.join() === [COLUMNS, ROWS].join()) t.skip('rows and columns are ignored');
    t.equal(square, [16, 12], 'columns and rows of at most 16 and 16');
    t.equal(await sizeFor({ rows: '12', columns: '100' }), [16, 12], 'columns and rows of at most 100 and 12');
    for (const rows of ['0', '-1', 'x'])
      await isRefused(t, t.fixture('SLICE1'), { contentType: JPEG_TYPE, rows, columns: '9' });
  }),
  check('URI-12', 'O', '9.5.2.4', 'region: fractions of both sides, the lower before the higher', async (t) => {
    await offered(t);
    for (const region of ['0.5,0,0.2,1', '0,0.5,1,0.5', '0,0,1', '0,0,1.5,1', 'a,0,1,1']) {
      await isRefused(t, t.fixture('SLICE1'), { contentType: JPEG_TYPE, region });
    }
    const part = await drawnSlice(t, { region: '0,0,0.5,1' });
    const expected = cropped(sliceIn(1, SLICE_WINDOW), 0, 0, COLUMNS / 2, ROWS);
    t.equal((part.columns / part.rows).toFixed(1), (expected.columns / expected.rows).toFixed(1), 'columns to rows');
    const alike = likeness(part, expected);
    t.expect(alike > 0.95, 'the left half of the slice: likeness above 0.95', alike.toFixed(3));
  }),
  check('URI-15', 'O', '8.3.5.1.1, 8.3.5.1.2', 'imageQuality is 1 to 100, and annotation not empty', async (t) => {
    await offered(t);
    const large = t.fixture('LARGE');
    for (const imageQuality of ['0', '101', 'x']) await isRefused(t, large, { contentType: JPEG_TYPE, imageQuality });
    await isRefused(t, large, { contentType: JPEG_TYPE, annotation: '' });
    const sizes: number[] = [];
    for (const imageQuality of ['10', '90']) {
      const answer = await uri(t, large, { contentType: JPEG_TYPE, imageQuality });
      t.status(answer, 200);
      sizes.push(answer.body.length);
    }
    const [low = 0, high = 0] = sizes;
    t.expect(low < high, 'fewer bytes with imageQuality=10 than with 90', sizes.join(' and '));
  }),
  check('URI-16', 'O', '9.4.2.3', 'anonymize is yes, or 400', async (t) => {
    await offered(t);
    const ct = t.fixture('CT');
    for (const anonymize of ['no', 'YES', '']) await isRefused(t, ct, { anonymize });
    const answer = await uri(t, ct, { anonymize: 'yes' });
    t.status(answer, 200, 400, 403, 406, 501);
    if (answer.status !== 200) return;
    const { elements } = readPart10(answer.body);
    // The fixture says that it is de-identified: it may come as it is. Whoever changes it gives it another UID.
    if (textIn(elements, '00100020') === textIn(readPart10(ct.file).elements, '00100020')) return;
    t.expect(textIn(elements, '00080018') !== ct.instance, 'another SOP Instance UID', ct.instance);
  }),
];
