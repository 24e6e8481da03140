/** PS3.18 §8.2, §8.3.1: URIs and the syntax of queries. */
import { type Check, check, JSON_TYPE, seriesURL, studyURL, type Trial } from '../check.js';
import { firstOf, readDataSets } from '../dicom/dicom-json.js';
import { found, search, studiesFound } from './searching.js';

const isNoServerError = (t: Trial, status: number): void =>
  t.expect(status >= 200 && status < 500, 'no server error', `status ${status}`);

export const URI_CHECKS: readonly Check[] = [
  check('QP-01', 'M', '8.3', 'unsupported query parameters are ignored', async (t) => {
    const query = `/studies?StudyInstanceUID=${t.subject().study}`;
    const plain = await t.got(query, JSON_TYPE);
    const more = await t.got(`${query}&foo=bar`, JSON_TYPE);
    t.equal(readDataSets(more.body), readDataSets(plain.body), 'the same results with foo=bar as without');
  }),
  check('QP-02', 'M', '8.3', 'a supported parameter with an invalid value is 400', async (t) => {
    for (const query of ['limit=-1', 'limit=abc', 'offset=1.5', 'StudyDate=2020-13-40']) {
      const answer = await t.get(`/studies?${query}`, JSON_TYPE);
      t.status(answer, 400);
      t.expect(answer.body.length > 0, 'a status report', 'an empty body');
    }
    const fuzzy = await t.get(`/studies?StudyInstanceUID=${t.subject().study}&fuzzymatching=maybe`, JSON_TYPE);
    const isUnsupported = fuzzy.headers('Warning').join().includes('fuzzymatching');
    t.expect(fuzzy.status === 400 || isUnsupported, '400, or a Warning that it is not supported', fuzzy.status);
  }),
  check('QP-03', 'M', '8.3.1', 'parameter names and keywords are case-sensitive', async (t) => {
    const { study } = t.subject();
    const other = await t.get(`/studies?StudyInstanceUID=${study}&patientid=NOBODY-HAS-THIS`, JSON_TYPE);
    t.status(other, 200, 400);
    if (other.status === 400) t.note('an unknown parameter is refused, which QP-01 is the judge of');
    else t.equal(found(readDataSets(other.body), 'StudyInstanceUID'), [study], 'the study, for patientid is no key');
    const own = await search(t, '/studies', { StudyInstanceUID: study, PatientID: 'NOBODY-HAS-THIS' });
    t.equal(own.length, 0, 'PatientID matches nobody, results');
  }),
  check('QP-04', 'M', '8.3.1', 'a keyword, its tag, and its tag in lower case are one attribute', async (t) => {
    const { study } = t.subject();
    for (const key of ['StudyInstanceUID', '0020000D', '0020000d']) {
      t.equal(found(await search(t, '/studies', { [key]: study }), 'StudyInstanceUID'), [study], `found by ${key}`);
    }
  }),
  check('QP-05', 'M', '8.3.1', 'attributes within sequences, by keywords, tags or both', async (t) => {
    const ct = t.fixture('CT');
    for (const key of [
      'RequestAttributesSequence.RequestedProcedureID',
      '00400275.00401001',
      'RequestAttributesSequence.00401001',
    ]) {
      const hit = found(await search(t, `${studyURL(ct)}/series`, { [key]: 'RP-1' }), 'SeriesInstanceUID');
      t.equal(hit, [ct.series], `series with ${key}=RP-1`);
      const miss = found(await search(t, `${studyURL(ct)}/series`, { [key]: 'RP-9' }), 'SeriesInstanceUID');
      t.equal(miss, [], `series with ${key}=RP-9`);
    }
  }),
  check('QP-06', 'M', '8.3.1', 'percent-encoded delimiters are data', async (t) => {
    t.fixtures('UNDERSCORE', 'LOWER', 'UPPER');
    t.equal(await studiesFound(t, { PatientName: 'A&B*' }), ['UNDERSCORE'], 'studies of A&B*');
    for (const value of ['a#b', 'a[b]', 'a=b&StudyDate=19000101', 'a,b,c']) {
      t.equal(await studiesFound(t, { AccessionNumber: value }), [], `studies with the accession number ${value}`);
    }
  }),
  check('QP-07', 'M', '8.3.4.1', 'values beyond ASCII are percent-encoded UTF-8', async (t) => {
    t.fixtures('PLUS', 'LOWER');
    const names = [
      ...(await studiesFound(t, { PatientName: '王*' })),
      ...(await studiesFound(t, { PatientName: '*=王*' })),
    ];
    t.expect(names.includes('PLUS') && !names.includes('LOWER'), 'the study of 王^小東 and not that of SMITH', names);
  }),
  check('QP-08', 'P', 'RFC 3986', 'an encoded plus sign is a plus sign', async (t) => {
    t.fixture('PLUS');
    const { id } = t.session.run;
    t.equal(await studiesFound(t, { PatientID: `${id}-A+B` }), ['PLUS'], 'studies of A%2BB');
    const bare = await t.get(`/studies?PatientID=${id}-A+B`, JSON_TYPE);
    t.status(bare, 200, 204);
    if (bare.status === 204) t.note('a bare + is read as something else than a plus sign');
  }),
  check('QP-09', 'P', '8.3', 'brackets in a name build nothing', async (t) => {
    t.status(await t.get(`/studies?StudyInstanceUID=${t.subject().study}&PatientID[x]=1`, JSON_TYPE), 200, 204, 400);
  }),
  check('QP-10', 'M', '8.3.1', 'a name without a value is legal', async (t) => {
    const { study } = t.subject();
    for (const name of ['PatientName', 'includefield']) {
      const answer = await t.get(`/studies?StudyInstanceUID=${study}&${name}`, JSON_TYPE);
      isNoServerError(t, answer.status);
    }
  }),
  check('QP-11', 'P', '8.3', 'a question mark with nothing after it is tolerated', async (t) => {
    t.status(await t.get('/studies?', JSON_TYPE), 200, 204);
  }),
  check('QP-12', 'M', '8.3.4.1', 'an attribute is not repeated', async (t) => {
    t.status(await t.get('/studies?PatientID=A&PatientID=B', JSON_TYPE), 400);
  }),
  check('QP-13', 'M', '8.3.1', 'UIDs are without padding', async (t) => {
    t.status(await t.get('/studies?StudyInstanceUID=1.2%00', JSON_TYPE), 400);
  }),
  check('QP-14', 'P', '8.2', 'UIDs in paths are validated', async (t) => {
    for (const uid of ['abc', '../x', '..%2f..%2fetc%2fpasswd', `1.${'2'.repeat(64)}`, '%00']) {
      t.status(await t.get(`/studies/${uid}/metadata`, JSON_TYPE), 400, 404);
    }
  }),
  check('QP-15', 'P', '8.2', 'a slash too many is harmless', async (t) => {
    const { study } = t.subject();
    for (const path of [`/studies/?StudyInstanceUID=${study}`, `//studies?StudyInstanceUID=${study}`]) {
      const answer = await t.get(path, JSON_TYPE);
      isNoServerError(t, answer.status);
      if (answer.status !== 200) t.status(answer, 204, 301, 302, 307, 308, 400, 404);
      else t.equal(found(readDataSets(answer.body), 'StudyInstanceUID'), [study], 'the same as without the slash');
    }
  }),
  check('QP-16', 'M', '8.5', 'a target too long is 414, and a hundred UIDs are not too long', async (t) => {
    const { study } = t.subject();
    const uids = Array.from({ length: 100 }, (_, i) => `2.25.${'9'.repeat(50)}${1_000 + i}`);
    const many = await t.get(`/studies?StudyInstanceUID=${[study, ...uids].join(',')}`, JSON_TYPE);
    t.status(many, 200);
    const [first] = readDataSets(many.body);
    t.equal(firstOf(first, 'StudyInstanceUID'), study, 'the one of 101 that is there');
    t.status(await t.get(`${seriesURL(t.subject())}/instances?foo=${'x'.repeat(64 * 1024)}`, JSON_TYPE), 414);
  }),
];
