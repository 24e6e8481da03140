/** DICOM XML wherever DICOM JSON is given: metadata, search, the answer to Store. PS3.18 §8.7.3.2, PS3.19 §A.1 */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differencesOfModels } from '../support/native-xml.js';
import { multipartBody } from '../support/running-archive.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, dataSet, element, makeInstance } from './instances.js';
import { type AnswerPart, partsOf } from './parts.js';
import { ask } from './wire.js';

const XML = 'application/dicom+xml';
const JSON_TYPE = 'application/dicom+json';
const PARTS_OF_XML = `multipart/related; type="${XML}"`;

const rich = makeInstance({
  study: 'rich',
  instance: 'rich/1/1',
  modality: 'MR',
  attributes: {
    PatientName: 'A^B^^^E^F=王^小東=',
    OtherPatientNames: ['X^Y', '', 'Z'],
    ImageType: ['ORIGINAL', '', 'AXIAL', ''],
    PatientComments: ' a\tb\r\n<&>"\'\f\u0001 ]]> 😀',
    AccessionNumber: '',
    FrameIncrementPointer: [0x00181063],
    PresentationLUTShape: 'IDENTITY',
    RedPaletteColorLookupTableData: bytesOf('lut', 4_096),
    ReferencedImageSequence: [dataSet([]), dataSet([element(0x00081155, '1.2.3')])],
    ReferencedStudySequence: [],
  },
  elements: [
    element(0x00090010, 'CREATOR & "Co"', 'LO'),
    element(0x00090011, 'OTHER', 'LO'),
    element(0x00090012, 'OTHER', 'LO'),
    element(0x00091001, [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e300], 'FD'),
    element(0x00091101, bytesOf('short private', 10), 'UN'),
    element(0x00091201, 'of the second block of one creator', 'LT'),
    element(0x00091301, 'of nobody', 'LT'),
    element(0x00091102, [dataSet([element(0x00090020, 'INNER', 'LO'), element(0x00092005, [1, 2], 'US')])], 'SQ'),
  ],
});
const second = makeInstance({
  study: 'rich',
  instance: 'rich/1/2',
  modality: 'MR',
  attributes: { InstanceNumber: '2' },
});
const study = `/studies/${rich.studyInstanceUID}`;

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(rich, second);
});
afterAll(() => archive.close());

async function xmlParts(path: string, accept = PARTS_OF_XML): Promise<readonly AnswerPart[]> {
  const response = await archive.get(path, { Accept: accept });
  expect(response.status).toBe(200);
  const { type, parts } = await partsOf(response);
  expect(type).toBe(XML);
  return parts;
}

async function jsonObjects(path: string): Promise<readonly string[]> {
  const response = await archive.get(path, { Accept: JSON_TYPE });
  const objects: readonly unknown[] = JSON.parse(await response.text());
  return objects.map((object) => JSON.stringify(object));
}

/** The documents say what the objects say, in the same order. */
function expectSame(parts: readonly AnswerPart[], objects: readonly string[]): void {
  expect(parts.length).toBe(objects.length);
  const pairs = parts.map(({ body }, i) => ({ xml: body.toString(), json: objects[i] ?? '' }));
  expect(differencesOfModels(pairs)).toEqual(pairs.map(() => []));
}

describe('metadata as DICOM XML', () => {
  it.each([study, `${study}/series/${rich.seriesInstanceUID}`, rich.path])(
    'RM-08 MT-33 X-01 X-02 has one document for each instance of %s that says what the JSON says',
    async (path) => {
      const parts = await xmlParts(`${path}/metadata`);
      expectSame(parts, await jsonObjects(`${path}/metadata`));
    },
  );

  it('X-01 X-02 names attributes by keyword, private ones by creator, and keeps what XML can not write apart', async () => {
    const [part] = await xmlParts(`${rich.path}/metadata`);
    const xml = part?.body.toString() ?? '';
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<NativeDicomModel xmlns="http:\/\/dicom.nema.org\/PS3.19\/models\/NativeDICOM" xml:space="preserve">/,
    );
    for (const text of [
      '<DicomAttribute tag="00080008" vr="CS" keyword="ImageType"><Value number="1">ORIGINAL</Value><Value number="2"/><Value number="3">AXIAL</Value><Value number="4"/></DicomAttribute>',
      '<DicomAttribute tag="00080050" vr="SH" keyword="AccessionNumber"></DicomAttribute>',
      '<DicomAttribute tag="00081110" vr="SQ" keyword="ReferencedStudySequence"></DicomAttribute>',
      '<Item number="1"></Item><Item number="2"><DicomAttribute tag="00081155" vr="UI" keyword="ReferencedSOPInstanceUID">',
      '<PersonName number="1"><Alphabetic><FamilyName>A</FamilyName><GivenName>B</GivenName><NameSuffix>E^F</NameSuffix></Alphabetic><Ideographic><FamilyName>王</FamilyName><GivenName>小東</GivenName></Ideographic></PersonName>',
      '<PersonName number="2"></PersonName>',
      '<Value number="1"> a&#9;b&#13;&#10;&lt;&amp;&gt;&quot;\'\ufffd\ufffd ]]&gt; 😀</Value>',
      '<DicomAttribute tag="00090001" vr="FD" privateCreator="CREATOR &amp; &quot;Co&quot;"><Value number="1">NaN</Value><Value number="2">INF</Value><Value number="3">-0</Value><Value number="4">1e+300</Value></DicomAttribute>',
      '<DicomAttribute tag="00091201" vr="LT"><Value',
      '<DicomAttribute tag="00091301" vr="LT"><Value',
      '<DicomAttribute tag="00090005" vr="US" privateCreator="INNER"><Value number="1">1</Value><Value number="2">2</Value></DicomAttribute>',
      `<BulkData uri="${archive.base}${rich.path}/bulkdata/00281201"/>`,
    ]) {
      expect(xml).toContain(text);
    }
  });

  it('MP-06 says of which resource each part is', async () => {
    const parts = await xmlParts(`${study}/metadata`);
    expect(parts.map(({ headers }) => headers.get('Content-Location'))).toEqual(
      [rich, second].map(({ path }) => `${archive.base}${path}/metadata`),
    );
  });

  it.each([
    ['MT-02', '*/*', JSON_TYPE],
    ['MT-03', `${JSON_TYPE};q=0.5, ${PARTS_OF_XML}`, 'multipart/related'],
    ['MT-03', `${JSON_TYPE}, ${PARTS_OF_XML};q=0.5`, JSON_TYPE],
    ['MT-04', `${JSON_TYPE};q=0, */*`, 'multipart/related'],
    ['MT-15 MT-16', `Multipart/Related; Type=Application/DICOM+XML`, 'multipart/related'],
    ['MT-31', `${JSON_TYPE}, multipart/related; type=application/octet-stream`, JSON_TYPE],
  ])('%s negotiates %s', async (_, accept, type) => {
    for (const path of [`${study}/metadata`, '/studies']) {
      const response = await archive.get(path, { Accept: accept });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')?.split(';')[0]).toBe(type);
      await response.arrayBuffer();
    }
  });

  it('MT-14 takes the accept parameter with a plus that is a plus', async () => {
    const accept = 'accept=multipart/related;type=%22application/dicom+xml%22';
    const response = await archive.get(`${rich.path}/metadata?${accept}`, { Accept: '*/*' });
    expect((await partsOf(response)).type).toBe(XML);
  });

  it('gives the one document of an instance by itself, and that of a study not', async () => {
    const response = await archive.get(`${rich.path}/metadata`, { Accept: XML });
    expect(response.headers.get('content-type')).toBe(XML);
    const [json = ''] = await jsonObjects(`${rich.path}/metadata`);
    expect(differencesOfModels([{ xml: await response.text(), json }])).toEqual([[]]);
    const refused = await archive.get(`${study}/metadata`, { Accept: XML });
    expect(refused.status).toBe(406);
    expect(await refused.json()).toMatchObject({ available: [JSON_TYPE, PARTS_OF_XML] });
  });

  it('MT-32 compresses it for who takes that', async () => {
    const answer = await ask(archive.url, `/dicom-web${rich.path}/metadata`, {
      headers: { Accept: XML, 'Accept-Encoding': 'gzip', Authorization: `Bearer ${archive.curatorToken}` },
    });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.body).toString()).toContain('</NativeDicomModel>');
  });

  it('is 404 where there is nothing', async () => {
    const response = await archive.get('/studies/1.2.3/metadata', { Accept: PARTS_OF_XML });
    expect(response.status).toBe(404);
  });
});

describe('search results as DICOM XML', () => {
  it.each(['/studies', '/series', '/instances', `${study}/instances?includefield=all`])(
    'QD-02 MT-33 has one document for each result of %s',
    async (path) => {
      expectSame(await xmlParts(path), await jsonObjects(path));
    },
  );

  it('QD-03 QD-06 keeps status and Warning', async () => {
    expect((await archive.get('/studies?PatientID=nobody', { Accept: PARTS_OF_XML })).status).toBe(204);
    const response = await archive.get('/instances?limit=1', { Accept: PARTS_OF_XML });
    expect(response.headers.get('warning')).toContain('There are 1 additional results');
    expect((await partsOf(response)).parts.length).toBe(1);
  });
});

describe('the answer to Store as DICOM XML', () => {
  it('SW-19 is one document with the module', async () => {
    const files = [rich.file, Buffer.from('no instance')];
    const store = (accept: string): Promise<Response> =>
      archive.fetch(archive.siteToken, '/studies', {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts', Accept: accept },
        body: multipartBody(files, 'parts'),
      });
    const response = await store(XML);
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe(XML);
    expect(response.headers.get('location')).toBe(archive.base + study);
    const json = await (await store(JSON_TYPE)).text();
    expect(differencesOfModels([{ xml: await response.text(), json }])).toEqual([[]]);
  });
});
