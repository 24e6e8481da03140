/** PS3.4 §C.2.2.2: how values match. */
import { type Check, check, JSON_TYPE, seriesURL, studyURL, type Trial } from '../check.js';
import { firstOf, itemsOf, readDataSets } from '../dicom/dicom-json.js';
import { found, queryOf, search, searchByOptionalKey, studiesFound, warnings } from './searching.js';

const id = (t: Trial, tail: string): string => `${t.session.run.id}-${tail}`;

async function finds(t: Trial, query: Readonly<Record<string, string>>, ...names: readonly string[]): Promise<void> {
  const there = names.filter((name) => t.session.fixtures.has(name)).sort();
  t.equal(await studiesFound(t, query), there, `studies of ${queryOf(query)}`);
}

/** Whether the server says of this key that it does not match it. */
const isIgnored = (t: Trial, keyword: string): boolean => warnings(t).includes(keyword);

export const SEARCH_MATCHING_CHECKS: readonly Check[] = [
  check('MA-01', 'M', 'C.2.2.2.1', 'single values match case-sensitively, but for names', async (t) => {
    t.fixtures('LOWER', 'UPPER');
    await finds(t, { PatientID: id(t, 'abc') }, 'LOWER');
    await finds(t, { PatientID: id(t, 'ABC') }, 'UPPER');
    await finds(t, { PatientID: id(t, 'Abc') });
    await finds(t, { AccessionNumber: 'ax1' });
  }),
  check('MA-02', 'M', 'C.2.2.2.1', 'names match as the server documents, literally at least', async (t) => {
    t.fixtures('LOWER', 'UPPER');
    await finds(t, { PatientName: 'SMITH^ANNA' }, 'LOWER');
    await finds(t, { PatientName: 'MÜLLER^JÖRG' }, 'UPPER');
    for (const [key, name] of [
      ['smith*', 'LOWER'],
      ['muller*', 'UPPER'],
    ] as const) {
      const names = await studiesFound(t, { PatientName: key });
      t.expect(
        names.every((one) => one === name),
        `${name} or nothing by ${key}`,
        names,
      );
      if (names.length === 0) t.note(`${key} does not find ${name}`);
    }
  }),
  check('MA-03', 'M', 'C.2.2.2.4', 'wildcards stand for any characters, and for one', async (t) => {
    t.fixtures('LOWER', 'UPPER', 'PLUS');
    await finds(t, { AccessionNumber: 'A?1' }, 'LOWER', 'UPPER');
    await finds(t, { AccessionNumber: 'A??1' }, 'PLUS');
    await finds(t, { AccessionNumber: 'A*1' }, 'LOWER', 'PLUS', 'UPPER');
    await finds(t, { PatientID: id(t, 'A*B') }, 'LETTER', 'PLUS', 'UNDERSCORE');
    await finds(t, { PatientID: id(t, 'A?B') }, 'LETTER', 'PLUS', 'UNDERSCORE');
    await finds(t, { PatientName: 'SM?TH^*' }, 'LOWER');
    const { series } = t.fixture('CT');
    const hits = found(await search(t, `${studyURL(t.fixture('CT'))}/series`, { Modality: 'C?' }), 'SeriesInstanceUID');
    t.expect(hits.includes(series) && hits.length === 2, 'both CT series by Modality=C?', hits);
  }),
  check('MA-04', 'M', 'C.2.2.2.4', 'there are no wildcards in dates, times, UIDs and numbers', async (t) => {
    const { study } = t.subject();
    for (const query of [`StudyInstanceUID=${study.slice(0, -1)}*`, 'StudyDate=2020*', 'StudyTime=10*']) {
      const answer = await t.get(`/studies?${query}`, JSON_TYPE);
      t.expect(answer.status === 400 || t.isEmpty(answer), `400, or no results of ${query}`, answer.status);
    }
  }),
  check('MA-05', 'M', 'C.2.2.2.4', '* alone matches what has no value, too', async (t) => {
    t.fixtures('LETTER', 'QUOTE', 'LOWER');
    const names = await studiesFound(t, { AccessionNumber: '*' });
    for (const name of ['LETTER', 'QUOTE', 'LOWER'])
      t.expect(names.includes(name), `${name} by AccessionNumber=*`, names);
  }),
  check('MA-06', 'M', 'C.2.2.2.3', 'an empty key matches everything, and is returned', async (t) => {
    const { study } = t.subject();
    const [one] = await search(t, '/studies', { StudyInstanceUID: study, PatientSex: '' });
    t.equal(firstOf(one, 'StudyInstanceUID'), study, 'the study');
    t.expect(one?.['00100040'] !== undefined, 'PatientSex', Object.keys(one ?? {}).join(' '));
  }),
  check('MA-07', 'M', 'C.2.2.2.2', 'a list of UIDs matches each of them', async (t) => {
    const [a, b] = [t.fixture('LOWER'), t.fixture('UPPER')];
    for (const divider of [',', '%2C']) {
      const target = `/studies?StudyInstanceUID=${a.study}${divider}${b.study}`;
      const answer = await t.got(target, JSON_TYPE);
      const text = answer.body.toString('utf8');
      t.expect(text.includes(a.study) && text.includes(b.study), `both studies divided by ${divider}`, text);
    }
    const instances = await search(t, '/instances', { SOPInstanceUID: `${a.instance},${b.instance}` });
    t.equal(instances.length, 2, 'instances by a list');
    const backslash = await t.get(`/studies?StudyInstanceUID=${a.study}%5C${b.study}`, JSON_TYPE);
    t.status(backslash, 200, 204, 400);
    if (backslash.status !== 200) t.note('a list with backslashes, as OHIF sends it, is not understood');
  }),
  check('MA-08', 'M', 'C.2.2.2.5', 'ranges of dates include both ends', async (t) => {
    t.fixtures('LOWER', 'UNDERSCORE', 'LETTER');
    await finds(t, { StudyDate: '20200110-20200112' }, 'LETTER', 'QUOTE', 'PERCENT', 'FIVEHUNDRED');
    await finds(t, { StudyDate: '20200120-' }, 'ZONE');
    await finds(t, { StudyDate: '-20200101' }, 'LOWER');
    await finds(t, { StudyDate: '20200103-20200103' }, 'UNDERSCORE');
    const reversed = await t.get('/studies?StudyDate=20200102-20200101', JSON_TYPE);
    t.expect(reversed.status === 400 || t.isEmpty(reversed), '400, or no results', reversed.status);
  }),
  check('MA-09', 'M', 'C.2.2.2.5', 'ranges of times include both ends, and times cut short', async (t) => {
    t.fixtures('UNDERSCORE', 'QUOTE');
    const day = (date: string, time: string) => ({ StudyDate: date, StudyTime: time });
    await finds(t, day('20200103', '10-1130'), 'UNDERSCORE');
    await finds(t, day('20200103', '101500.123456-101500.123456'), 'UNDERSCORE');
    await finds(t, day('20200111', '-113058'));
    await finds(t, day('20200111', '1000-113059'), 'QUOTE');
    await finds(t, day('20200112', '113001-'), 'FIVEHUNDRED');
    const end = await studiesFound(t, day('20200111', '10-1130'));
    if (end.length === 0) t.note('1130 as an end is 11:30:00, not the whole minute');
  }),
  check('MA-10', 'M', '8.3.4.1.1', 'a range of dates and one of times are one range of instants', async (t) => {
    t.fixtures('LOWER', 'UPPER', 'PLUS');
    await finds(t, { StudyDate: '20200101-20200102', StudyTime: '2200-0600' }, 'LOWER', 'UPPER');
  }),
  check('MA-11', 'M', 'C.2.2.2.5', 'date-times know offsets from UTC', async (t) => {
    const { instance } = t.fixture('ZONE');
    const target = `${seriesURL(t.fixture('ZONE'))}/instances`;
    const query = { AcquisitionDateTime: '20200121003000+0100-20200121003000+0100' };
    const results = await searchByOptionalKey(t, target, query);
    if (isIgnored(t, 'AcquisitionDateTime') || isIgnored(t, '0008002A')) t.skip('the key is ignored, with a Warning');
    t.equal(found(results, 'SOPInstanceUID'), [instance], 'instances of 00:30+0100 by 23:30+0000');
    t.equal(await search(t, target, { AcquisitionDateTime: '20200120233000+0100' }), [], 'instances by another offset');
  }),
  check('MA-12', 'M', 'C.2.2.2.6', 'the keys of a sequence match within one item', async (t) => {
    const ct = t.fixture('CT');
    const keys = (step: string, procedure: string) => ({
      'RequestAttributesSequence.ScheduledProcedureStepID': step,
      'RequestAttributesSequence.RequestedProcedureID': procedure,
    });
    const series = async (query: Readonly<Record<string, string>>) =>
      found(await search(t, `${studyURL(ct)}/series`, query), 'SeriesInstanceUID');
    t.equal(await series(keys('SPS-A', 'RP-1')), [ct.series], 'series with both in one item');
    t.equal(await series(keys('SPS-A', 'RP-2')), [], 'series with one in each item');
  }),
  check('MA-13', 'M', 'C.2.2.2.6', 'the matching items are returned', async (t) => {
    const ct = t.fixture('CT');
    const query = { 'RequestAttributesSequence.RequestedProcedureID': 'RP-2' };
    const [one] = await search(t, `${studyURL(ct)}/series`, query);
    const items = itemsOf(one, 'RequestAttributesSequence').map((item) => firstOf(item, 'RequestedProcedureID'));
    t.expect(items.includes('RP-2'), 'the item with RP-2', items);
  }),
  check('MA-14', 'M', 'C.2.2.3', 'one of several values is enough', async (t) => {
    t.fixtures('CT', 'SR');
    for (const modality of ['CT', 'SR']) {
      const names = await studiesFound(t, { ModalitiesInStudy: modality });
      t.expect(names.includes('CT'), `the study of CT and SR by ModalitiesInStudy=${modality}`, names);
    }
  }),
  check('MA-15', 'P', 'OHIF', 'several modalities are taken for any of them', async (t) => {
    t.fixtures('CT', 'CXR');
    for (const list of ['DX,CT', 'DX\\CT']) {
      const names = await studiesFound(t, { ModalitiesInStudy: list });
      t.expect(
        names.includes('CT') && names.includes('CXR') && !names.includes('CR'),
        `studies of CT or DX by ${list}`,
        names,
      );
    }
  }),
  check('MA-16', 'M', 'C.2.2.2.1', 'integer strings match as the server documents, literally at least', async (t) => {
    const ct = t.fixture('CT');
    const series = async (number: string) =>
      found(await search(t, `${studyURL(ct)}/series`, { SeriesNumber: number }), 'SeriesInstanceUID');
    t.expect((await series('007')).includes(ct.series), 'the series 007 by SeriesNumber=007', 'nothing');
    t.equal(await series('70'), [], 'series by SeriesNumber=70');
    if ((await series('7')).length === 0) t.note('7 does not match 007');
  }),
  check('MA-17', 'M', 'C.2.2.2', 'the equals sign divides the component groups of a name', async (t) => {
    t.fixture('PLUS');
    for (const key of ['Wang^XiaoDong=王^小東', '*=王*']) {
      const names = await studiesFound(t, { PatientName: key });
      t.expect(names.includes('PLUS'), `the study of 王^小東 by ${key}`, names);
    }
    const bare = await studiesFound(t, { PatientName: '王*' });
    if (!bare.includes('PLUS')) t.note('a key without = is not tried on the ideographic group');
    t.expect(
      !(await studiesFound(t, { PatientName: '*=張*' })).includes('PLUS'),
      'nothing by another name',
      'the study',
    );
  }),
  check('MA-18', 'P', '—', 'spaces around values and ^ at the end of names are nothing', async (t) => {
    t.fixture('LETTER');
    await finds(t, { PatientName: 'DOE^J^^^' }, 'LETTER');
    await finds(t, { PatientID: ` ${id(t, 'AxB')} ` }, 'LETTER');
  }),
  check('MA-19', 'P', 'security', 'what is special to a database is a plain character', async (t) => {
    t.fixtures('PERCENT', 'UNDERSCORE', 'QUOTE');
    await finds(t, { PatientID: id(t, '50%') }, 'PERCENT');
    await finds(t, { PatientID: id(t, 'A_B') }, 'UNDERSCORE');
    await finds(t, { PatientID: id(t, "O'N") }, 'QUOTE');
    await finds(t, { AccessionNumber: 'P%1' }, 'PERCENT');
    await finds(t, { AccessionNumber: 'P%*' }, 'PERCENT');
    await finds(t, { PatientID: id(t, "x' OR '1'='1") });
    await finds(t, { PatientID: id(t, '[Aa]xB') });
    const slash = await t.get(`/studies?${queryOf({ PatientID: 'a\\b' })}`, JSON_TYPE);
    t.expect(slash.status < 500, 'no server error for a backslash', slash.status);
  }),
  check('MA-20', 'P', '8.3', 'a key that is not matched is told', async (t) => {
    const ct = t.fixture('CT');
    const query = queryOf({ StudyInstanceUID: ct.study, PatientComments: 'NOBODY WROTE THIS' });
    const answer = await t.get(`/studies?${query}`, JSON_TYPE);
    t.status(answer, 200, 204, 400);
    if (answer.status === 400) return t.note('such a key is refused');
    const results = answer.status === 204 ? [] : readDataSets(answer.body);
    if (results.length === 0) return t.note('PatientComments is matched');
    t.expect(
      /PatientComments|00104000/.test(warnings(t)),
      'a Warning that names PatientComments',
      warnings(t) || 'none',
    );
  }),
  check('MA-21', 'M', '8.3.4.1', 'Specific Character Set is never matched', async (t) => {
    const { study } = t.subject();
    const results = await search(t, '/studies', { StudyInstanceUID: study, SpecificCharacterSet: 'ISO_IR 6' });
    t.equal(found(results, 'StudyInstanceUID'), [study], 'the study');
  }),
];
