/** PS3.18 §8.3.3, §8.4.1, §8.7: which representation is chosen. The transfer syntaxes have a file of their own. */
import { gunzipSync } from 'node:zlib';
import {
  AS_STORED,
  type Check,
  check,
  instanceURL,
  JSON_TYPE,
  OCTETS_TYPE,
  studyURL,
  type Trial,
  XML_TYPE,
} from '../check.js';
import { readDataSets } from '../dicom/dicom-json.js';
import type { Answer } from '../wire/client.js';
import { parseMediaType } from '../wire/media-type.js';
import { parseMultipart } from '../wire/multipart.js';
import { GIF_TYPE, JPEG_TYPE, PNG_TYPE, renderedURL } from './rendering.js';

const metadataURL = (t: Trial): string => `${instanceURL(t.subject())}/metadata`;
const searchURL = (t: Trial): string => `/studies?StudyInstanceUID=${t.subject().study}`;

/** What the answer is: `application/dicom+json`, or `multipart/related of application/dicom`. */
function kindOf(answer: Answer): string {
  const { type, parameters } = parseMediaType(answer.header('Content-Type') ?? '');
  return type.startsWith('multipart/')
    ? `${type} of ${(parameters.get('type') ?? '').split(';')[0]?.toLowerCase()}`
    : type;
}

const MULTIPART_XML = 'multipart/related of application/dicom+xml';
/** One document by itself: not of Table 10.4.4-1, but acceptable where anything is. */
const SINGLE_XML = 'application/dicom+xml';
const MULTIPART_DICOM = 'multipart/related of application/dicom';
const MULTIPART_OCTETS = 'multipart/related of application/octet-stream';

const isKind = async (t: Trial, target: string, accept: string, ...kinds: readonly string[]): Promise<void> => {
  const kind = kindOf(await t.got(target, accept));
  t.expect(kinds.includes(kind), `${kinds.join(' or ')} for Accept: ${accept}`, kind);
};

/** Whether the image that is there is drawn at all: RR-01 is the judge of that. */
const isDrawn = async (t: Trial): Promise<boolean> => (await t.get(renderedURL(t.subject()), PNG_TYPE)).status === 200;

export const ACCEPT_CHECKS: readonly Check[] = [
  check('MT-01', 'M', '8.7.5, 8.7.7', 'without Accept: 406, or as with */*', async (t) => {
    const answer = await t.get(metadataURL(t));
    t.status(answer, 200, 406);
    if (answer.status === 200) t.equal(kindOf(answer), JSON_TYPE, 'the default media type');
  }),
  check('MT-02', 'M', '8.7.7', '*/* selects the default media type of the resource', async (t) => {
    await isKind(t, instanceURL(t.subject()), '*/*', MULTIPART_DICOM);
    await isKind(t, studyURL(t.subject()), '*/*', MULTIPART_DICOM);
    await isKind(t, metadataURL(t), '*/*', JSON_TYPE);
    await isKind(t, searchURL(t), '*/*', JSON_TYPE);
    if (t.session.fixtures.has('CT')) {
      await isKind(t, `${instanceURL(t.fixture('CT'))}/frames/1`, '*/*', MULTIPART_OCTETS);
    }
  }),
  check('MT-03', 'M', '8.7.8.1', 'the highest quality value wins', async (t) => {
    await isKind(t, metadataURL(t), `${JSON_TYPE};q=0.5, ${XML_TYPE}`, MULTIPART_XML);
    await isKind(t, metadataURL(t), `${JSON_TYPE}, ${XML_TYPE};q=0.5`, JSON_TYPE);
    await isKind(t, metadataURL(t), `*/*;q=0.9, ${JSON_TYPE};q=0.1, ${XML_TYPE};q=0.5`, MULTIPART_XML, SINGLE_XML);
  }),
  check('MT-04', 'M', 'RFC 9110 §12.4.2', 'q=0 excludes', async (t) => {
    await isKind(t, metadataURL(t), `${JSON_TYPE};q=0, */*`, MULTIPART_XML, SINGLE_XML);
  }),
  check('MT-05', 'M', '8.7.7', 'ranges of subtypes are understood', async (t) => {
    const j2k = t.fixture('J2K');
    const target = `${instanceURL(j2k)}/frames/1`;
    const { parts } = await t.parts(target, 'multipart/related; type="image/*"; transfer-syntax=*');
    t.sameBytes(parts[0]?.body ?? Buffer.alloc(0), j2k.frames[0] ?? Buffer.alloc(0), 'the frame for type="image/*"');
    await isKind(t, metadataURL(t), 'application/*', JSON_TYPE);
  }),
  check('MT-06', 'M', '8.7.8.1', 'nothing acceptable is 406', async (t) => {
    t.status(await t.get(metadataURL(t), 'text/csv'), 406);
    t.status(await t.get(instanceURL(t.subject()), 'audio/ogg'), 406);
  }),
  check('MT-07', 'S', '8.5', 'a 406 tells what there is', async (t) => {
    const answer = await t.get(metadataURL(t), 'text/csv');
    t.status(answer, 406);
    const text = answer.body.toString('utf8').replaceAll('\\"', '"');
    for (const type of [JSON_TYPE, 'application/dicom+xml']) {
      t.expect(text.includes(type), `${type} in the body`, text);
    }
  }),
  check('MT-08', 'M', '8.7.7', 'what is invalid in Accept is passed over', async (t) => {
    await isKind(t, metadataURL(t), `foo, ${JSON_TYPE}`, JSON_TYPE);
    await isKind(t, metadataURL(t), `${JSON_TYPE};level=1`, JSON_TYPE);
  }),
  check('MT-09', 'M', '8.7.5', 'DICOM and rendered types together: 400, or the DICOM type', async (t) => {
    const answer = await t.get(metadataURL(t), `${JSON_TYPE}, text/html`);
    t.status(answer, 200, 400);
    if (answer.status === 200) t.equal(kindOf(answer), JSON_TYPE, 'the media type');
  }),
  check('MT-10', 'M', '8.3.3.1', 'the accept parameter is tried before the header', async (t) => {
    const xml = encodeURIComponent('multipart/related;type="application/dicom+xml"');
    await isKind(t, `${metadataURL(t)}?accept=${xml}`, '*/*', MULTIPART_XML);
    await isKind(t, `${searchURL(t)}&accept=${xml}`, '*/*', MULTIPART_XML);
    const single = await t.get(`${instanceURL(t.subject())}?accept=application/dicom`, '*/*');
    t.status(single, 200, 406);
    if (single.status === 200)
      t.equal(kindOf(single), 'application/dicom', 'the media type for accept=application/dicom');
    if (!(await isDrawn(t))) return;
    for (const type of [PNG_TYPE, GIF_TYPE]) await isKind(t, `${renderedURL(t.subject())}?accept=${type}`, '*/*', type);
  }),
  check('MT-11', 'M', '8.3.3.1', 'the accept parameter has no wildcards', async (t) => {
    t.status(await t.get(`${instanceURL(t.subject())}?accept=image/*`, '*/*'), 400);
    t.status(await t.get(`${metadataURL(t)}?accept=application/*`, '*/*'), 400);
  }),
  check('MT-12', 'M', '8.3.3.1', 'the accept parameter agrees with the header', async (t) => {
    const xml = encodeURIComponent('multipart/related;type="application/dicom+xml"');
    t.status(await t.get(`${metadataURL(t)}?accept=${xml}`, JSON_TYPE), 400, 406);
    if (!(await isDrawn(t))) return;
    t.status(await t.get(`${renderedURL(t.subject())}?accept=${PNG_TYPE}`, JSON_TYPE), 400, 406);
    t.status(await t.get(`${renderedURL(t.subject())}?accept=${PNG_TYPE}`, JPEG_TYPE), 400, 406);
  }),
  check('MT-13', 'M', '8.3.3.1', 'the accept parameter does not mix DICOM with other types', async (t) => {
    t.status(await t.get(`${instanceURL(t.subject())}?accept=application/dicom,image/jpeg`, '*/*'), 400);
  }),
  check('MT-14', 'M', 'B.16', 'the plus sign in dicom+xml needs no encoding', async (t) => {
    const target = `${metadataURL(t)}?accept=multipart/related;type=%22application/dicom+xml%22`;
    await isKind(t, target, '*/*', MULTIPART_XML);
  }),
  check('MT-15', 'M', '8.7', 'media types and names of parameters are case-insensitive', async (t) => {
    await isKind(t, metadataURL(t), 'Application/DICOM+JSON', JSON_TYPE);
    await isKind(
      t,
      instanceURL(t.subject()),
      'Multipart/Related; Type="Application/Dicom"; Transfer-Syntax=*',
      MULTIPART_DICOM,
    );
  }),
  check('MT-16', 'M', '8.7', 'values of parameters are the same with quotes and without', async (t) => {
    for (const type of ['type="application/dicom"', 'type=application/dicom']) {
      for (const syntax of ['transfer-syntax="*"', 'transfer-syntax=*']) {
        await isKind(t, instanceURL(t.subject()), `multipart/related; ${type}; ${syntax}`, MULTIPART_DICOM);
      }
    }
  }),
  check('MT-28', 'M', '8.7.9', 'Content-Type is there with a payload, and only then', async (t) => {
    const nothing = await t.get('/studies?StudyInstanceUID=2.25.1', JSON_TYPE);
    if (nothing.status === 204) t.equal(nothing.headers('Content-Type'), [], 'Content-Type of a 204');
    for (const [target, accept] of [
      [metadataURL(t), JSON_TYPE],
      [instanceURL(t.subject()), AS_STORED],
    ] as const) {
      const answer = await t.got(target, accept);
      t.equal(answer.headers('Content-Type').length, 1, 'fields Content-Type of an answer with a payload');
      parseMediaType(answer.header('Content-Type') ?? '');
    }
  }),
  check('MT-29', 'P', 'RFC 9110 §12.5.5', 'Vary names what the answer was chosen by', async (t) => {
    const answer = await t.got(metadataURL(t), JSON_TYPE, {
      Origin: 'https://viewer.example',
      'Accept-Encoding': 'gzip',
    });
    const vary = answer
      .headers('Vary')
      .join()
      .toLowerCase()
      .split(/[\s,]+/);
    const needed = ['accept'];
    if (answer.header('Content-Encoding') !== undefined) needed.push('accept-encoding');
    if (answer.header('Access-Control-Allow-Origin') === 'https://viewer.example') needed.push('origin');
    if (t.session.client.tokens.reader !== undefined) needed.push('authorization');
    for (const name of needed)
      t.expect(vary.includes(name) || vary.includes('*'), `Vary with ${name}`, vary.join(', '));
  }),
  check('MT-30', 'P', '—', 'application/json is taken for application/dicom+json', async (t) => {
    for (const target of [metadataURL(t), searchURL(t)]) readDataSets((await t.got(target, 'application/json')).body);
  }),
  check('MT-31', 'P', 'OHIF/Viewers#3726', 'a merged Accept header is no hindrance', async (t) => {
    const merged = `${JSON_TYPE}, multipart/related; type=application/octet-stream`;
    await isKind(t, searchURL(t), merged, JSON_TYPE);
    await isKind(t, metadataURL(t), merged, JSON_TYPE);
  }),
  check('MT-32', 'S', '8.4.1', 'Accept-Encoding is honoured where it helps', async (t) => {
    const series = `${studyURL(t.subject())}/metadata`;
    const plain = await t.got(series, JSON_TYPE, { 'Accept-Encoding': 'identity' });
    t.equal(
      plain.headers('Content-Encoding').filter((coding) => coding !== 'identity'),
      [],
      'codings of identity',
    );
    const packed = await t.got(series, JSON_TYPE, { 'Accept-Encoding': 'gzip' });
    t.equal(packed.header('Content-Encoding'), 'gzip', 'Content-Encoding of metadata');
    t.equal(readDataSets(gunzipSync(packed.body)), readDataSets(plain.body), 'the same metadata within gzip');
    if (!t.session.fixtures.has('J2K')) return;
    const frame = await t.got(`${instanceURL(t.fixture('J2K'))}/frames/1`, `${OCTETS_TYPE}; transfer-syntax=*`, {
      'Accept-Encoding': 'gzip',
    });
    t.equal(frame.header('Content-Encoding'), undefined, 'Content-Encoding of a compressed frame');
  }),
  check('MT-33', 'M', '8.7.3.2', 'metadata and results of searches as JSON and as XML', async (t) => {
    for (const target of [metadataURL(t), searchURL(t)]) {
      await isKind(t, target, JSON_TYPE, JSON_TYPE);
      const xml = parseMultipart(await t.got(target, XML_TYPE));
      t.equal(xml.parts.length, 1, 'XML documents for one data set');
    }
  }),
];
