/** PS3.18 §10.6, §8.3.4: the resources of Search, their paging and their parameters. */
import { type Check, check, instanceURL, JSON_TYPE, seriesURL, studyURL, type Trial, XML_TYPE } from '../check.js';
import { firstOf, readDataSets } from '../dicom/dicom-json.js';
import { tagOf } from '../dicom/dictionary.js';
import { readNativeModel } from '../dicom/native-model.js';
import { parseMediaType } from '../wire/media-type.js';
import { found, ours, queryOf, search, searchByOptionalKey, studiesFound, warnings } from './searching.js';

const NOBODY = '2.25.314159265358979323846';
const UNSUPPORTED = {
  fuzzymatching: 'The fuzzymatching parameter is not supported. Only literal matching has been performed.',
  emptyvaluematching: 'The emptyvaluematching parameter is not supported. Empty Value Matching has not been performed.',
  multiplevaluematching:
    'The multiplevaluematching parameter is not supported. Multiple Value Matching has not been performed.',
} as const;

/** Whether the last answer says, in the words of the standard, that the parameter is not supported. */
function saysUnsupported(t: Trial, parameter: keyof typeof UNSUPPORTED): boolean {
  const text = warnings(t);
  if (!text.includes(parameter)) return false;
  t.expect(text.includes(UNSUPPORTED[parameter]), UNSUPPORTED[parameter], text);
  return true;
}

/** The six resources of Table 10.6.1-1, with what each answers about. */
export const resourcesOf = (subject: { study: string; series: string }) =>
  [
    ['/studies', 'StudyInstanceUID'],
    [`${studyURL(subject)}/series`, 'SeriesInstanceUID'],
    [`${studyURL(subject)}/instances`, 'SOPInstanceUID'],
    ['/series', 'SeriesInstanceUID'],
    [`${seriesURL(subject)}/instances`, 'SOPInstanceUID'],
    ['/instances', 'SOPInstanceUID'],
  ] as const;

const page = async (t: Trial, query: Readonly<Record<string, string>>) => {
  const results = await search(t, '/studies', { StudyID: t.session.run.id, ...query });
  return results.map((one) => firstOf(one, 'StudyInstanceUID') ?? '');
};

export const SEARCH_RESOURCE_CHECKS: readonly Check[] = [
  check('QD-01', 'M', 'T10.6.1-1', 'all six resources are searched', async (t) => {
    const subject = t.subject();
    const own = {
      StudyInstanceUID: subject.study,
      SeriesInstanceUID: subject.series,
      SOPInstanceUID: subject.instance,
    };
    for (const [resource, keyword] of resourcesOf(subject)) {
      const results = await search(t, resource, { [keyword]: own[keyword] });
      t.equal(found(results, keyword), [own[keyword]], `${keyword} of ${resource}`);
    }
  }),
  check('QD-02', 'M', 'T10.6.4-1', 'results are JSON by default, or XML', async (t) => {
    const subject = t.subject();
    for (const [resource] of resourcesOf(subject)) {
      const target = `${resource}?${resource.includes('/studies/') ? '' : `${ours(t)}&`}limit=1`;
      const json = await t.got(target, '*/*');
      t.equal(
        parseMediaType(json.header('Content-Type') ?? '').type,
        JSON_TYPE,
        `the default media type of ${resource}`,
      );
      const { parts } = await t.parts(target, XML_TYPE);
      t.equal(parts.length, 1, `documents of ${resource}`);
      t.none(readNativeModel(parts[0]?.body ?? Buffer.alloc(0)).faults, 'a document of the Native DICOM Model');
    }
  }),
  check('QD-03', 'M', '10.6.3.1, 8.3.4.4.1', 'no results are 204 without a body', async (t) => {
    for (const [resource, keyword] of resourcesOf(t.subject())) {
      const answer = await t.get(`${resource}?${keyword}=${NOBODY}`, JSON_TYPE);
      t.status(answer, 204);
      t.equal(answer.body.length, 0, 'bytes of the body');
      t.equal(answer.header('Content-Type'), undefined, 'Content-Type of a 204');
    }
  }),
  check('QD-04', 'M', '8.3.4.4', 'limit and offset page through the whole list', async (t) => {
    t.fixture('CT');
    const whole = await page(t, {});
    const pages: string[] = [];
    for (let offset = 0; offset < whole.length; offset += 7) {
      pages.push(...(await page(t, { limit: '7', offset: String(offset) })));
    }
    t.equal(pages, whole, 'the pages of 7, one after another');
    t.equal(new Set(whole).size, whole.length, 'studies that are there once');
    t.equal(await page(t, { offset: String(whole.length) }), [], 'results beyond the last');
  }),
  check('QD-05', 'M', '8.3.4.4.1', 'as many results as there are left, and at most limit', async (t) => {
    t.fixture('CT');
    const { length } = await page(t, {});
    t.equal((await page(t, { limit: '4' })).length, 4, 'results of limit=4');
    t.equal((await page(t, { limit: '4', offset: String(length - 2) })).length, 2, 'results of the last page');
    t.status(await t.get(`/studies?StudyID=${t.session.run.id}&limit=0`, JSON_TYPE), 204);
  }),
  check('QD-06', 'M', '8.3.4.4.1', 'a Warning tells how many more there are', async (t) => {
    t.fixture('CT');
    const { length } = await page(t, {});
    t.expect(!warnings(t).includes('additional'), 'no Warning when all are there', warnings(t));
    await page(t, { limit: '3' });
    const text = `There are ${length - 3} additional results that can be requested`;
    t.expect(warnings(t).includes(text), text, warnings(t) || 'no Warning');
    t.expect(/^299 /.test(warnings(t)), 'a Warning with code 299', warnings(t));
    await page(t, { limit: '3', offset: String(length - 3) });
    t.expect(!warnings(t).includes('additional'), 'no Warning on the last page', warnings(t));
  }),
  check('QD-07', 'M', '8.3.4.4.1', 'the same request has the same order', async (t) => {
    for (const resource of ['/studies', '/series', '/instances']) {
      const target = `${resource}?${ours(t)}&limit=20`;
      const answer = await t.get(target, JSON_TYPE);
      if (answer.status === 204) t.skip('nothing is stored');
      t.status(answer, 200);
      const first = readDataSets(answer.body);
      for (let i = 0; i < 4; i++) {
        const again = readDataSets((await t.got(target, JSON_TYPE)).body);
        t.equal(
          again.map((one) => Object.values(one)),
          first.map((one) => Object.values(one)),
          `the order of ${target}`,
        );
      }
    }
  }),
  check('QD-09', 'M', '8.3.4.2', 'fuzzymatching is done, or said not to be', async (t) => {
    t.fixtures('LOWER', 'UPPER');
    const fuzzy = await studiesFound(t, { PatientName: 'anna smith', fuzzymatching: 'true' });
    const isUnsupported = saysUnsupported(t, 'fuzzymatching');
    if (!isUnsupported) t.expect(fuzzy.includes('LOWER'), 'SMITH^ANNA among those found by "anna smith"', fuzzy);
    await studiesFound(t, { PatientName: 'SMITH^ANNA', fuzzymatching: 'false' });
    t.expect(!warnings(t).includes('fuzzymatching'), 'no Warning for fuzzymatching=false', warnings(t));
    if (isUnsupported) t.note('not supported');
  }),
  check('QD-10', 'M', '8.3.4.5', 'emptyvaluematching is done, or said not to be', async (t) => {
    t.fixtures('LETTER', 'QUOTE');
    const empty = await studiesFound(t, { AccessionNumber: '""', emptyvaluematching: 'true' });
    if (saysUnsupported(t, 'emptyvaluematching')) return t.note('not supported');
    const expected = ['EMPTY', 'LETTER', 'QUOTE'].filter((name) => t.session.fixtures.has(name));
    t.equal(empty, expected, 'studies with an empty Accession Number, or none');
  }),
  check('QD-11', 'M', '8.3.4.6', 'multiplevaluematching is done, or said not to be', async (t) => {
    t.fixture('SR');
    const both = await studiesFound(t, { ModalitiesInStudy: 'SR\\CT', multiplevaluematching: 'true' });
    if (saysUnsupported(t, 'multiplevaluematching')) return t.note('not supported');
    t.equal(both, ['CT'], 'studies with both CT and SR');
    t.equal(
      await studiesFound(t, { ModalitiesInStudy: 'CT\\DX', multiplevaluematching: 'true' }),
      [],
      'with CT and DX',
    );
  }),
  check('QD-12', 'M', '8.3.4.3', 'includefield takes lists, repetition, tags and keywords', async (t) => {
    const { study } = t.subject();
    const plain = `/studies?StudyInstanceUID=${study}&includefield=`;
    const [first, ...others] = [
      '00081030,00100030',
      '00081030%2C00100030',
      '00081030&includefield=00100030',
      'StudyDescription,PatientBirthDate',
      'StudyDescription&includefield=00100030',
    ].map((fields) => plain + fields);
    const whole = readDataSets((await t.got(first ?? '', JSON_TYPE)).body);
    t.expect(
      whole[0]?.[tagOf('PatientBirthDate')] !== undefined,
      'PatientBirthDate',
      Object.keys(whole[0] ?? {}).join(' '),
    );
    if (t.session.fixtures.has('CT')) t.equal(firstOf(whole[0], 'StudyDescription'), 'CT', 'StudyDescription');
    for (const other of others)
      t.equal(readDataSets((await t.got(other, JSON_TYPE)).body), whole, `the same for ${other}`);
  }),
  check('QD-13', 'M', '8.3.4.3', 'includefield=all is alone, or as if it were', async (t) => {
    const { study } = t.subject();
    const all = await t.got(`/studies?StudyInstanceUID=${study}&includefield=all`, JSON_TYPE);
    const more = await t.get(`/studies?StudyInstanceUID=${study}&includefield=all&includefield=00081030`, JSON_TYPE);
    t.status(more, 200, 400);
    if (more.status === 200) t.equal(readDataSets(more.body), readDataSets(all.body), 'the same as all by itself');
  }),
  check('QD-14', 'M', '8.3.4.3, 8.3.4.1', 'private attributes are asked for with their creator', async (t) => {
    const priv = t.fixture('PRIV');
    const target = `${seriesURL(priv)}/instances`;
    const query = { '00230010': 'AcmeCompany', includefield: '00231002' };
    const results = await searchByOptionalKey(t, target, query);
    t.equal(found(results, 'SOPInstanceUID'), [priv.instance], 'instances');
    const [one] = results;
    if (one?.['00231002'] === undefined) t.skip('private attributes are not returned');
    t.equal(one?.['00231002']?.Value, ['private text'], 'the value of 00231002');
    t.equal(one?.['00230010']?.Value, ['AcmeCompany'], 'the creator');
  }),
  check('QD-15', 'M', '10.6.3.1', 'bad syntax is 400', async (t) => {
    for (const query of ['limit=x', 'StudyDate=yesterday', 'StudyInstanceUID=abc', 'StudyTime=9999']) {
      t.status(await t.get(`/studies?${query}`, JSON_TYPE), 400);
    }
  }),
  check('QD-16', 'P', '—', 'what is below an unknown study is not there', async (t) => {
    for (const target of [`/studies/${NOBODY}/series`, `/studies/${NOBODY}/instances`]) {
      const answer = await t.get(target, JSON_TYPE);
      t.expect(answer.status === 404 || t.isEmpty(answer), '404, or no results', answer.status);
    }
  }),
  check('QD-17', 'O', '10.6.1.2.4', 'repository queries are answered, or passed over', async (t) => {
    const { study } = t.subject();
    const results = await searchByOptionalKey(t, '/studies', { StudyInstanceUID: study, '00080429': '1' });
    t.equal(found(results, 'StudyInstanceUID'), [study], 'studies');
  }),
  check('QD-18', 'M', '10.6.1.2.1', 'keys are of the levels that a resource has', async (t) => {
    const ct = t.fixture('CT');
    t.equal(
      found(await search(t, '/series', { PatientID: `${t.session.run.id}-CT`, Modality: 'CT' }), 'StudyInstanceUID')
        .length,
      2,
      'series by Patient ID',
    );
    const wrong = await t.get(`/studies?${queryOf({ StudyInstanceUID: ct.study, SOPInstanceUID: NOBODY })}`, JSON_TYPE);
    t.status(wrong, 200, 204, 400);
    if (wrong.status === 204) return t.note('a key of a lower level is matched');
    if (wrong.status === 200) t.expect(warnings(t) !== '', 'a Warning that the key is ignored', 'none');
  }),
  check('QD-19', 'M', '8.3.4.1.1', 'Timezone Offset From UTC re-bases dates and times', async (t) => {
    t.fixture('ZONE');
    const query = { TimezoneOffsetFromUTC: '+0100', StudyDate: '20200121', StudyTime: '0000-0100' };
    const found = await studiesFound(t, query);
    if (found.length === 0 && /TimezoneOffsetFromUTC|00080201/.test(warnings(t)))
      t.skip('the key is ignored, with a Warning');
    t.equal(found, ['ZONE'], 'studies at 00:30 on the 21st in +0100');
    t.equal(
      await studiesFound(t, { TimezoneOffsetFromUTC: '+0100', StudyDate: '20200120', StudyTime: '2200-235959' }),
      [],
      'on the 20th',
    );
    t.status(await t.get(`${instanceURL(t.fixture('ZONE'))}/metadata`, JSON_TYPE), 200);
  }),
];
