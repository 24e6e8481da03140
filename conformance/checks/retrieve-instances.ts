/** PS3.18 §10.4.1.1.1: whole instances. */
import {
  AS_STORED,
  type Check,
  check,
  DICOM_TYPE,
  instanceURL,
  OCTETS_TYPE,
  seriesURL,
  studyURL,
  type Trial,
} from '../check.js';
import { firstOf, readDataSets } from '../dicom/dicom-json.js';
import { differences, readPart10, textIn } from '../dicom/part10-reader.js';
import { encodePart10 } from '../dicom/part10-writer.js';
import { SYNTAX } from '../dicom/syntaxes.js';
import type { Fixture } from '../fixtures/fixture.js';
import { parseMultipart } from '../wire/multipart.js';
import { COMPRESSED, onlyPart, syntaxOf } from './transfer-syntaxes.js';

const CT_STUDY = ['CT', 'CT2', 'LOC', 'SR', 'PR'];

/** The instances of one answer, by SOP Instance UID. */
async function instancesAt(t: Trial, target: string, accept: string): Promise<readonly string[]> {
  const { parts } = await t.parts(target, accept);
  return parts.map((part) => textIn(readPart10(part.body).elements, '00080018') ?? 'none');
}

/** The fixture as Explicit VR Little Endian has it. */
const asExplicit = ({ elements, sopClassUID, instance }: Fixture) =>
  readPart10(
    encodePart10(elements, { sopClassUID, sopInstanceUID: instance, transferSyntaxUID: SYNTAX.explicitLittle }),
  );

/** A study of which the caller with the partial token sees some series and not others. @throws Skipped when there is none */
async function studyInPart(t: Trial) {
  const stored = [...t.session.fixtures.values()];
  for (const study of stored.filter(({ study }, i) => stored.findIndex((one) => one.study === study) === i)) {
    const headers = { Accept: 'application/dicom+json' };
    const answer = await t.ask(`${studyURL(study)}/series`, { as: 'partial', headers });
    const series =
      answer.status === 200 ? readDataSets(answer.body).map((set) => firstOf(set, 'SeriesInstanceUID')) : [];
    const all = stored.filter((one) => one.study === study.study);
    const shown = all.filter((one) => series.includes(one.series));
    if (shown.length > 0 && shown.length < all.length) {
      return { study, shown, hidden: all.filter((one) => !series.includes(one.series)) };
    }
  }
  return t.skip('the caller with the partial token sees no study in part');
}

export const INSTANCE_CHECKS: readonly Check[] = [
  check(
    'RI-01',
    'M',
    '10.4.1.1.1',
    'a study, a series and an instance give all their instances as Part 10',
    async (t) => {
      const fixtures = t.fixtures(...CT_STUDY);
      const ct = t.fixture('CT');
      const uids = (list: readonly Fixture[]): readonly string[] => list.map(({ instance }) => instance).sort();
      const came = async (target: string) => [...(await instancesAt(t, target, AS_STORED))].sort();
      t.equal(await came(studyURL(ct)), uids(fixtures), 'instances of the study');
      t.equal(
        await came(seriesURL(ct)),
        uids(fixtures.filter(({ series }) => series === ct.series)),
        'instances of the series',
      );
      t.equal(await came(instanceURL(ct)), [ct.instance], 'the instance');
      for (const part of (await t.parts(studyURL(ct), AS_STORED)).parts) {
        const { meta, elements } = readPart10(part.body);
        t.equal(textIn(meta, '00020003'), textIn(elements, '00080018'), '(0002,0003)');
        t.equal(textIn(meta, '00020002'), textIn(elements, '00080016'), '(0002,0002)');
      }
    },
  ),
  check('RI-02', 'M', 'T10.4.4-1', 'instances as Part 10, and as their bulkdata', async (t) => {
    const ct = t.fixture('CT');
    readPart10(onlyPart(t, await t.parts(instanceURL(ct), DICOM_TYPE)).body);
    const { parts } = await t.parts(instanceURL(ct), OCTETS_TYPE);
    for (const part of parts) {
      t.expect(part.header('Content-Location') !== undefined, 'Content-Location of bulkdata', part.head);
    }
    const hasPixels = parts.some((part) => part.body.equals(ct.frames[0] ?? Buffer.alloc(0)));
    t.expect(hasPixels, 'the Pixel Data among the bulkdata', `${parts.length} parts`);
  }),
  check('RI-03', 'O', 'T10.4.4-1', 'application/dicom by itself is for an instance only', async (t) => {
    const ct = t.fixture('CT');
    const single = await t.get(instanceURL(ct), 'application/dicom; transfer-syntax=*');
    t.status(single, 200, 406);
    if (single.status === 200)
      t.equal(textIn(readPart10(single.body).elements, '00080018'), ct.instance, 'the instance');
    const alone = t.fixture('CXR');
    for (const target of [studyURL(ct), seriesURL(ct), studyURL(alone), seriesURL(alone)]) {
      t.status(await t.get(target, 'application/dicom; transfer-syntax=*'), 406);
    }
    if (single.status === 406) t.skip('an instance by itself is not offered');
  }),
  check('RI-05', 'M', '8.7.9', 'the transfer-syntax of a part is that of its file', async (t) => {
    for (const fixture of t.fixtures('CT', 'MFBOT', ...COMPRESSED)) {
      const part = onlyPart(t, await t.parts(instanceURL(fixture), AS_STORED));
      const told = syntaxOf(part) ?? SYNTAX.explicitLittle;
      t.equal(told, readPart10(part.body).transferSyntaxUID, `transfer-syntax of ${fixture.name}`);
    }
  }),
  check('RI-06', 'M', 'PS3.10 §7.1', 'what is returned is a valid file, with every element', async (t) => {
    for (const fixture of t.fixtures('CT', 'SR', 'PR', 'PDF', 'PRIV', 'EMPTY', 'NUM', 'CR', 'DEFL', 'BE', 'MF1')) {
      const file = readPart10(onlyPart(t, await t.parts(instanceURL(fixture), DICOM_TYPE)).body);
      t.equal(file.transferSyntaxUID, SYNTAX.explicitLittle, `(0002,0010) of ${fixture.name}`);
      const other = differences(asExplicit(fixture).elements, file.elements).filter((text) => !isAddition(text));
      t.none(other, `the elements of ${fixture.name} as stored`);
    }
    for (const fixture of t.fixtures('J2K', 'JLSSIGNED', 'RLECOLOUR', 'J2KCOLOUR', 'MFPARTS')) {
      const file = readPart10(onlyPart(t, await t.parts(instanceURL(fixture), DICOM_TYPE)).body);
      const stored = readPart10(fixture.file).elements;
      const other = differences(stored, file.elements).filter((text) => !isAddition(text) && !isOfPixels(text));
      t.none(other, `all but the pixels of ${fixture.name} as stored`);
    }
  }),
  check('RI-07', 'P', '—', 'transfer-syntax=* gives the file byte for byte', async (t) => {
    for (const fixture of t.session.fixtures.values()) {
      const { transferSyntaxUID, name } = fixture;
      if (transferSyntaxUID === SYNTAX.implicitLittle || transferSyntaxUID === SYNTAX.explicitBig) continue;
      const part = onlyPart(t, await t.parts(instanceURL(fixture), AS_STORED));
      t.sameBytes(part.body, fixture.file, `the file of ${name}`);
    }
    t.fixture('CT');
  }),
  check('RI-08', 'M', '10.4.3.1', 'what is not there, or not there, is 404', async (t) => {
    const [ct, other] = [t.fixture('CT'), t.fixture('CXR')];
    const nobody = '2.25.271828182845904523536';
    for (const target of [
      studyURL({ study: nobody }),
      seriesURL({ ...ct, series: nobody }),
      instanceURL({ ...ct, instance: nobody }),
      seriesURL({ ...ct, series: other.series }),
      instanceURL({ ...ct, instance: other.instance }),
      instanceURL({ ...ct, series: t.fixture('LOC').series }),
      `${instanceURL({ ...ct, study: other.study })}/metadata`,
    ]) {
      t.status(await t.get(target, target.endsWith('metadata') ? 'application/dicom+json' : AS_STORED), 404);
    }
  }),
  check('RI-09', 'P', '—', 'parts come in the same order each time', async (t) => {
    const target = studyURL(t.subject());
    t.equal(await instancesAt(t, target, AS_STORED), await instancesAt(t, target, AS_STORED), 'the order of before');
  }),
  check('RI-10', 'P', 'security', 'a study shows the series that a caller may see, and no others', async (t) => {
    if (t.session.client.tokens.partial === undefined) t.skip('no --partial-token');
    const { study, shown, hidden } = await studyInPart(t);
    const answer = await t.ask(studyURL(study), { as: 'partial', headers: { Accept: AS_STORED } });
    t.status(answer, 200);
    const came = parseMultipart(answer).parts.map(
      (part) => textIn(readPart10(part.body).elements, '00080018') ?? 'none',
    );
    t.equal([...came].sort(), shown.map(({ instance }) => instance).sort(), 'instances of the series that are shown');
    const headers = { Accept: 'application/dicom+json' };
    const metadata = await t.ask(`${studyURL(study)}/metadata`, { as: 'partial', headers });
    t.status(metadata, 200);
    t.equal(readDataSets(metadata.body).length, shown.length, 'data sets of the metadata of the study');
    for (const one of hidden) {
      for (const target of [`${seriesURL(one)}/metadata`, `${instanceURL(one)}/metadata`]) {
        t.status(await t.ask(target, { as: 'partial', headers }), 403, 404);
      }
    }
  }),
  check('RI-11', 'M', '8.7.3.4', 'a value too long for a length of 16 bits becomes UN', async (t) => {
    const fixture = t.fixture('LONGDS');
    const { elements } = readPart10(onlyPart(t, await t.parts(instanceURL(fixture), DICOM_TYPE)).body);
    const long = elements.find(({ tag }) => tag === '00181065');
    t.equal(long?.vr, 'UN', 'the VR of a DS of 72 KiB');
    const expected = asExplicit(fixture).elements.find(({ tag }) => tag === '00181065');
    t.sameBytes(long?.bytes ?? Buffer.alloc(0), expected?.bytes ?? Buffer.alloc(0), 'its value');
  }),
];

/** Decoding changes these, and nothing else: Photometric Interpretation, Planar Configuration, Pixel Data, offset tables. */
const isOfPixels = (difference: string): boolean => /^(?:00280004|00280006|7FE0000[12]|7FE00010)\b/.test(difference);

/** A server may add what tells of itself: that it has coerced, which transfer syntaxes there are, padding. */
const isAddition = (difference: string): boolean => /^(?:04000561|00083002|FFFCFFFC) was added$/.test(difference);
