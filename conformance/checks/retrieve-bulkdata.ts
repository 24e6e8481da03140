/** PS3.18 §10.4.1.1.5: bulkdata. */
import { type Check, check, instanceURL, OCTETS_TYPE, seriesURL, studyURL } from '../check.js';
import { valueField } from '../dicom/part10-writer.js';
import { PDF_BYTES } from '../fixtures/documents.js';
import { PRIVATE_BULK } from '../fixtures/values.js';
import { parseMediaType } from '../wire/media-type.js';
import { parseMultipart } from '../wire/multipart.js';
import { bulkdataURIs, pixelDataURI, readable } from './bulkdata-uris.js';
import { onlyPart } from './transfer-syntaxes.js';

const SINGLE = 'application/octet-stream';
const NOTHING = Buffer.alloc(0);

export const BULKDATA_CHECKS: readonly Check[] = [
  check('RB-01', 'M', 'T10.3-2', 'every BulkDataURI can be retrieved', async (t) => {
    let count = 0;
    for (const subject of await readable(t, [...t.session.fixtures.keys()])) {
      for (const [path, uri] of await bulkdataURIs(t, subject)) {
        const answer = await t.get(uri, `${OCTETS_TYPE}; transfer-syntax=*`);
        t.expect(answer.status === 200, `200 for ${path}`, `${answer.status} from ${uri}`);
        count += 1;
      }
    }
    if (count === 0) t.skip('no metadata has a BulkDataURI');
  }),
  check(
    'RB-02',
    'M',
    'T10.4.4-1',
    'bulkdata is the Value Field in little endian, as multipart and perhaps alone',
    async (t) => {
      for (const fixture of t.fixtures('CT', 'PRIV', 'NUM', 'LONGDS', 'ODD')) {
        for (const [path, uri] of await bulkdataURIs(t, fixture)) {
          const element = fixture.elements.find(({ tag }) => tag === path);
          if (element === undefined) continue;
          const body = onlyPart(t, await t.parts(uri, OCTETS_TYPE)).body;
          const expected = valueField(element);
          const isPadded = body.length === expected.length + 1 && body.length % 2 === 0;
          t.sameBytes(isPadded ? body.subarray(0, -1) : body, expected, `${path} of ${fixture.name}`);
          const single = await t.get(uri, SINGLE);
          t.status(single, 200, 406);
          if (single.status === 200) t.sameBytes(single.body, body, `${path} of ${fixture.name} by itself`);
        }
      }
      const uri = (await bulkdataURIs(t, t.fixture('PRIV'))).get('00231103');
      if (uri === undefined) return t.note('70,000 private bytes are inline');
      t.equal((await t.parts(uri, OCTETS_TYPE)).parts[0]?.body.length, PRIVATE_BULK.length, 'private bytes');
    },
  ),
  check('RB-03', 'M', '10.4.3.3.5', 'Content-Location of a part is its BulkDataURI', async (t) => {
    const ct = t.fixture('CT');
    const uri = await pixelDataURI(t, ct);
    const part = onlyPart(t, await t.parts(uri, OCTETS_TYPE));
    const location = part.header('Content-Location') ?? 'none';
    t.expect(uri === location || new URL(location, uri).href === uri, uri, location);
  }),
  check('RB-04', 'M', '8.7.3.3.1', 'bulkdata is little endian, even if it is stored in big endian', async (t) => {
    const be = t.fixture('BE');
    const part = onlyPart(t, await t.parts(await pixelDataURI(t, be), OCTETS_TYPE));
    t.sameBytes(part.body, be.frames[0] ?? NOTHING, 'the Pixel Data of BE');
  }),
  check('RB-05', 'M', '10.5.1.4', 'an encapsulated document comes as what it is, without its pad byte', async (t) => {
    const pdf = t.fixture('PDF');
    const uri = (await bulkdataURIs(t, pdf)).get('00420011') ?? t.skip('the document is inline');
    const accept = 'multipart/related; type="application/pdf", multipart/related; type="application/octet-stream"';
    const part = onlyPart(t, await t.parts(uri, accept));
    t.equal(parseMediaType(part.header('Content-Type') ?? '').type, 'application/pdf', 'the media type of the part');
    t.sameBytes(part.body, PDF_BYTES, 'the document');
  }),
  check('RB-06', 'O', '10.4.1.1.5', '/bulkdata of a study, a series and an instance', async (t) => {
    const ct = t.fixture('CT');
    const at = await t.get(`${instanceURL(ct)}/bulkdata`, OCTETS_TYPE);
    t.offered(at, '/bulkdata', 400, 406);
    t.status(at, 200);
    const locations = parseMultipart(at).parts.map((part) => part.header('Content-Location') ?? '');
    const uris = [...(await bulkdataURIs(t, ct)).values()];
    const here = `${t.session.client.base}${instanceURL(ct)}/`;
    t.equal(locations.map((one) => new URL(one, here).href).sort(), [...uris].sort(), 'Content-Locations');
    for (const [target, count] of [
      [seriesURL(ct), 2],
      [studyURL(ct), 3],
    ] as const) {
      const { parts } = await t.parts(`${target}/bulkdata`, OCTETS_TYPE);
      t.expect(parts.length >= count, `at least ${count} parts of ${target}/bulkdata`, parts.length);
    }
  }),
  check('RB-07', 'O', '8.6.1.1', 'bulkdata by itself answers Range', async (t) => {
    const uri = await pixelDataURI(t, t.fixture('CT'));
    const whole = await t.get(uri, SINGLE);
    t.offered(whole, 'bulkdata by itself', 400, 406);
    const part = await t.get(uri, SINGLE, { Range: 'bytes=4-7' });
    if (part.status === 200) t.skip('Range is not supported');
    t.status(part, 206);
    t.sameBytes(part.body, whole.body.subarray(4, 8), 'the range');
  }),
  check(
    'RB-08',
    'P',
    'dicomweb-client',
    'without Accept, and for */*, bulkdata comes in one of its two forms',
    async (t) => {
      const ct = t.fixture('CT');
      const uri = await pixelDataURI(t, ct);
      for (const accept of [undefined, '*/*']) {
        const answer = await t.get(uri, accept);
        t.status(answer, 200, ...(accept === undefined ? [406] : []));
        if (answer.status !== 200) continue;
        const { type } = parseMediaType(answer.header('Content-Type') ?? '');
        const body = type === 'multipart/related' ? parseMultipart(answer).parts[0]?.body : answer.body;
        t.sameBytes(body ?? NOTHING, ct.frames[0] ?? NOTHING, `the value as ${type}`);
      }
    },
  ),
  check('RB-09', 'P', 'security', 'no path leads out of bulkdata, or around the token', async (t) => {
    const ct = t.fixture('CT');
    const uri = await pixelDataURI(t, ct);
    for (const tail of ['..%2f..%2f..%2fetc%2fpasswd', '%2e%2e/%2e%2e/etc/passwd', '00280010/0/x', '%00']) {
      const { status } = await t.get(`${instanceURL(ct)}/bulkdata/${tail}`, SINGLE);
      t.expect(status === 400 || status === 404, `400 or 404 for ${tail}`, status);
    }
    if (t.session.client.tokens.reader !== undefined) t.status(await t.ask(uri, { as: 'none' }), 401, 403, 404);
    if (t.session.client.tokens.outsider !== undefined) t.status(await t.ask(uri, { as: 'outsider' }), 403, 404);
  }),
];
