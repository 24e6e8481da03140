/** PS3.19 §A.1: the Native DICOM Model, in metadata, and XML that is stored. */
import { type Check, check, instanceURL, JSON_TYPE, type Trial, XML_TYPE } from '../check.js';
import { type JSONDataSet, valuesOf } from '../dicom/dicom-json.js';
import { tagOf } from '../dicom/dictionary.js';
import { readNativeModel, writeNativeModel } from '../dicom/native-model.js';
import { readXML } from '../dicom/xml.js';
import { PRIVATE_BYTES } from '../fixtures/values.js';
import type { Subject } from '../session.js';
import { writeMultipart } from '../wire/multipart.js';
import { metadataOf } from './bulkdata-uris.js';
import { freshImage, send } from './storing.js';
import { onlyPart } from './transfer-syntaxes.js';

async function documentOf(t: Trial, subject: Subject): Promise<Buffer> {
  return onlyPart(t, await t.parts(`${instanceURL(subject)}/metadata`, XML_TYPE)).body;
}

async function modelOf(t: Trial, subject: Subject): Promise<JSONDataSet> {
  const { dataSet, faults } = readNativeModel(await documentOf(t, subject));
  t.none(faults, 'a document of the Native DICOM Model');
  return dataSet;
}

const texts = (set: JSONDataSet, keyword: string): readonly unknown[] => valuesOf(set, keyword);

export const NATIVE_XML_CHECKS: readonly Check[] = [
  check('X-01', 'M', 'PS3.19 §A.1.5', 'documents have the elements, names and numbers of the model', async (t) => {
    for (const name of ['CT', 'SR', 'PR', 'EMPTY', 'NUM', 'PRIV', 'NAMES87', 'CXR']) {
      const fixture = t.fixture(name);
      const xml = await modelOf(t, fixture);
      const json = await metadataOf(t, fixture);
      const tags = (set: JSONDataSet) =>
        Object.keys(set).filter((tag) => Number.parseInt(tag.slice(0, 4), 16) % 2 === 0);
      t.equal(tags(xml).sort(), tags(json).sort(), `attributes of ${name}, private ones left out`);
      for (const tag of tags(json)) t.equal(xml[tag]?.vr, json[tag]?.vr, `vr of ${tag} in ${name}`);
    }
    const empty = await modelOf(t, t.fixture('EMPTY'));
    t.equal(texts(empty, 'ImageType'), ['ORIGINAL', null, 'AXIAL'], 'ImageType with an empty value');
    t.equal(texts(empty, 'AccessionNumber'), [], 'an empty Accession Number');
    t.equal(texts(empty, 'ReferencedImageSequence').length, 3, 'items of a sequence with an empty one');
    t.equal(texts(empty, 'ImageComments'), ['one\\still one'], 'an LT with a backslash');
    const names = await modelOf(t, t.fixture('NAMES87'));
    t.equal(
      texts(names, 'PatientName'),
      [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' }],
      'PatientName',
    );
    const numbers = await modelOf(t, t.fixture('NUM'));
    t.equal(texts(numbers, 'SelectorATValue'), ['00181063', '7FE00010'], 'AT');
    t.equal(texts(numbers, 'SelectorUVValue').map(String), ['18446744073709551615'], 'UV');
    t.equal(texts(numbers, 'SliceThickness').map(Number), [1.5], 'DS');
    const report = readNativeModel(await documentOf(t, t.fixture('SR'))).dataSet;
    const [item] = valuesOf(report, 'ContentSequence') as readonly JSONDataSet[];
    const text = String(valuesOf(item, 'TextValue')[0]).replace(/\r\n?/g, '\n');
    t.equal(text, 'Nothing to see <here> & no "more"\nthan this.', 'text with characters that XML escapes');
  }),
  check('X-02', 'M', 'F.3.1', 'private attributes by element number and creator', async (t) => {
    const root = readXML(await documentOf(t, t.fixture('PRIV')));
    const of = (tag: string, creator?: string) =>
      root.children.filter(
        (one) => one.attributes.get('tag') === tag && one.attributes.get('privateCreator') === creator,
      );
    for (const [tag, creator, vr] of [
      ['00230002', 'AcmeCompany', 'LO'],
      ['00230003', 'AcmeCompany', 'UN'],
      ['00230004', 'AcmeCompany', 'SQ'],
      ['00230002', 'OtherCompany', 'US'],
    ] as const) {
      const [one] = of(tag, creator);
      t.equal(one?.attributes.get('vr'), vr, `vr of ${tag} of ${creator}`);
    }
    const [bytes] = of('00230003', 'AcmeCompany');
    const inline = bytes?.children.find(({ name }) => name === 'InlineBinary')?.text.trim();
    if (inline !== undefined) t.equal(inline, PRIVATE_BYTES.toString('base64'), 'the private bytes');
    t.expect(
      root.children.every((one) => one.attributes.get('tag') !== '00231002'),
      'no tag with the number of its block',
      '00231002',
    );
  }),
  check('X-03', 'P', 'security', 'XML with a document type, or too deep, is refused', async (t) => {
    t.stores();
    const image = freshImage(t);
    const good = writeNativeModel(image.elements);
    const post = (body: string) =>
      send(t, writeMultipart([{ type: 'application/dicom+xml', body }], 'b'), `${XML_TYPE}; boundary=b`);
    const external = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>';
    const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(50)}"><!ENTITY c "${'&b;'.repeat(50)}">]>`;
    for (const [what, doctype, entity] of [
      ['an external entity', external, '&e;'],
      ['entities within entities', laughs, '&c;'],
      ['a document type', '<!DOCTYPE NativeDicomModel>', ''],
    ] as const) {
      const answer = await post(good.replace('?>\n', `?>\n${doctype}`).replace('>CT<', `>CT${entity}<`));
      if (answer.status === 415) t.skip('storing XML is not offered (415)');
      t.expect(answer.status === 400 || answer.status === 409, `400 or 409 for ${what}`, answer.status);
      t.status(await t.get(`${instanceURL(image)}/metadata`, JSON_TYPE), 404);
    }
    const open = '<DicomAttribute tag="00081140" vr="SQ"><Item number="1">';
    const close = '</Item></DicomAttribute>';
    const deep = good.replace(
      `<DicomAttribute tag="${tagOf('StudyDate')}"`,
      `${open.repeat(5_000)}${close.repeat(5_000)}$&`,
    );
    const { status } = await post(deep);
    t.expect(status === 400 || status === 409 || status === 413, '400, 409 or 413 for 5,000 nested sequences', status);
  }),
];
