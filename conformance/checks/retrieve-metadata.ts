/** PS3.18 §10.4.1.1.2: metadata. */
import { type Check, check, instanceURL, JSON_TYPE, seriesURL, studyURL, XML_TYPE } from '../check.js';
import { elementsOf, firstOf, type JSONDataSet, readDataSets, valuesOf } from '../dicom/dicom-json.js';
import { named } from '../dicom/dictionary.js';
import { readNativeModel } from '../dicom/native-model.js';
import { bulkdataURIs, metadataOf, readable, resolved } from './bulkdata-uris.js';

const BULKDATA_VRS = new Set('DS FL FD IS LT OB OD OF OL OV OW SL SS ST SV UC UL UN US UT UV'.split(' '));
const ALL_FORMS = [
  'CT',
  'J2K',
  'SR',
  'PR',
  'PDF',
  'EMPTY',
  'NUM',
  'PRIV',
  'CR',
  'BE',
  'DEFL',
  'CXR',
  'MFEOT',
  'LONGDS',
];
/** What a server may tell of its copies in metadata. */
const MAY_BE_ADDED = new Set(['00083002', '00081190', '00080056', '00080005', '04000561']);

export const METADATA_CHECKS: readonly Check[] = [
  check('RM-01', 'M', 'F.2.1', 'metadata is one array, of one object for each instance', async (t) => {
    const ct = t.fixture('CT');
    const inStudy = t.fixtures('CT', 'CT2', 'LOC', 'SR', 'PR');
    const counts = async (target: string) => readDataSets((await t.got(`${target}/metadata`, JSON_TYPE)).body).length;
    t.equal(await counts(studyURL(ct)), inStudy.length, 'objects for the study');
    t.equal(await counts(seriesURL(ct)), inStudy.filter(({ series }) => series === ct.series).length, 'for the series');
    t.equal(await counts(instanceURL(ct)), 1, 'objects for the instance');
  }),
  check('RM-02', 'M', '10.4.3.3.2', 'metadata has every attribute', async (t) => {
    for (const fixture of t.fixtures(...ALL_FORMS)) {
      const set = await metadataOf(t, fixture);
      const missing = fixture.elements.filter(
        ({ tag }) => set[tag] === undefined && tag !== '7FE00001' && tag !== '7FE00002',
      );
      t.none(
        missing.map(({ tag }) => `${named(tag)} is missing`),
        `all attributes of ${fixture.name}`,
      );
      const stored = new Set(fixture.elements.map(({ tag }) => tag));
      const added = Object.keys(set).filter((tag) => !stored.has(tag) && !MAY_BE_ADDED.has(tag));
      t.none(
        added.map((tag) => `${named(tag)} was added`),
        `no other attributes than those of ${fixture.name}`,
      );
    }
  }),
  check('RM-03', 'M', '10.4.1.1.2', 'metadata has nothing of group 0002', async (t) => {
    const tags = Object.keys(await metadataOf(t, t.subject())).filter((tag) => tag.startsWith('0002'));
    t.equal(tags, [], 'elements of group 0002');
  }),
  check('RM-04', 'M', 'F.2.2', 'metadata has no group lengths', async (t) => {
    const tags = Object.keys(await metadataOf(t, t.subject())).filter((tag) => tag.endsWith('0000'));
    t.equal(tags, [], 'group lengths');
  }),
  check('RM-05', 'M', '10.4.3.3.2', 'BulkDataURI stands for values of certain VRs only', async (t) => {
    for (const subject of await readable(t, ALL_FORMS)) {
      for (const [path, , { vr, BulkDataURI }] of elementsOf(await metadataOf(t, subject))) {
        if (BulkDataURI === undefined) continue;
        t.expect(BULKDATA_VRS.has(String(vr)), 'no BulkDataURI for this VR', `${path} with ${String(vr)}`);
      }
    }
  }),
  check('RM-06', 'P', 'OHIF', 'Pixel Data is referred to, and what describes it is not', async (t) => {
    for (const fixture of t.fixtures('CT', 'J2K', 'MF')) {
      const set = await metadataOf(t, fixture);
      const { vr, BulkDataURI } = set['7FE00010'] ?? {};
      t.expect(vr === 'OW' || vr === 'OB', 'OW or OB for Pixel Data', vr);
      t.expect(typeof BulkDataURI === 'string', 'a BulkDataURI for Pixel Data', set['7FE00010']);
      for (const keyword of ['Rows', 'Columns', 'BitsAllocated', 'SamplesPerPixel', 'PixelRepresentation']) {
        t.expect(typeof valuesOf(set, keyword)[0] === 'number', `${keyword} inline`, valuesOf(set, keyword));
      }
    }
    const small = (await metadataOf(t, t.fixture('PRIV')))['00231003'];
    t.expect(small?.InlineBinary !== undefined, 'a private value of 6 bytes inline', small);
  }),
  check('RM-07', 'P', 'OHIF', 'BulkDataURIs are URLs, absolute or as viewers resolve them', async (t) => {
    const subject = t.subject();
    for (const [path, , { BulkDataURI }] of elementsOf(await metadataOf(t, subject))) {
      if (BulkDataURI === undefined) continue;
      const uri = resolved(t, subject, BulkDataURI);
      t.expect(/^https?:\/\/[^/]+\/[!-~]+$/.test(uri), `a URL for ${path}`, BulkDataURI);
    }
    for (const uri of (await bulkdataURIs(t, subject)).values()) {
      const { status } = await t.get(uri, 'multipart/related; type="application/octet-stream"; transfer-syntax=*');
      t.expect(status === 200, `200 for ${uri}`, status);
    }
  }),
  check('RM-08', 'M', 'T10.4.4-1', 'metadata as XML: one document for each instance', async (t) => {
    const ct = t.fixture('CT');
    const json = readDataSets((await t.got(`${studyURL(ct)}/metadata`, JSON_TYPE)).body);
    const { parts } = await t.parts(`${studyURL(ct)}/metadata`, XML_TYPE);
    t.equal(parts.length, json.length, 'documents');
    const uidOf = (set: JSONDataSet): string => firstOf(set, 'SOPInstanceUID') ?? 'none';
    const xml = parts.map((part) => readNativeModel(part.body));
    for (const { faults } of xml) t.none(faults, 'documents of the Native DICOM Model');
    t.equal(xml.map(({ dataSet }) => uidOf(dataSet)).sort(), json.map(uidOf).sort(), 'the instances of the JSON');
  }),
  check('RM-09', 'S', '10.4.1.1.2', 'metadata tells of pixels as they are stored', async (t) => {
    for (const [name, photometric] of [
      ['CXR', 'MONOCHROME1'],
      ['LOSSY', 'YBR_FULL_422'],
      ['J2K', 'MONOCHROME2'],
    ] as const) {
      const set = await metadataOf(t, t.fixture(name));
      t.equal(firstOf(set, 'PhotometricInterpretation'), photometric, `PhotometricInterpretation of ${name}`);
    }
  }),
  check('RM-11', 'P', 'OHIF', 'each object says what it is and where it belongs', async (t) => {
    const sets = readDataSets((await t.got(`${studyURL(t.subject())}/metadata`, JSON_TYPE)).body);
    for (const set of sets) {
      for (const keyword of ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'SOPClassUID', 'Modality']) {
        t.expect(firstOf(set, keyword) !== undefined, `${keyword} in every object`, Object.keys(set).join(' '));
      }
    }
    if (t.session.isReadOnly) return;
    t.equal(
      firstOf(await metadataOf(t, t.fixture('MF')), 'NumberOfFrames'),
      '3',
      'NumberOfFrames of a multi-frame image',
    );
  }),
];
