/** PS3.18 Tables 10.6.1-5 and 10.6.3-3 to -5: what is matched, and what is returned. */
import { type Check, check, instanceURL, JSON_TYPE, seriesURL, studyURL, type Trial, XML_TYPE } from '../check.js';
import { firstOf, itemsOf, type JSONDataSet, readDataSets, valuesOf } from '../dicom/dicom-json.js';
import { tagOf } from '../dicom/dictionary.js';
import { readNativeModel } from '../dicom/native-model.js';
import type { Fixture } from '../fixtures/fixture.js';
import { parseMultipart } from '../wire/multipart.js';
import { resourcesOf } from './search-resources.js';
import { found, queryOf, search, warnings } from './searching.js';
import { freshImage, sendFiles } from './storing.js';

type Keys = Readonly<Record<string, readonly [hit: string, miss: string]>>;

/** Table 10.6.1-5, with values that the CT fixtures have, and values that they have not. */
const studyKeys = (t: Trial): Keys => ({
  StudyDate: ['20200102', '19990101'],
  StudyTime: ['101500', '235959'],
  AccessionNumber: [`${t.session.run.id}-1`, 'NONE'],
  ModalitiesInStudy: ['CT', 'XA'],
  ReferringPhysicianName: ['', 'NOBODY^NONE'],
  PatientName: ['CONFORMANCE^CT', 'NOBODY^NONE'],
  PatientID: [`${t.session.run.id}-CT`, 'NONE'],
  StudyInstanceUID: [t.fixture('CT').study, '2.25.1'],
  StudyID: [t.session.run.id, 'NONE'],
});
const seriesKeys = (t: Trial): Keys => ({
  Modality: ['CT', 'XA'],
  SeriesInstanceUID: [t.fixture('CT').series, '2.25.1'],
  SeriesNumber: ['007', '99'],
  PerformedProcedureStepStartDate: ['20200102', '19990101'],
  PerformedProcedureStepStartTime: ['101600', '235959'],
  'RequestAttributesSequence.ScheduledProcedureStepID': ['SPS-A', 'NONE'],
  'RequestAttributesSequence.RequestedProcedureID': ['RP-2', 'NONE'],
});
const instanceKeys = (t: Trial): Keys => ({
  SOPClassUID: [t.fixture('CT').sopClassUID, '1.2.840.10008.5.1.4.1.1.128'],
  SOPInstanceUID: [t.fixture('CT').instance, '2.25.1'],
  InstanceNumber: ['1', '99'],
});

const asTags = (path: string): string => path.split('.').map(tagOf).join('.');

/** Each key finds the CT fixture by keyword and by tag, and something else does not. */
async function matches(t: Trial, resource: string, result: string, uid: string, keys: Keys): Promise<void> {
  const anchor = resource.includes('/studies/') ? {} : { StudyInstanceUID: t.fixture('CT').study };
  for (const [keyword, [hit, miss]] of Object.entries(keys)) {
    for (const key of [keyword, asTags(keyword)]) {
      const where = `${resource}?${key}`;
      const isAnchor = keyword in anchor;
      const hits = found(await search(t, resource, { ...(isAnchor ? {} : anchor), [key]: hit }), result);
      t.expect(hits.includes(uid), `the fixture by ${where}=${hit}`, `${hits.length} others${warningTold(t)}`);
      const misses = found(await search(t, resource, { ...(isAnchor ? {} : anchor), [key]: miss }), result);
      t.expect(!misses.includes(uid), `nothing by ${where}=${miss}`, `the fixture${warningTold(t)}`);
    }
  }
}

const warningTold = (t: Trial): string => (warnings(t) === '' ? '' : ` (Warning: ${warnings(t)})`);

const REQUIRED_STUDY =
  'StudyDate StudyTime AccessionNumber ModalitiesInStudy ReferringPhysicianName PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID StudyID NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances'.split(
    ' ',
  );
const REQUIRED_SERIES = 'Modality SeriesInstanceUID SeriesNumber NumberOfSeriesRelatedInstances RetrieveURL'.split(' ');
const REQUIRED_INSTANCE = 'SOPClassUID SOPInstanceUID InstanceNumber RetrieveURL'.split(' ');

/** Transfer syntaxes that instances are said to be available in are given. PS3.18 §10.6.3.3.3 */
async function canBeHad(t: Trial, fixtures: readonly Fixture[]): Promise<void> {
  for (const fixture of fixtures) {
    const set = await oneResult(t, `${seriesURL(fixture)}/instances`, { SOPInstanceUID: fixture.instance });
    for (const syntax of valuesOf(set, 'AvailableTransferSyntaxUID')) {
      const accept = `multipart/related; type="application/dicom"; transfer-syntax=${syntax}`;
      const { status } = await t.get(instanceURL(fixture), accept);
      t.expect(status === 200, `${fixture.name} in ${syntax}, in which it is said to be available`, `status ${status}`);
    }
  }
}

async function oneResult(t: Trial, resource: string, query: Readonly<Record<string, string>>): Promise<JSONDataSet> {
  const results = await search(t, resource, query);
  t.equal(results.length, 1, `results of ${resource}?${queryOf(query)}`);
  return results[0] ?? {};
}

function has(t: Trial, set: JSONDataSet, keywords: readonly string[], what: string): void {
  const missing = keywords.filter((keyword) => set[tagOf(keyword)] === undefined);
  t.none(
    missing.map((keyword) => `${keyword} ${tagOf(keyword)} is missing`),
    `the required attributes of ${what}`,
  );
}

export const SEARCH_ATTRIBUTE_CHECKS: readonly Check[] = [
  check('QM-01', 'M', 'T10.6.1-5', 'keys of a study', (t) =>
    matches(t, '/studies', 'StudyInstanceUID', t.fixture('CT').study, studyKeys(t)),
  ),
  check('QM-02', 'M', 'T10.6.1-5', 'keys of a series', (t) =>
    matches(t, `${studyURL(t.fixture('CT'))}/series`, 'SeriesInstanceUID', t.fixture('CT').series, seriesKeys(t)),
  ),
  check('QM-03', 'M', 'T10.6.1-5', 'keys of an instance', (t) =>
    matches(t, `${seriesURL(t.fixture('CT'))}/instances`, 'SOPInstanceUID', t.fixture('CT').instance, instanceKeys(t)),
  ),
  check('QM-04', 'M', 'T10.6.1-4', 'each resource matches the keys of all its levels', async (t) => {
    const ct = t.fixture('CT');
    const [study, series, instance] = [studyKeys(t), seriesKeys(t), instanceKeys(t)];
    await matches(t, `${studyURL(ct)}/instances`, 'SOPInstanceUID', ct.instance, { ...series, ...instance });
    await matches(t, '/series', 'SeriesInstanceUID', ct.series, { ...study, ...series });
    await matches(t, '/instances', 'SOPInstanceUID', ct.instance, { ...study, ...series, ...instance });
    const { PatientID: [hit] = ['', ''] } = study;
    const query = queryOf({ StudyInstanceUID: ct.study, PatientID: hit });
    const xml = parseMultipart(await t.got(`/studies?${query}`, XML_TYPE));
    t.equal(
      xml.parts.map((part) => firstOf(readNativeModel(part.body).dataSet, 'StudyInstanceUID')),
      [ct.study],
      'the study, as XML',
    );
  }),
  check('QM-05', 'P', 'OHIF', 'keys that users ask for beyond the required ones', async (t) => {
    const ct = t.fixture('CT');
    await matches(t, '/studies', 'StudyInstanceUID', ct.study, {
      StudyDescription: ['CT', 'NONE'],
      PatientSex: ['O', 'M'],
      PatientBirthDate: ['', '19990101'],
    });
    await matches(t, `${studyURL(ct)}/series`, 'SeriesInstanceUID', ct.series, {
      SeriesDescription: ['Axial', 'NONE'],
      BodyPartExamined: ['CHEST', 'HEAD'],
      Manufacturer: ['DICOMweb conformance suite', 'NONE'],
    });
  }),
  check('QR-01', 'M', 'T10.6.3-3', 'a study is returned with all that is required', async (t) => {
    const { study } = t.subject();
    const set = await oneResult(t, '/studies', { StudyInstanceUID: study });
    has(t, set, REQUIRED_STUDY, 'a study');
    if (t.session.isReadOnly) return;
    t.equal([...valuesOf(set, 'ModalitiesInStudy')].sort(), ['CT', 'PR', 'SR'], 'ModalitiesInStudy');
    t.equal(firstOf(set, 'StudyDate'), '20200102', 'StudyDate');
  }),
  check('QR-02', 'M', 'T10.6.3-4', 'a series is returned with all that is required', async (t) => {
    const subject = t.subject();
    const set = await oneResult(t, `${studyURL(subject)}/series`, { SeriesInstanceUID: subject.series });
    has(t, set, REQUIRED_SERIES, 'a series');
    if (t.session.isReadOnly) return;
    has(
      t,
      set,
      ['SeriesDescription', 'PerformedProcedureStepStartDate', 'PerformedProcedureStepStartTime'],
      'a series, if they are known',
    );
    const items = itemsOf(set, 'RequestAttributesSequence').map((item) => firstOf(item, 'ScheduledProcedureStepID'));
    t.equal(items, ['SPS-A', 'SPS-B'], 'the items of RequestAttributesSequence');
  }),
  check('QR-03', 'M', 'T10.6.3-5', 'an instance is returned with all that is required', async (t) => {
    const subject = t.subject();
    const set = await oneResult(t, `${seriesURL(subject)}/instances`, { SOPInstanceUID: subject.instance });
    const needed = t.session.isReadOnly ? ['SOPClassUID', 'SOPInstanceUID', 'RetrieveURL'] : REQUIRED_INSTANCE;
    has(t, set, needed, 'an instance');
    if (t.session.isReadOnly) return;
    has(t, set, ['Rows', 'Columns', 'BitsAllocated'], 'an image');
    const mf = t.session.fixtures.get('MF');
    if (mf === undefined) return;
    const many = await oneResult(t, `${seriesURL(mf)}/instances`, { SOPInstanceUID: mf.instance });
    t.equal(firstOf(many, 'NumberOfFrames'), '3', 'NumberOfFrames');
    await canBeHad(t, t.fixtures('CT', 'J2K', 'JLSSIGNED', 'LOSSY'));
  }),
  check('QR-04', 'M', '10.6.3.3.2, 10.6.3.3.3', 'what is below returns what is above too', async (t) => {
    const { study, series, instance } = t.subject();
    const one = t.session.isReadOnly
      ? REQUIRED_INSTANCE.filter((keyword) => keyword !== 'InstanceNumber')
      : REQUIRED_INSTANCE;
    has(
      t,
      await oneResult(t, '/series', { SeriesInstanceUID: series }),
      [...REQUIRED_STUDY, ...REQUIRED_SERIES],
      '/series',
    );
    has(
      t,
      await oneResult(t, '/instances', { SOPInstanceUID: instance }),
      [...REQUIRED_STUDY, ...REQUIRED_SERIES, ...one],
      '/instances',
    );
    const inStudy = await oneResult(t, `${studyURL({ study })}/instances`, { SOPInstanceUID: instance });
    has(t, inStudy, [...REQUIRED_SERIES, ...one], '/studies/{study}/instances');
  }),
  check('QR-05', 'M', '10.6.3.3', 'keys and included fields are returned, but none of a lower level', async (t) => {
    const { study } = t.subject();
    const query = {
      StudyInstanceUID: study,
      includefield: '00081030,00080060,00080018,00200013',
      StudyDescription: '',
    };
    const set = await oneResult(t, '/studies', query);
    t.expect(set[tagOf('StudyDescription')] !== undefined, 'StudyDescription', Object.keys(set).join(' '));
    for (const keyword of ['Modality', 'SOPInstanceUID', 'InstanceNumber']) {
      t.equal(set[tagOf(keyword)], undefined, `${keyword} of a study`);
    }
  }),
  check('QR-06', 'M', '10.6.3.3', 'includefield=all gives more, and nothing of a lower level', async (t) => {
    const { study } = t.subject();
    const plain = await oneResult(t, '/studies', { StudyInstanceUID: study });
    const set = await oneResult(t, '/studies', { StudyInstanceUID: study, includefield: 'all' });
    has(t, set, REQUIRED_STUDY, 'a study');
    t.none(
      Object.keys(plain).filter((tag) => set[tag] === undefined),
      'all that is returned without',
    );
    for (const keyword of ['Modality', 'SeriesInstanceUID', 'SOPInstanceUID', 'Rows', 'SeriesNumber']) {
      t.equal(set[tagOf(keyword)], undefined, `${keyword} of a study`);
    }
    if (!t.session.isReadOnly) t.equal(firstOf(set, 'StudyDescription'), 'CT', 'StudyDescription');
  }),
  check('QR-07', 'M', 'PS3.4 C.2.2.1', 'what is required and not known is there without a value', async (t) => {
    const quote = t.fixture('QUOTE');
    const set = await oneResult(t, '/studies', { StudyInstanceUID: quote.study });
    for (const keyword of ['AccessionNumber', 'PatientSex', 'ReferringPhysicianName']) {
      const element = set[tagOf(keyword)];
      t.expect(element !== undefined && element.Value === undefined, `${keyword} without a Value`, element);
    }
  }),
  check('QR-08', 'M', '10.6.3.3', 'RetrieveURL is absolute, and answers', async (t) => {
    const subject = t.subject();
    for (const [resource, keyword] of resourcesOf(subject)) {
      const own = {
        StudyInstanceUID: subject.study,
        SeriesInstanceUID: subject.series,
        SOPInstanceUID: subject.instance,
      };
      const url = firstOf(await oneResult(t, resource, { [keyword]: own[keyword] }), 'RetrieveURL');
      if (url === undefined && keyword === 'StudyInstanceUID') t.skip('a study has no RetrieveURL');
      t.expect(/^https?:\/\//.test(url ?? ''), `an absolute RetrieveURL from ${resource}`, url);
      const end = { StudyInstanceUID: studyURL, SeriesInstanceUID: seriesURL, SOPInstanceUID: instanceURL }[keyword](
        subject,
      );
      t.expect((url ?? '').endsWith(end), `…${end}`, url);
      t.status(await t.get(`${url}/metadata`, JSON_TYPE), 200);
    }
  }),
  check('QR-09', 'P', '—', 'counts are those of what is there', async (t) => {
    t.stores();
    const ct = t.fixture('CT');
    const inStudy = t.fixtures('CT', 'CT2', 'LOC', 'SR', 'PR');
    const set = await oneResult(t, '/studies', { StudyInstanceUID: ct.study });
    const seriesCount = new Set(inStudy.map(({ series }) => series)).size;
    t.equal(
      [firstOf(set, 'NumberOfStudyRelatedSeries'), firstOf(set, 'NumberOfStudyRelatedInstances')],
      [String(seriesCount), String(inStudy.length)],
      'series and instances of the study',
    );
    const [series] = await search(t, `${studyURL(ct)}/series`, { SeriesInstanceUID: ct.series });
    t.equal(firstOf(series, 'NumberOfSeriesRelatedInstances'), '2', 'instances of the series');
    const first = freshImage(t);
    for (const expected of ['1', '1']) {
      t.status(await sendFiles(t, [first.file]), 200, 202);
      const again = await oneResult(t, '/studies', { StudyInstanceUID: first.study });
      t.equal(firstOf(again, 'NumberOfStudyRelatedInstances'), expected, 'instances after storing it, once and twice');
    }
  }),
  check('QR-10', 'P', '10.6.3.3', 'Specific Character Set, where it is told, is ISO_IR 192', async (t) => {
    for (const name of ['NAMES87', 'NAMESGB', 'NAMES100']) {
      const [set] = readDataSets((await t.got(`/studies?StudyInstanceUID=${t.fixture(name).study}`, JSON_TYPE)).body);
      t.equal(firstOf(set, 'SpecificCharacterSet') ?? 'ISO_IR 192', 'ISO_IR 192', `SpecificCharacterSet of ${name}`);
    }
  }),
];
