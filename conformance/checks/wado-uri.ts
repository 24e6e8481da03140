/** PS3.18 Chapter 9: the URI service, for DICOM instances. */
import { type Check, check, type Trial } from '../check.js';
import { readPart10, textIn } from '../dicom/part10-reader.js';
import { SYNTAX } from '../dicom/syntaxes.js';
import type { Subject } from '../session.js';
import type { Answer, Ask } from '../wire/client.js';
import { queryOf } from './searching.js';
import { areSamples } from './transfer-syntaxes.js';

export type Parameters = Readonly<Record<string, string | undefined>>;

/** Ask with these parameters instead of those that are needed; undefined leaves one out. */
export function uri(
  t: Trial,
  { study, series, instance }: Subject,
  parameters: Parameters,
  ask: Ask = {},
): Promise<Answer> {
  const all: Parameters = {
    requestType: 'WADO',
    studyUID: study,
    seriesUID: series,
    objectUID: instance,
    contentType: 'application/dicom',
    ...parameters,
  };
  const query = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  // Slashes and commas may stand in a query as they are, and so clients send them. RFC 3986 §3.4
  const text = queryOf(query).replaceAll('%2F', '/').replaceAll('%2C', ',');
  return t.ask(`${t.session.wadoURI}?${text}`, { ...ask, headers: { Accept: '*/*', ...ask.headers } });
}

/** Skips where there is no URI service. */
export async function offered(t: Trial): Promise<Answer> {
  const answer = await uri(t, t.subject(), {});
  const isGuessed = t.session.wadoURI === t.session.client.base;
  t.offered(answer, 'the URI service', ...(isGuessed ? [400, 406] : []));
  return answer;
}

/** 400; 406 where nothing is rendered. Optional parameters may be unknown to a server, which then ignores them (8.3). */
export async function isRefused(t: Trial, subject: Subject, parameters: Parameters): Promise<void> {
  const answer = await uri(t, subject, parameters);
  if (answer.status === 200) t.skip('these parameters are ignored');
  t.status(answer, 400, 406);
}

export const WADO_URI_CHECKS: readonly Check[] = [
  check('URI-01', 'M', '9.1.2.1', 'four parameters are mandatory, in any order', async (t) => {
    await offered(t);
    const { study, series, instance } = t.subject();
    const needed = { requestType: 'WADO', studyUID: study, seriesUID: series, objectUID: instance };
    for (const [name, value] of Object.entries(needed)) {
      t.status(await uri(t, t.subject(), { [name]: undefined }), 400);
      t.status(await uri(t, t.subject(), { [name]: undefined, [name.toLowerCase()]: value }), 400);
    }
    const other = queryOf({
      objectUID: instance,
      contentType: 'application/dicom',
      transferSyntax: '*',
      studyUID: study,
      requestType: 'WADO',
      seriesUID: series,
    });
    t.status(await t.ask(`${t.session.wadoURI}?${other.replaceAll('%2F', '/')}`, { headers: { Accept: '*/*' } }), 200);
  }),
  check('URI-02', 'M', '9.1.2.1.1', 'requestType is WADO', async (t) => {
    await offered(t);
    for (const requestType of ['wado', 'QIDO', '']) t.status(await uri(t, t.subject(), { requestType }), 400);
  }),
  check('URI-04', 'M', '9.1.3', 'contentType=application/dicom gives a Part 10 file', async (t) => {
    const answer = await offered(t);
    t.status(answer, 200);
    t.expect(
      /^application\/dicom\b/i.test(answer.header('Content-Type') ?? ''),
      'application/dicom',
      answer.header('Content-Type'),
    );
    t.equal(textIn(readPart10(answer.body).elements, '00080018'), t.subject().instance, 'the instance');
  }),
  check('URI-05', 'M', '9.4.2.4', 'without transferSyntax: Explicit VR Little Endian', async (t) => {
    await offered(t);
    for (const fixture of t.fixtures('CT', 'CR', 'J2K', 'JLS', 'RLE', 'CXR', 'HTJ2K')) {
      const answer = await uri(t, fixture, {});
      t.status(answer, 200);
      const { transferSyntaxUID, elements } = readPart10(answer.body);
      t.equal(transferSyntaxUID, SYNTAX.explicitLittle, `(0002,0010) of ${fixture.name}`);
      const pixels = elements.find(({ tag }) => tag === '7FE00010')?.bytes ?? Buffer.alloc(0);
      areSamples(t, pixels, Buffer.concat([...(fixture.samples ?? [])]), fixture.name);
    }
  }),
  check('URI-06', 'M', '9.4.2.4', 'a transferSyntax that is none is 400, one that can not be had is 406', async (t) => {
    await offered(t);
    t.status(await uri(t, t.fixture('CT'), { transferSyntax: 'x' }), 400);
    const coded = await uri(t, t.fixture('CT'), { transferSyntax: SYNTAX.htj2kLossless });
    t.status(coded, 406, 200);
    if (coded.status !== 200) return;
    t.equal(readPart10(coded.body).transferSyntaxUID, SYNTAX.htj2kLossless, '(0002,0010)');
  }),
  check('URI-07', 'M', '8.7.3.6', 'transferSyntax=* gives what is stored', async (t) => {
    await offered(t);
    const j2k = t.fixture('J2K');
    const answer = await uri(t, j2k, { transferSyntax: '*' });
    t.status(answer, 200);
    t.equal(readPart10(answer.body).transferSyntaxUID, j2k.transferSyntaxUID, '(0002,0010)');
  }),
  check('URI-08', 'M', '9.1.2.2.1', 'contentType has no parameters, and does not mix DICOM with others', async (t) => {
    await offered(t);
    for (const contentType of [
      `application/dicom;transfer-syntax=${SYNTAX.explicitLittle}`,
      'application/dicom,image/jpeg',
    ]) {
      t.status(await uri(t, t.subject(), { contentType }), 400);
    }
  }),
  check('URI-10', 'O', '9.5.1.2', 'a frameNumber that is none is 400', async (t) => {
    await offered(t);
    for (const frameNumber of ['0', '99', 'x']) {
      await isRefused(t, t.fixture('MF'), { contentType: 'image/jpeg', frameNumber });
    }
  }),
  check(
    'URI-13',
    'O',
    '9.5.1.2.6',
    'windowCenter and windowWidth go together, and not with application/dicom',
    async (t) => {
      await offered(t);
      await isRefused(t, t.subject(), { windowCenter: '40', windowWidth: '400' });
      await isRefused(t, t.subject(), { contentType: 'image/jpeg', windowCenter: '40' });
    },
  ),
  check('URI-14', 'O', '9.5.1.2.7', 'presentationUID and presentationSeriesUID go together', async (t) => {
    await offered(t);
    await isRefused(t, t.subject(), { contentType: 'image/jpeg', presentationUID: '2.25.1' });
  }),
  check('URI-17', 'M', '9.4.3.1', 'what is not there is 404', async (t) => {
    await offered(t);
    t.status(await uri(t, { ...t.subject(), instance: '2.25.1' }, {}), 404);
    t.status(await uri(t, { ...t.subject(), study: '2.25.1' }, {}), 404);
  }),
  check('URI-18', 'M', '9.4.3', 'Content-Location and Content-Length', async (t) => {
    const answer = await offered(t);
    t.equal(answer.header('Content-Length'), String(answer.body.length), 'Content-Length');
    t.expect(answer.header('Content-Location') !== undefined, 'Content-Location', 'none');
  }),
  check('URI-19', 'P', 'security', 'the URI service asks for the same token', async (t) => {
    await offered(t);
    if (t.session.client.tokens.reader === undefined) t.skip('the server is asked without a token');
    t.status(await uri(t, t.subject(), {}, { as: 'none' }), 401, 403, 404);
    if (t.session.client.tokens.outsider === undefined) return;
    t.status(await uri(t, t.subject(), {}, { as: 'outsider' }), 403, 404);
  }),
];
