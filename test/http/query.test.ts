/** The query of a request target over HTTP: what is ignored, what is refused, and what is the same. PS3.18 §8.3 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { makeInstance } from './instances.js';
import { ask } from './wire.js';

const made = makeInstance({ study: 'query', attributes: { PatientID: 'A+B', PatientName: '王^小东' } });
const other = makeInstance({ study: 'query other', attributes: { PatientID: 'A B' } });

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(made, other);
});
afterAll(() => archive.close());

const get = (target: string) =>
  ask(archive.url, `/dicom-web${target}`, { headers: { Authorization: `Bearer ${archive.curatorToken}` } });
const bodyOf = async (target: string): Promise<string> => (await get(target)).body.toString();

describe('a query', () => {
  it.each([
    'foo=bar',
    'patientid=X',
    'PatientId=X',
    'PATIENTID=X',
    'PatientID%5Bx%5D=1',
    'a[b]=1',
    'Rows=1',
    '00280010=1',
  ])('QP-01 QP-03 QP-09 is answered as without what is not supported, with a Warning: %s', async (query) => {
    const answer = await get(`/studies?${query}`);
    expect([answer.status, answer.headers['warning']]).toEqual([200, expect.stringMatching(/^299 http/)]);
    expect(answer.body.toString()).toBe(await bodyOf('/studies'));
  });

  it.each([
    'limit=-1',
    'limit=abc',
    'limit=1.5',
    'limit=',
    'offset=1.5',
    'offset=x',
    'fuzzymatching=maybe',
    'emptyvaluematching=1',
    'multiplevaluematching=TRUE',
    'StudyDate=2020-13-40',
    'StudyDate=20201340',
    'StudyTime=25',
    'StudyInstanceUID=1.2%00',
    'StudyInstanceUID=abc',
    'StudyInstanceUID=1..2',
    'PatientID=A&PatientID=B',
    'PatientID=A&00100020=A',
    'limit=1&limit=1',
    'PatientID=%ff',
    '=x',
  ])('QP-02 QP-12 QP-13 ST-06 is 400 where what is supported has no lawful value: %s', async (query) => {
    const answer = await get(`/studies?${query}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/problem+json']);
  });

  it('QP-04 QP-05 is the same by keyword and by tag, in either case', async () => {
    const uid = made.studyInstanceUID;
    const answers = await Promise.all(
      [`StudyInstanceUID=${uid}`, `0020000D=${uid}`, `0020000d=${uid}`].map((query) => bodyOf(`/studies?${query}`)),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain(uid);
  });

  it.each([
    ['PatientID=A%2BB', made.studyInstanceUID],
    ['PatientID=A+B', made.studyInstanceUID],
    ['PatientID=A%20B', other.studyInstanceUID],
    ['PatientName=%E7%8E%8B*', made.studyInstanceUID],
  ])('QP-06 QP-07 QP-08 is not decoded as a form: %s', async (query, uid) => {
    const answers: Record<string, { Value: string[] }>[] = JSON.parse(await bodyOf(`/studies?${query}`));
    expect(answers.map((answer) => answer['0020000D']?.Value[0])).toEqual([uid]);
  });

  it.each(['', '?', '?PatientName', '?includefield', '?PatientName=', '?&', '?PatientID=*&'])(
    'QP-10 QP-11 may be empty, and so may its values: "%s"',
    async (query) => {
      const answer = await get(`/studies${query}`);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body.toString())).toHaveLength(2);
    },
  );

  it.each([
    '/studies/abc',
    `/studies/${'1'.repeat(65)}`,
    '/studies/%2e%2e%2fetc',
    '/studies/1.2%00',
    '/studies/1.2/series/x',
  ])('QP-14 QP-15 follows a path of lawful UIDs only: %.40s', async (path) => {
    for (const suffix of ['', '/', '/metadata', '?x=1'])
      expect([400, 404]).toContain((await get(path + suffix)).status);
  });
});
