/** Retrieve of metadata and of the values that it refers to, over HTTP. PS3.18 §10.4.1.1.2, §10.4.1.1.5 */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { everyElement, type JSONDataSet, json } from './dicom-json.js';
import { bytesOf, dataSet, digest, element, type MadeInstance, makeInstance, SYNTAX, valueBytes } from './instances.js';
import { partsOf } from './parts.js';
import { ask } from './wire.js';

const DICOM_JSON = 'application/dicom+json';
const OCTETS = 'application/octet-stream';
const PARTS_OF_OCTETS = `multipart/related; type="${OCTETS}"`;
const REFERABLE = 'DS FL FD IS LT OB OD OF OL OV OW SL SS ST SV UC UL UN US UT UV'.split(' ');

const nested = bytesOf('nested', 3_000);
const rich = makeInstance({
  study: 'rich',
  instance: 'rich/1/1',
  modality: 'MR',
  attributes: {
    PatientName: 'A^B=王^小東=ワン',
    ImageType: ['ORIGINAL', '', 'AXIAL'],
    PresentationLUTShape: 'IDENTITY',
    RedPaletteColorLookupTableData: bytesOf('lut', 4_096),
    ReferencedImageSequence: [dataSet([]), dataSet([element(0x00081155, '1.2.3'), element(0x00420011, nested, 'OB')])],
    PerformedProcedureStepDescription: '',
  },
  elements: [
    element(0x00090010, 'CREATOR', 'LO'),
    element(0x00091001, 'text', 'LO'),
    element(0x00091002, bytesOf('long private', 2_000), 'UN'),
    element(0x00091003, bytesOf('short private', 10), 'UN'),
    element(0x00091004, [dataSet([element(0x00090010, 'CREATOR', 'LO'), element(0x00091005, [1, 2], 'US')])], 'SQ'),
  ],
});
const second = makeInstance({
  study: 'rich',
  instance: 'rich/1/2',
  modality: 'MR',
  attributes: { InstanceNumber: '2' },
});
const bigEndian = makeInstance({
  study: 'big',
  transferSyntaxUID: SYNTAX.bigEndian,
  attributes: { RedPaletteColorLookupTableData: bytesOf('lut big', 4_096) },
  elements: [element(0x00660016, bytesOf('points', 4_096), 'OF')],
});
const deflated = makeInstance({
  study: 'deflated',
  transferSyntaxUID: SYNTAX.deflated,
  attributes: { RedPaletteColorLookupTableData: bytesOf('lut deflated', 4_096) },
});
const report = makeInstance({ study: 'sr', modality: 'SR' });
const pdf = bytesOf('pdf', 2_001);
const document = makeInstance({
  study: 'pdf',
  modality: 'DOC',
  attributes: {
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: 2_001,
    EncapsulatedDocument: pdf,
  },
});
/** Thirty sequences within one another, and a long value in the innermost. */
const deep = makeInstance({
  study: 'deep',
  modality: 'SR',
  elements: [
    Array.from({ length: 29 }).reduce<ReturnType<typeof element>>(
      (inner) => element(0x0040a730, [dataSet([inner])]),
      element(0x0040a730, [dataSet([element(0x00420011, bytesOf('deep', 2_000), 'OB')])]),
    ),
  ],
});
const all = [rich, second, bigEndian, deflated, report, document, deep];

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...all);
});
afterAll(() => archive.close());

const metadata = async (path: string): Promise<readonly JSONDataSet[]> =>
  json<JSONDataSet[]>(await archive.get(`${path}/metadata`));

const metadataOf = async (made: MadeInstance): Promise<JSONDataSet> => {
  const [first] = await metadata(made.path);
  if (first === undefined) throw new Error('An instance has metadata.');
  return first;
};

const bytes = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const studyPath = (made: MadeInstance): string => `/studies/${made.studyInstanceUID}`;
const valuePath = (made: MadeInstance, name: string): string => `${made.path}/bulkdata/${name}`;

describe('metadata', () => {
  it.each([
    ['study', studyPath(rich), 2],
    ['series', `${studyPath(rich)}/series/${rich.seriesInstanceUID}`, 2],
    ['instance', rich.path, 1],
  ])('RM-01 AMB-22 MT-02 ST-14 is one array for a %s', async (_name, path, count) => {
    const response = await archive.get(`${path}/metadata`);
    expect(response.headers.get('content-type')).toBe(DICOM_JSON);
    expect(response.headers.get('content-location')).toBe(`${archive.base}${path}/metadata`);
    expect(await json<unknown[]>(response)).toHaveLength(count);
  });

  it('RM-02 RM-03 RM-04 RM-11 holds every attribute, in the order of tags, and none of group 0002', async () => {
    const text = await (await archive.get(`${rich.path}/metadata`)).text();
    const tags = [...text.matchAll(/"([0-9A-F]{8})":\{"vr"/g)].map(([, tag]) => tag);
    const object = await metadataOf(rich);
    const expected = rich.dataSet.elements.map(({ tag }) => tag.toString(16).toUpperCase().padStart(8, '0'));
    expect(Object.keys(object).toSorted()).toEqual(expected);
    expect(tags.filter((tag) => tag !== undefined && expected.includes(tag) && tag > '00420011').at(-1)).toBe(
      '7FE00010',
    );
    expect(text.indexOf('"20500020"')).toBeGreaterThan(text.indexOf('"00280010"'));
  });

  it('RM-02 keeps private elements, empty values, empty items and sequences', async () => {
    expect(await metadataOf(rich)).toMatchObject({
      '00080008': { vr: 'CS', Value: ['ORIGINAL', null, 'AXIAL'] },
      '00091001': { vr: 'LO', Value: ['text'] },
      '00091003': { vr: 'UN', InlineBinary: bytesOf('short private', 10).toString('base64') },
      '00091004': { vr: 'SQ', Value: [{ '00091005': { vr: 'US', Value: [1, 2] } }] },
      '00400254': { vr: 'LO' },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A^B', Ideographic: '王^小東', Phonetic: 'ワン' }] },
    });
    expect((await metadataOf(rich))['00081140']?.Value?.[0]).toEqual({});
  });

  it('RM-05 RM-06 RM-07 refers to long values of fitting VRs by absolute URLs, and has the rest inline', async () => {
    for (const made of all) {
      for (const [, { vr, BulkDataURI, InlineBinary }] of everyElement(await metadataOf(made))) {
        if (BulkDataURI !== undefined) {
          expect(REFERABLE).toContain(vr);
          expect(BulkDataURI.startsWith(`${archive.base}${made.path}/`)).toBe(true);
        }
        expect(InlineBinary === undefined || InlineBinary.length < 1_400).toBe(true);
      }
    }
    expect(await metadataOf(rich)).toMatchObject({
      '7FE00010': { vr: 'OW', BulkDataURI: `${archive.base}${valuePath(rich, '7FE00010')}` },
      '00280010': { vr: 'US', Value: [3] },
    });
  });

  it.each(['text/csv', 'multipart/related; type="application/dicom"'])(
    'MT-06 MT-07 answers 406 naming JSON and XML to Accept %s',
    async (accept) => {
      const response = await archive.get(`${rich.path}/metadata`, { Accept: accept });
      expect(response.status).toBe(406);
      expect(await json<object>(response)).toMatchObject({
        available: [DICOM_JSON, 'multipart/related; type="application/dicom+xml"', 'application/dicom+xml'],
      });
    },
  );

  it.each([
    DICOM_JSON,
    'application/json',
    'foo, application/dicom+json',
    'application/dicom+json;level=1',
    'Application/DICOM+JSON',
    'application/dicom+json, multipart/related; type=application/octet-stream',
  ])('MT-08 MT-15 MT-30 MT-31 answers JSON to Accept %s', async (accept) => {
    const response = await archive.get(`${rich.path}/metadata`, { Accept: accept });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, DICOM_JSON]);
  });

  it('MT-32 is compressed for who takes gzip, and only then', async () => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}` };
    const target = `/dicom-web${studyPath(rich)}/metadata`;
    const plain = await ask(archive.url, target, { headers });
    expect(plain.headers['content-encoding']).toBeUndefined();
    for (const coding of ['gzip', 'br, gzip;q=0.5', '*']) {
      const answer = await ask(archive.url, target, { headers: { ...headers, 'Accept-Encoding': coding } });
      expect(answer.headers['content-encoding']).toBe('gzip');
      expect(answer.headers['vary']).toContain('Accept-Encoding');
      expect(gunzipSync(answer.body)).toEqual(plain.body);
    }
    for (const coding of ['gzip;q=0', 'identity', 'br', '']) {
      const answer = await ask(archive.url, target, { headers: { ...headers, 'Accept-Encoding': coding } });
      expect([coding, answer.headers['content-encoding']]).toEqual([coding, undefined]);
    }
  });

  it('ST-15 answers HEAD', async () => {
    for (const coding of ['identity', 'gzip']) {
      const response = await archive.get(`${rich.path}/metadata`, { 'Accept-Encoding': coding }, 'HEAD');
      expect([response.status, response.headers.get('content-type')]).toEqual([200, DICOM_JSON]);
      expect(await response.text()).toBe('');
    }
  });

  it('holds an instance as soon as it is stored', async () => {
    const make = (number: number): MadeInstance =>
      makeInstance({ study: 'growing', series: 'growing/1', instance: `growing/${number}` });
    for (const number of [1, 2, 3]) {
      await archive.add(make(number));
      expect(await metadata(studyPath(make(1)))).toHaveLength(number);
    }
  });
});

describe('bulkdata', () => {
  it('RB-01 RB-02 RB-03 resolves every URI in metadata, by itself and as a part', async () => {
    let resolved = 0;
    for (const made of all) {
      for (const [, { BulkDataURI }] of everyElement(await metadataOf(made))) {
        if (BulkDataURI === undefined) continue;
        const path = BulkDataURI.slice(archive.base.length);
        const single = await archive.get(path, { Accept: OCTETS });
        expect([path, single.status, single.headers.get('content-type')]).toEqual([path, 200, OCTETS]);
        expect(single.headers.get('content-location')).toBe(BulkDataURI);
        const value = await bytes(single);
        expect(single.headers.get('content-length')).toBe(String(value.length));
        const { parts } = await partsOf(await archive.get(path, { Accept: PARTS_OF_OCTETS }));
        expect(parts.map(({ body }) => digest(body))).toEqual([digest(value)]);
        resolved += 1;
      }
    }
    expect(resolved).toBeGreaterThan(10);
  });

  it.each([
    [rich, '7FE00010', 0x7fe00010],
    [rich, '00281201', 0x00281201],
    [rich, '00091002', 0x00091002],
    [bigEndian, '7FE00010', 0x7fe00010],
    [bigEndian, '00281201', 0x00281201],
    [bigEndian, '00660016', 0x00660016],
    [deflated, '7FE00010', 0x7fe00010],
    [deflated, '00281201', 0x00281201],
  ] as const)('RB-02 RB-04 gives the value field in little endian: %#', async (made, name, tag) => {
    expect(await bytes(await archive.get(valuePath(made, name)))).toEqual(valueBytes(made, tag));
  });

  it('RB-02 gives a value within a sequence', async () => {
    expect(await bytes(await archive.get(valuePath(rich, '00081140/1/00420011')))).toEqual(nested);
  });

  it('RB-03 names the part by the URI, in a head that clients can read', async () => {
    const path = valuePath(rich, '7FE00010');
    const { parts } = await partsOf(await archive.get(path, { Accept: PARTS_OF_OCTETS }));
    expect(parts[0]?.headers.get('Content-Location')).toBe(archive.base + path);
    expect(parts[0]?.headBytes).toBeLessThanOrEqual(600);
  });

  it('MP-08 keeps heads short however deep a value stands', async () => {
    const response = await archive.get(deep.path, { Accept: PARTS_OF_OCTETS });
    expect(response.status).toBe(200);
    const { parts } = await partsOf(response);
    expect(parts.map(({ body }) => body)).toEqual([bytesOf('deep', 2_000)]);
    expect(parts[0]?.headBytes).toBeLessThanOrEqual(600);
  });

  it('RB-08 AMB-04 is a single part for who says nothing or anything', async () => {
    for (const accept of ['*/*', OCTETS, 'application/*']) {
      const response = await archive.get(valuePath(rich, '7FE00010'), { Accept: accept });
      expect(response.headers.get('content-type')).toBe(OCTETS);
    }
  });

  it('RB-05 gives a document as what it is, without the byte that pads it', async () => {
    const path = valuePath(document, '00420011');
    for (const accept of ['*/*', 'application/pdf', 'application/pdf, application/octet-stream;q=0.5']) {
      const response = await archive.get(path, { Accept: accept });
      expect(response.headers.get('content-type')).toBe('application/pdf');
      expect(response.headers.get('content-disposition')).toBe('attachment');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await bytes(response)).toEqual(pdf);
    }
    const accept = `multipart/related; type="application/pdf", ${PARTS_OF_OCTETS}`;
    const { type, parts } = await partsOf(await archive.get(path, { Accept: accept }));
    expect([type, parts[0]?.headers.get('Content-Type')]).toEqual(['application/pdf', 'application/pdf']);
    expect(parts[0]?.body).toEqual(pdf);
  });

  it('gives a document as octets whose media type is no name of one', async () => {
    const made = makeInstance({
      study: 'long type',
      modality: 'DOC',
      attributes: { MIMETypeOfEncapsulatedDocument: `text/${'x'.repeat(1_000)}`, EncapsulatedDocument: pdf },
    });
    await archive.add(made);
    expect((await archive.get(valuePath(made, '00420011'))).headers.get('content-type')).toBe(OCTETS);
  });

  it.each(['text/javascript', 'Application/X-JavaScript', 'text/ecmascript', 'text/javascript1.5', 'text/css'])(
    'T61 gives a document that a page would run or be styled by as octets: %s',
    async (mediaType) => {
      const made = makeInstance({
        study: mediaType,
        modality: 'DOC',
        attributes: { MIMETypeOfEncapsulatedDocument: mediaType, EncapsulatedDocument: pdf },
      });
      await archive.add(made);
      for (const path of [valuePath(made, '00420011'), `${made.path}/rendered`]) {
        const answer = await archive.get(path, { Accept: '*/*' });
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, OCTETS]);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect((await bytes(answer)).subarray(0, pdf.length)).toEqual(pdf);
        expect((await archive.get(path, { Accept: mediaType })).status).toBe(406);
      }
    },
  );

  it('RI-02 AMB-24 gives all values of a study, series or instance as octets', async () => {
    for (const path of [rich.path, studyPath(rich)]) {
      const { type, parts } = await partsOf(await archive.get(path, { Accept: PARTS_OF_OCTETS }));
      expect(type).toBe(OCTETS);
      const instances = await metadata(path);
      const uris = instances.flatMap(everyElement).flatMap(([, { BulkDataURI = [] }]) => BulkDataURI);
      expect(parts.map(({ headers }) => headers.get('Content-Location'))).toEqual(uris);
    }
  });

  it('answers 404 for all values of what has none', async () => {
    expect((await archive.get(report.path, { Accept: PARTS_OF_OCTETS })).status).toBe(404);
  });

  it.each(['00280010', '00091001', '7FE00008', '00081140/0/00420011', '00081140/7/00420011', 'FFFFFFFF'])(
    'answers 404 to a name that metadata does not refer to: %s',
    async (name) => {
      expect((await archive.get(valuePath(rich, name))).status).toBe(404);
    },
  );

  it.each([
    'x',
    '7fe00010',
    '..%2f..%2f',
    '00081140%2F..%2F00420011',
    '%00',
    '7FE00010.dcm',
    `${'00081140/0/'.repeat(65)}00420011`,
  ])('RB-09 B27 answers 400 to what is no name: %s', async (name) => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}` };
    expect((await ask(archive.url, `/dicom-web${valuePath(rich, name)}`, { headers })).status).toBe(400);
  });

  it('decodes an encoded slash in a name, for there is nothing it could lead out of', async () => {
    expect(await bytes(await archive.get(valuePath(rich, '00081140%2F1%2F00420011')))).toEqual(nested);
  });

  it.each([
    ['bytes=0-9', 206, 'bytes 0-9/24', 0, 10],
    ['bytes=10-', 206, 'bytes 10-23/24', 10, 24],
    ['bytes=-4', 206, 'bytes 20-23/24', 20, 24],
    ['bytes=0-999', 206, 'bytes 0-23/24', 0, 24],
    ['bytes=0-', 206, 'bytes 0-23/24', 0, 24],
    ['bytes=5-4', 200, null, 0, 24],
    ['bytes=0-1,3-4', 200, null, 0, 24],
    ['lines=0-1', 200, null, 0, 24],
    ['bytes=x', 200, null, 0, 24],
    [`bytes=${'0-1,'.repeat(2_000)}0-1`, 200, null, 0, 24],
  ])('RB-07 HT-04 HT-05 B34 T58 answers Range %s', async (range, status, contentRange, from, to) => {
    for (const made of [rich, bigEndian, deflated]) {
      const response = await archive.get(valuePath(made, '7FE00010'), { Accept: OCTETS, Range: range });
      expect([response.status, response.headers.get('content-range')]).toEqual([status, contentRange]);
      expect(response.headers.get('accept-ranges')).toBe('bytes');
      expect(await bytes(response)).toEqual(valueBytes(made, 0x7fe00010).subarray(from, to));
    }
  });

  it.each(['bytes=24-', 'bytes=100-200', 'bytes=-0'])(
    'HT-05 B34 answers 416 with the size to Range %s',
    async (range) => {
      const response = await archive.get(valuePath(rich, '7FE00010'), { Accept: OCTETS, Range: range });
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */24']);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    },
  );

  it('HT-07 gives the whole when a range and parts are asked for', async () => {
    const response = await archive.get(valuePath(rich, '7FE00010'), { Accept: PARTS_OF_OCTETS, Range: 'bytes=0-9' });
    expect(response.status).toBe(200);
    expect((await partsOf(response)).parts[0]?.body).toHaveLength(24);
  });

  it('ST-15 answers HEAD as GET without a range, for a range is of GET alone', async () => {
    const response = await archive.get(valuePath(rich, '7FE00010'), { Accept: OCTETS, Range: 'bytes=0-9' }, 'HEAD');
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '24']);
  });
});
