/** PS3.18 §8.9, Annexes G and H: Retrieve Capabilities, and what else OPTIONS is for; §8.10: notifications. */
import { AS_STORED, type Check, check, instanceURL, JSON_TYPE, OCTETS_TYPE, type Trial, XML_TYPE } from '../check.js';
import { tagOf } from '../dicom/dictionary.js';
import { readXML, type XMLElement } from '../dicom/xml.js';
import type { Answer } from '../wire/client.js';
import { parseMediaType } from '../wire/media-type.js';
import { type Advertised, advertisedIn, resourcesOfJSON, resourcesOfXML } from './wadl.js';

const WADL_TYPE = 'application/vnd.sun.wadl+xml';
const WADL_NAMESPACE = 'http://wadl.dev.java.net/2009/02';
const ANYTHING = [AS_STORED, JSON_TYPE, `${OCTETS_TYPE}; transfer-syntax=*`, XML_TYPE, '*/*'].join(', ');

const options = (
  t: Trial,
  target: string,
  accept?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  t.ask(target, { method: 'OPTIONS', headers: { ...(accept === undefined ? {} : { Accept: accept }), ...headers } });

async function wadlAt(t: Trial, target: string): Promise<XMLElement> {
  const answer = await options(t, target, WADL_TYPE);
  t.status(answer, 200);
  t.equal(parseMediaType(answer.header('Content-Type') ?? '').type, WADL_TYPE, 'the media type');
  const root = readXML(answer.body);
  t.equal([root.name, root.namespace], ['application', WADL_NAMESPACE], 'the root element and its namespace');
  return root;
}

/** The resources of Tables 10.3-1 and 10.3-2 that every server of the Studies Service has. */
const REQUIRED = [
  '/studies',
  '/studies/{}',
  '/studies/{}/metadata',
  '/studies/{}/rendered',
  '/studies/{}/series',
  '/studies/{}/instances',
  '/studies/{}/series/{}',
  '/studies/{}/series/{}/metadata',
  '/studies/{}/series/{}/rendered',
  '/studies/{}/series/{}/instances',
  '/studies/{}/series/{}/instances/{}',
  '/studies/{}/series/{}/instances/{}/metadata',
  '/studies/{}/series/{}/instances/{}/rendered',
  '/studies/{}/series/{}/instances/{}/frames/{}',
  '/studies/{}/series/{}/instances/{}/frames/{}/rendered',
  '/series',
  '/instances',
];

/** Keys that every server matches at /studies. PS3.18 Table 10.6.1-5 */
const REQUIRED_KEYS = [
  'StudyDate',
  'StudyTime',
  'AccessionNumber',
  'ModalitiesInStudy',
  'ReferringPhysicianName',
  'PatientName',
  'PatientID',
  'StudyInstanceUID',
  'StudyID',
];

const namesIn = (advertised: readonly Advertised[]): readonly string[] =>
  advertised.map(({ method, path }) => `${method} ${path}`).sort();

/** Put the fixture's identifiers where the template has variables; undefined when it has one more. */
function filled(path: string, values: Readonly<Record<string, string>>): string | undefined {
  const text = path.replace(/([a-z-]+)\/\{[^}]+\}/gi, (all, collection: string) => {
    const value = values[collection];
    return value === undefined ? all : `${collection}/${value}`;
  });
  return text.includes('{') ? undefined : text;
}

export const CAPABILITIES_CHECKS: readonly Check[] = [
  check('CAP-01', 'M', '8.9, 10.2', 'OPTIONS on the base URI gives a Capabilities Description', async (t) => {
    await wadlAt(t, '/');
  }),
  check('CAP-02', 'M', '8.9.4', 'Capabilities come as WADL and as JSON', async (t) => {
    const root = await wadlAt(t, '/');
    const answer = await options(t, '/', 'application/json');
    t.status(answer, 200);
    t.equal(parseMediaType(answer.header('Content-Type') ?? '').type, 'application/json', 'the media type');
    const resources = resourcesOfJSON(JSON.parse(answer.body.toString('utf8')));
    t.expect(
      resources.some((one) => one.attribute('base') !== undefined),
      'application with resources with @base',
      'none',
    );
    t.equal(namesIn(advertisedIn(resources)), namesIn(advertisedIn(resourcesOfXML(root))), 'what the WADL advertises');
  }),
  check('CAP-03', 'M', 'Annex H', 'what is advertised is there, and what is required is advertised', async (t) => {
    const root = await wadlAt(t, '/');
    const base = resourcesOfXML(root).map((one) => one.attribute('base') ?? '');
    t.equal(base.length, 1, 'elements resources');
    t.expect(/^https?:\/\//.test(base[0] ?? ''), 'an absolute base', base.join());
    const advertised = advertisedIn(resourcesOfXML(root));
    const paths = new Set(advertised.map(({ path }) => path.replace(/\{[^}]+\}/g, '{}')));
    t.none(
      REQUIRED.filter((path) => !paths.has(path)).map((path) => `${path} is not advertised`),
      'all required resources',
    );
    const gets = advertised.filter(({ method }) => method === 'GET');
    const bare = gets
      .filter(({ mediaTypes }) => mediaTypes.length === 0)
      .map(({ path }) => `${path} has no media type`);
    t.none(bare, 'media types of what is retrieved');
    const search = gets.find(({ path }) => path === '/studies')?.parameters ?? [];
    const keys = REQUIRED_KEYS.filter((keyword) => !search.includes(keyword) && !search.includes(tagOf(keyword)));
    t.none(
      keys.map((keyword) => `${keyword} is not advertised`),
      'the keys of /studies',
    );
    const { study, series, instance } = t.subject();
    for (const { path, method } of gets) {
      const target = filled(path, { studies: study, series, instances: instance, frames: '1' });
      if (target === undefined || (t.session.isReadOnly && /rendered|thumbnail/.test(target))) continue;
      const answer = await t.ask(target, { method, headers: { Accept: ANYTHING } });
      const isThere = answer.status !== 405 && (answer.status !== 404 || /frames|pixeldata|bulkdata/.test(target));
      t.expect(isThere, `${method} ${path} to be there`, `status ${answer.status}`);
    }
  }),
  check('CAP-04', 'M', '8.9.3.1', '304 is for If-None-Match only', async (t) => {
    const first = await options(t, '/', WADL_TYPE);
    t.status(first, 200);
    const tag = first.header('ETag') ?? t.skip('the Capabilities Description has no ETag');
    t.status(await options(t, '/', WADL_TYPE, { 'If-None-Match': tag }), 304);
    t.status(await options(t, '/', WADL_TYPE, { 'If-None-Match': '"another"' }), 200);
  }),
  check('CAP-05', 'M', 'B.15, Annex H', 'OPTIONS on a resource describes it', async (t) => {
    const target = `${instanceURL(t.subject())}/metadata`;
    const answer = await options(t, target, WADL_TYPE, { Origin: 'https://viewer.example' });
    t.status(answer, 200);
    t.expect(answer.headers('Allow').join().includes('GET'), 'Allow with GET', answer.headers('Allow').join());
    t.equal(readXML(answer.body).name, 'application', 'the root element');
  }),
  check('CAP-06', 'P', 'CORS', 'a pre-flight request is answered as one, without a token', async (t) => {
    const headers = { Origin: 'https://viewer.example', 'Access-Control-Request-Method': 'GET' };
    const answer = await t.ask('/studies', { method: 'OPTIONS', as: 'none', headers });
    t.status(answer, 200, 204);
    const allowed =
      answer.headers('Access-Control-Allow-Origin').length + answer.headers('Access-Control-Allow-Methods').length;
    if (allowed === 0) t.skip('https://viewer.example is no origin that this server allows');
    t.equal(answer.body.length, 0, 'bytes of the body');
  }),
  check('NT-01', 'O', '8.10', 'a WebSocket is opened, or refused by a valid answer', async (t) => {
    const answer = await t.ask('/', {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    t.status(answer, 101, 501, 426, 200, 400, 403, 404, 405, 406);
    if (answer.status !== 101) t.skip(`notifications are not offered (${answer.status})`);
    t.expect(
      answer.header('Sec-WebSocket-Accept') === 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'the right Sec-WebSocket-Accept',
      answer.header('Sec-WebSocket-Accept'),
    );
  }),
];
