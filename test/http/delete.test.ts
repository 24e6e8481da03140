/** Deletion by a curator: 410 for those who could see it, and for everybody else what never was. ST-03, ST-04 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { type RunningArchive, startArchive } from '../support/running-archive.js';
import { firstValue, found, items, type JSONDataSet, json } from './dicom-json.js';
import { type InstanceOptions, type MadeInstance, makeInstance, uidOf } from './instances.js';
import { partsOf } from './parts.js';
import { withUIDs } from './uri-service.js';
import { ask, type WireAnswer } from './wire.js';

const AS_STORED = { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };

let archive: RunningArchive;
let tokens: Readonly<Record<'xray' | 'ct' | 'validation' | 'curator' | 'siteA' | 'siteB', string>>;

beforeAll(async () => {
  archive = await startArchive();
  await archive.addSite('Site A', 'training');
  await archive.addSite('Site B', 'training');
  const reader = async (kinds: readonly ('xray' | 'ct')[], splits: readonly ('training' | 'validation')[]) =>
    archive.token({
      kind: 'licence',
      reference: await archive.addLicence({ project: kinds.join(), kinds, splits }),
      person: 'reader@example.org',
    });
  tokens = {
    xray: await reader(['xray'], ['training']),
    ct: await reader(['ct'], ['training']),
    validation: await reader(['xray', 'ct'], ['validation']),
    curator: await archive.token({ kind: 'curator' }),
    siteA: await archive.token({ kind: 'site', site: 'Site A' }),
    siteB: await archive.token({ kind: 'site', site: 'Site B' }),
  };
});
afterAll(() => archive.close());

async function stored(...options: readonly InstanceOptions[]): Promise<readonly MadeInstance[]> {
  const made = options.map(makeInstance);
  const response = await archive.store(
    tokens.siteA,
    made.map(({ file }) => file),
  );
  if (response.status !== 200) throw new Error(await response.text());
  return made;
}

/** A study of a CT series of two instances and of one radiograph. */
async function mixedStudy(study: string) {
  const [ct1, ct2, dx] = await stored(
    { study, series: `${study}/ct`, instance: `${study}/ct/1` },
    { study, series: `${study}/ct`, instance: `${study}/ct/2` },
    { study, series: `${study}/dx`, modality: 'DX' },
  );
  if (ct1 === undefined || ct2 === undefined || dx === undefined) throw new Error('All are stored.');
  const path = `/studies/${ct1.studyInstanceUID}`;
  return { ct1, ct2, dx, path, ctPath: `${path}/series/${ct1.seriesInstanceUID}` };
}

const request = (token: string, target: string, method = 'GET'): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${target}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'X-Request-Id': 'one' },
  });
const remove = (token: string, target: string): Promise<WireAnswer> => request(token, target, 'DELETE');

/** All that a client could tell two answers apart by. */
const told = ({ status, rawHeaders, body }: WireAnswer) => ({
  status,
  headers: rawHeaders.filter(([name]) => name !== 'Date'),
  body: body.toString('latin1'),
});

const RESOURCES = [
  ...new Set(
    ROUTES.filter(({ permission }) => permission === 'dicomweb.retrieve').map(({ template }) => withUIDs(template)),
  ),
];
const fill = (
  template: string,
  made: Pick<MadeInstance, 'studyInstanceUID' | 'seriesInstanceUID' | 'sopInstanceUID'>,
) =>
  template
    .replace('{study}', made.studyInstanceUID)
    .replace('{series}', made.seriesInstanceUID)
    .replace('{instance}', made.sopInstanceUID)
    .replace('{frames}', '1')
    .replace('{bulkdata*}', '7FE00010');
const NOWHERE = {
  studyInstanceUID: uidOf('no study'),
  seriesInstanceUID: uidOf('no series'),
  sopInstanceUID: uidOf('no instance'),
};

const studyOf = async (token: string, study: string): Promise<JSONDataSet | undefined> =>
  (await found(await archive.fetch(token, `/studies?StudyInstanceUID=${study}`)))[0];

describe('what was deleted', () => {
  it('ST-04 is 204 once without a body, then 410, everywhere, to those who could see it', async () => {
    const { dx, path } = await mixedStudy('gone everywhere');
    const answer = await remove(tokens.curator, path);
    expect([answer.status, answer.body.length, answer.headers['content-type']]).toEqual([204, 0, undefined]);
    for (const token of [tokens.curator, tokens.xray]) {
      for (const template of RESOURCES) {
        for (const method of ['GET', 'HEAD']) {
          const { status, headers, body } = await request(token, fill(template, dx), method);
          expect([template, status, headers['content-type']]).toEqual([template, 410, 'application/problem+json']);
          if (method === 'GET') expect(body.toString()).toContain('has been deleted');
        }
      }
    }
    expect((await remove(tokens.curator, path)).status).toBe(410);
  });

  it('ST-03 T13 is, byte for byte, what never was to those who could not have seen it', async () => {
    const { dx, ct1, path } = await mixedStudy('gone, unseen');
    await remove(tokens.curator, path);
    for (const [token, made] of [
      [tokens.ct, dx],
      [tokens.xray, ct1],
      [tokens.validation, dx],
      [tokens.validation, ct1],
    ] as const) {
      const hidden = RESOURCES.filter((template) => template.includes('{series}') || token === tokens.validation);
      for (const template of hidden) {
        for (const method of ['GET', 'HEAD']) {
          const [answer, absent] = await Promise.all(
            [made, NOWHERE].map((which) => request(token, fill(template, which), method)),
          );
          expect(answer && told(answer)).toEqual(absent && told(absent));
          expect(answer?.status).toBe(404);
        }
      }
    }
    // What went with it tells no more of an instance that never was in it.
    expect((await request(tokens.curator, `${path}/series/${uidOf('none')}`)).status).toBe(404);
  });

  it('is not there for searches, and what is left is counted as it is', async () => {
    const { ct1, ct2, path, ctPath } = await mixedStudy('counted');
    const uid = ct1.studyInstanceUID;
    const counts = async (token: string) => {
      const answer = await studyOf(token, uid);
      return answer && ['00201206', '00201208', '00080061'].map((tag) => answer[tag]?.Value);
    };
    expect(await counts(tokens.curator)).toEqual([[2], [3], ['CT', 'DX']]);
    expect((await remove(tokens.curator, ct1.path)).status).toBe(204);
    expect(await counts(tokens.curator)).toEqual([[2], [2], ['CT', 'DX']]);
    expect((await request(tokens.curator, ct1.path)).status).toBe(410);
    expect((await request(tokens.curator, ct2.path)).status).toBe(200);
    expect((await remove(tokens.curator, ctPath)).status).toBe(204);
    expect(await counts(tokens.curator)).toEqual([[1], [1], ['DX']]);
    expect(await counts(tokens.ct)).toBeUndefined();
    expect((await request(tokens.ct, path)).status).toBe(410);
    expect((await request(tokens.xray, path)).status).toBe(200);
    for (const target of [`${path}/instances`, `/series?StudyInstanceUID=${uid}`, `${ctPath}/instances`]) {
      const answers = await found(await archive.fetch(tokens.curator, target));
      expect(answers.map((answer) => firstValue(answer, '0020000E'))).not.toContain(ct1.seriesInstanceUID);
    }
    expect((await remove(tokens.curator, path)).status).toBe(204);
    expect(await studyOf(tokens.curator, uid)).toBeUndefined();
  });

  it('takes a patient with it of whom nothing is left, and its month in the list', async () => {
    const { path } = await mixedStudy('whole patient');
    const rows = async () => {
      const { read } = archive.database;
      const patients = await read
        .selectFrom('patient')
        .select('id')
        .where('pseudonym', '=', 'PATIENT-WHOLE PATIENT')
        .execute();
      const months = await read
        .selectFrom('study_month')
        .select((eb) => eb.fn.sum<number>('studies').as('studies'))
        .executeTakeFirstOrThrow();
      const studies = await read
        .selectFrom('study')
        .select((eb) => eb.fn.countAll<number>().as('studies'))
        .executeTakeFirstOrThrow();
      return { patients: patients.length, isCounted: Number(months.studies) === studies.studies };
    };
    expect(await rows()).toEqual({ patients: 1, isCounted: true });
    await remove(tokens.curator, path);
    expect(await rows()).toEqual({ patients: 0, isCounted: true });
  });

  it('is not in metadata that was answered before, when others have come in its place', async () => {
    const { ct1, ct2, ctPath } = await mixedStudy('cached');
    const instances = async () =>
      (await json<JSONDataSet[]>(await archive.fetch(tokens.ct, `${ctPath}/metadata`))).map((one) =>
        firstValue(one, '00080018'),
      );
    expect(await instances()).toEqual([ct1, ct2].map((made) => made.sopInstanceUID).sort());
    await remove(tokens.curator, ct1.path);
    const [other] = await stored({ study: 'cached', series: 'cached/ct', instance: 'cached/ct/3' });
    expect(await instances()).toEqual([ct2, other].map((made) => made?.sopInstanceUID ?? '').sort());
  });

  it('has no file any more, and keeps a record without a word of the patient', async () => {
    const { ct1, path } = await mixedStudy('files');
    await remove(tokens.curator, path);
    const keys: string[] = [];
    for await (const { key } of archive.blobs.list(`studies/${ct1.studyInstanceUID}/`)) keys.push(key);
    expect(keys).toEqual([`studies/${ct1.studyInstanceUID}/study.json`]);
    const deletion = await archive.database.read
      .selectFrom('deletion')
      .selectAll()
      .where('uid', '=', ct1.studyInstanceUID)
      .executeTakeFirstOrThrow();
    expect(deletion).toMatchObject({ level: 'study', allowed_at: null, finished_at: expect.any(String) });
    const blob = await archive.blobs.open(`deletions/${deletion.deletion_id}.json`);
    const text = Buffer.alloc(10_000);
    const record = text.toString('utf8', 0, await blob.readInto(text, 0));
    await blob.close();
    expect(JSON.parse(record)).toMatchObject({ site: 'Site A', split: 'training', instances: { length: 3 } });
    expect(record).not.toMatch(/PATIENT|PSEUDO|20200401/);
  });
});

describe('what is left of a study whose first instance identified the patient', () => {
  it.each(['instance', 'series'] as const)(
    'is found and told by nothing of it once its %s is deleted',
    async (level) => {
      const study = `identified by its ${level}`;
      const requests = (id: string) => [dataSetOfKeywords({ RequestedProcedureID: id })];
      const [first, second] = await stored(
        {
          study,
          series: `${study}/1`,
          instance: `${study}/1/1`,
          attributes: {
            PatientName: 'Real^Name',
            ReferringPhysicianName: 'Real^Physician',
            AccessionNumber: 'REAL1',
            SeriesDescription: 'of Real Name',
            RequestAttributesSequence: requests('REAL2'),
          },
        },
        {
          study,
          series: `${study}/${level === 'series' ? 2 : 1}`,
          instance: `${study}/1/2`,
          attributes: {
            PatientName: 'Pseudonym^19',
            ReferringPhysicianName: '',
            AccessionNumber: 'CLEAN1',
            SeriesDescription: 'Lung',
            RequestAttributesSequence: requests('CLEAN2'),
          },
        },
      );
      if (first === undefined || second === undefined) throw new Error('Both are stored.');
      const searches = [
        '/studies?PatientName=Real*',
        '/studies?PatientName=nam%20rea&fuzzymatching=true',
        '/studies?PatientName=*eal^Nam*',
        '/studies?ReferringPhysicianName=*Physician*',
        '/studies?AccessionNumber=REAL1',
        `/studies/${first.studyInstanceUID}/series?SeriesDescription=*Real*`,
        `/series?StudyInstanceUID=${first.studyInstanceUID}&RequestAttributesSequence.RequestedProcedureID=REAL2`,
      ];
      const counts = (): Promise<readonly number[]> =>
        Promise.all(searches.map(async (search) => (await found(await archive.fetch(tokens.curator, search))).length));
      expect(await counts()).toEqual(searches.map(() => 1));
      const target =
        level === 'series' ? `/studies/${first.studyInstanceUID}/series/${first.seriesInstanceUID}` : first.path;
      expect((await remove(tokens.curator, target)).status).toBe(204);
      expect(await counts()).toEqual(searches.map(() => 0));
      const own = `StudyInstanceUID=${first.studyInstanceUID}`;
      const told = await archive.fetch(tokens.curator, `/series?${own}&includefield=all`);
      const text = await told.text();
      expect(text).not.toMatch(/Real|REAL/);
      for (const clean of ['Pseudonym^19', 'CLEAN1', 'Lung', 'CLEAN2']) expect(text).toContain(clean);
      const byName = await archive.fetch(tokens.curator, `/studies?PatientName=*udonym^19&${own}`);
      expect(await found(byName)).toHaveLength(1);
    },
  );
});

describe('who may delete', () => {
  it('ST-03 is a curator: to others it is 403, there or not, and nothing happens', async () => {
    const { ct1, path, ctPath } = await mixedStudy('kept');
    const nowhere = `/studies/${NOWHERE.studyInstanceUID}`;
    for (const token of [tokens.siteA, tokens.siteB, tokens.xray, tokens.ct]) {
      const answers = await Promise.all(
        [path, ctPath, ct1.path, nowhere, `${nowhere}/series/1.2`, `${nowhere}/series/1.2/instances/1.2`].map(
          (target) => remove(token, target),
        ),
      );
      expect(new Set(answers.map((answer) => JSON.stringify(told(answer)))).size).toBe(1);
      expect([answers[0]?.status, answers[0]?.headers['www-authenticate']]).toEqual([
        403,
        'Bearer realm="nccid", error="insufficient_scope", scope="dicomweb.delete"',
      ]);
    }
    expect((await ask(archive.url, `/dicom-web${path}`, { method: 'DELETE' })).status).toBe(401);
    expect((await partsOf(await archive.fetch(tokens.curator, path, { headers: AS_STORED }))).parts).toHaveLength(3);
  });

  it('is told 404 of what never was, 400 of what is no UID, 405 of what can not be deleted', async () => {
    const nowhere = `/studies/${NOWHERE.studyInstanceUID}`;
    for (const [target, status] of [
      [nowhere, 404],
      [`${nowhere}/series/1.2`, 404],
      [`${nowhere}/series/1.2/instances/1.3`, 404],
      ['/studies/..%2f..%2fx', 400],
      ['/studies/abc', 400],
      ['/studies', 405],
      [`${nowhere}/metadata`, 405],
    ] as const) {
      expect([target, (await remove(tokens.curator, target)).status]).toEqual([target, status]);
    }
    const { headers } = await request(tokens.curator, nowhere, 'PUT');
    expect(headers['allow']).toBe('POST, GET, HEAD, DELETE, OPTIONS');
  });

  it('needs the whole path to be right', async () => {
    const [one, other] = [await mixedStudy('path one'), await mixedStudy('path other')];
    for (const target of [
      `${one.path}/series/${other.ct1.seriesInstanceUID}`,
      `${one.ctPath}/instances/${one.dx.sopInstanceUID}`,
      `${one.ctPath}/instances/${other.ct1.sopInstanceUID}`,
    ]) {
      expect((await remove(tokens.curator, target)).status).toBe(404);
    }
    expect(await found(await archive.fetch(tokens.curator, `${one.path}/instances`))).toHaveLength(3);
  });
});

describe('what is sent again', () => {
  const failure = async (token: string, file: Uint8Array): Promise<unknown> => {
    const response = await archive.store(token, [file]);
    const [item] = items(await json<JSONDataSet>(response), '00081198');
    return [response.status, item?.['00081197']?.Value, item?.['00091001']?.Value?.[0]];
  };
  const sentence = expect.stringContaining('A curator of the archive has deleted');

  it('is refused with 0124H: the instance, what is new in its study or series, and from a curator too', async () => {
    const { ct1, dx, path, ctPath } = await mixedStudy('again');
    const isNew = (series: string) => makeInstance({ study: 'again', series, instance: `${series}/new` }).file;
    await remove(tokens.curator, ct1.path);
    expect(await failure(tokens.siteA, ct1.file)).toEqual([409, [0x0124], sentence]);
    expect((await archive.store(tokens.siteA, [isNew('again/ct')])).status).toBe(200);
    await remove(tokens.curator, ctPath);
    const another = makeInstance({ study: 'again', series: 'again/ct', instance: 'again/ct/4' }).file;
    expect(await failure(tokens.siteA, another)).toEqual([409, [0x0124], sentence]);
    expect((await archive.store(tokens.siteA, [isNew('again/other')])).status).toBe(200);
    await remove(tokens.curator, path);
    for (const token of [tokens.siteA, tokens.curator]) {
      expect(await failure(token, dx.file)).toEqual([409, [0x0124], sentence]);
      expect(await failure(token, isNew('again/third'))).toEqual([409, [0x0124], sentence]);
    }
    expect((await request(tokens.curator, path)).status).toBe(410);
    const keys: string[] = [];
    for await (const { key } of archive.blobs.list(`studies/${ct1.studyInstanceUID}/`)) keys.push(key);
    expect(keys).toHaveLength(1);
  });

  it('T26 says no more to another site than it says of what is there', async () => {
    const [gone, there] = [await mixedStudy('of A, gone'), await mixedStudy('of A, there')];
    await remove(tokens.curator, gone.path);
    expect(await failure(tokens.siteB, gone.dx.file)).toEqual(await failure(tokens.siteB, there.dx.file));
  });

  it('is refused under another study, too', async () => {
    const { ct1, path } = await mixedStudy('moved from');
    await remove(tokens.curator, path);
    const moved = makeInstance({ study: 'moved to', series: 'moved to/1', instance: 'moved from/ct/1' });
    expect(moved.sopInstanceUID).toBe(ct1.sopInstanceUID);
    expect(await failure(tokens.siteA, moved.file)).toEqual([409, [0x0124], sentence]);
  });
});
