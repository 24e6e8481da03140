/** The client that viewers are built on, unchanged, against the server. Its own types do not fit what it takes. */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { XMLHttpRequest } from '../support/xml-http-request.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, items, type JSONDataSet } from './dicom-json.js';
import { bytesOf, codeStream, digest, type MadeInstance, makeInstance, SYNTAX, valueBytes } from './instances.js';

interface Path {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
}

interface MediaType {
  readonly mediaType: string;
  readonly transferSyntaxUID?: string;
}

interface Rendered {
  readonly mediaTypes?: readonly MediaType[];
  readonly queryParams?: Readonly<Record<string, unknown>>;
}

interface Query {
  readonly queryParams?: Readonly<Record<string, string>>;
}

interface Client {
  storeInstances(options: { datasets: readonly ArrayBuffer[]; studyInstanceUID?: string }): Promise<string>;
  searchForStudies(options?: Query): Promise<readonly JSONDataSet[]>;
  searchForSeries(options?: Query & Partial<Path>): Promise<readonly JSONDataSet[]>;
  searchForInstances(options?: Query & Partial<Path>): Promise<readonly JSONDataSet[]>;
  retrieveStudyMetadata(options: Path): Promise<readonly JSONDataSet[]>;
  retrieveSeriesMetadata(options: Path): Promise<readonly JSONDataSet[]>;
  retrieveInstanceMetadata(options: Path): Promise<readonly JSONDataSet[]>;
  retrieveStudy(options: Path): Promise<readonly ArrayBuffer[]>;
  retrieveSeries(options: Path): Promise<readonly ArrayBuffer[]>;
  retrieveInstance(options: Path): Promise<ArrayBuffer>;
  retrieveInstanceFrames(
    options: Path & { frameNumbers: readonly number[]; mediaTypes?: readonly MediaType[] },
  ): Promise<readonly ArrayBuffer[]>;
  retrieveBulkData(options: {
    BulkDataURI: string;
    mediaTypes?: readonly MediaType[];
    byteRange?: readonly number[];
  }): Promise<readonly ArrayBuffer[]>;
  retrieveInstanceRendered(options: Path & Rendered): Promise<readonly ArrayBuffer[]>;
  retrieveInstanceThumbnail(options: Path & Rendered): Promise<readonly ArrayBuffer[]>;
  retrieveInstanceFramesRendered(
    options: Path & Rendered & { frameNumbers: readonly number[] },
  ): Promise<readonly ArrayBuffer[]>;
  retrieveInstanceFramesThumbnail(
    options: Path & Rendered & { frameNumbers: readonly number[] },
  ): Promise<readonly ArrayBuffer[]>;
  buildInstanceWadoURIUrl(options: Path & { contentType?: string; transferSyntax?: string }): string;
}

interface ClientPackage {
  readonly api: {
    readonly DICOMwebClient: new (options: {
      url: string;
      headers: Readonly<Record<string, string>>;
      singlepart?: string;
      wadoURLPrefix?: string;
      verbose: boolean;
    }) => Client;
  };
}

const { api }: ClientPackage = createRequire(import.meta.url)('dicomweb-client');

const ct = [1, 2, 3].map((number) =>
  makeInstance({
    study: 'client',
    series: 'client/ct',
    instance: `client/ct/${number}`,
    attributes: {
      InstanceNumber: String(number),
      PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
      NumberOfFrames: '2',
      PixelData: bytesOf(`client ${number}`, 48),
    },
  }),
);
const dx = makeInstance({ study: 'client', series: 'client/dx', modality: 'DX', attributes: { SeriesNumber: '2' } });
const streams = [codeStream('first', 30), codeStream('second', 40)];
const compressed = makeInstance({
  study: 'compressed',
  transferSyntaxUID: SYNTAX.jpegBaseline,
  fragments: streams.map((stream) => [stream]),
  attributes: { NumberOfFrames: '2' },
});
const pdf = bytesOf('client pdf', 2_001);
const document = makeInstance({
  study: 'document',
  modality: 'DOC',
  attributes: {
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocumentLength: 2_001,
    EncapsulatedDocument: pdf,
  },
});
const [first] = ct;
if (first === undefined) throw new Error('There are three.');

let archive: CuratedArchive;
let client: Client;
let answer: string;

const clientWith = (token: string, singlepart?: string): Client =>
  new api.DICOMwebClient({
    url: archive.base,
    headers: { Authorization: `Bearer ${token}` },
    verbose: false,
    ...(singlepart === undefined ? {} : { singlepart }),
  });

const asArrayBuffer = ({ file }: MadeInstance): ArrayBuffer => Uint8Array.from(file).buffer;
const digestOf = (bytes: ArrayBuffer | undefined): string => digest(bytes && new Uint8Array(bytes));

beforeAll(async () => {
  vi.stubGlobal('XMLHttpRequest', XMLHttpRequest);
  archive = await startCuratedArchive();
  client = clientWith(archive.curatorToken);
  answer = await clientWith(archive.siteToken).storeInstances({ datasets: [...ct, dx].map(asArrayBuffer) });
  await archive.add(compressed, document);
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await archive.close();
});

describe('dicomweb-client', () => {
  it('SW-05 SW-38 stores, and is told of each instance', async () => {
    const module: JSONDataSet = JSON.parse(answer);
    expect(items(module, '00081199').map((item) => firstValue(item, '00081155'))).toEqual(
      [...ct, dx].map(({ sopInstanceUID }) => sopInstanceUID),
    );
  });

  it('stores into a study', async () => {
    const added = makeInstance({ study: 'client added' });
    const { studyInstanceUID } = added;
    const text = await clientWith(archive.siteToken).storeInstances({
      datasets: [asArrayBuffer(added)],
      studyInstanceUID,
    });
    expect(JSON.parse(text)).toHaveProperty('00081199');
  });

  it('MA-17 finds studies as a viewer asks for them', async () => {
    const queryParams = {
      PatientName: '*yamada*',
      ModalitiesInStudy: 'CT,MR',
      limit: '101',
      offset: '0',
      fuzzymatching: 'false',
      includefield: '00081030,00080060,00080090,00100030',
      StudyDate: '20200101-20201231',
      StudyInstanceUID: `${first.studyInstanceUID}\\1.3`,
    };
    const [study, ...others] = await client.searchForStudies({ queryParams });
    expect(others).toEqual([]);
    expect(study && firstValue(study, '0020000D')).toBe(first.studyInstanceUID);
    expect(study?.['00080061']?.Value).toEqual(['CT', 'DX']);
  });

  it('QP-11 QD-03 finds all, and nothing', async () => {
    expect((await client.searchForStudies({ queryParams: {} })).length).toBeGreaterThanOrEqual(3);
    expect(await client.searchForStudies({ queryParams: { PatientID: 'nobody' } })).toEqual([]);
  });

  it('finds series and instances', async () => {
    const { studyInstanceUID, seriesInstanceUID } = first;
    const series = await client.searchForSeries({ studyInstanceUID });
    expect(series.map((one) => firstValue(one, '00080060')).toSorted()).toEqual(['CT', 'DX']);
    expect(await client.searchForInstances({ studyInstanceUID, seriesInstanceUID })).toHaveLength(3);
    expect((await client.searchForSeries()).length).toBeGreaterThanOrEqual(4);
    expect((await client.searchForInstances()).length).toBeGreaterThanOrEqual(6);
  });

  it('RM-01 retrieves metadata of every level', async () => {
    expect(await client.retrieveStudyMetadata(first)).toHaveLength(4);
    expect(await client.retrieveSeriesMetadata(first)).toHaveLength(3);
    const [instance = {}, ...others] = await client.retrieveInstanceMetadata(first);
    expect(others).toEqual([]);
    expect(firstValue(instance, '00080018')).toBe(first.sopInstanceUID);
    expect(instance['00100010']?.Value).toEqual([
      { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' },
    ]);
  });

  it('RI-01 MP-03 MP-05 retrieves a study, a series and an instance byte for byte', async () => {
    const ofSeries = ct.map(({ file }) => digest(file));
    expect((await client.retrieveStudy(first)).map(digestOf).toSorted()).toEqual(
      [...ofSeries, digest(dx.file)].toSorted(),
    );
    expect((await client.retrieveSeries(first)).map(digestOf)).toEqual(ofSeries);
    expect(digestOf(await client.retrieveInstance(first))).toBe(digest(first.file));
  });

  it('RF-01 retrieves native frames', async () => {
    const pixels = valueBytes(first, 0x7fe00010);
    const frames = await client.retrieveInstanceFrames({ ...first, frameNumbers: [1, 2] });
    expect(frames.map(digestOf)).toEqual([digest(pixels.subarray(0, 24)), digest(pixels.subarray(24))]);
  });

  it.each([
    [[{ mediaType: 'image/jpeg', transferSyntaxUID: SYNTAX.jpegBaseline }]],
    [[{ mediaType: 'image/*', transferSyntaxUID: '*' }]],
    [
      [
        { mediaType: 'image/jpeg', transferSyntaxUID: SYNTAX.jpegBaseline },
        { mediaType: 'application/octet-stream', transferSyntaxUID: SYNTAX.explicit },
      ],
    ],
    [[{ mediaType: 'application/octet-stream', transferSyntaxUID: '*' }]],
  ])('RF-05 RF-07 MT-05 retrieves compressed frames: %j', async (mediaTypes) => {
    const frames = await client.retrieveInstanceFrames({ ...compressed, frameNumbers: [1, 2], mediaTypes });
    expect(frames.map(digestOf)).toEqual(streams.map(digest));
  });

  it('RB-01 RB-08 HT-07 retrieves bulkdata, as parts and by itself', async () => {
    const [metadata] = await client.retrieveInstanceMetadata(first);
    const BulkDataURI = metadata?.['7FE00010']?.BulkDataURI ?? '';
    const expected = [digest(valueBytes(first, 0x7fe00010))];
    expect((await client.retrieveBulkData({ BulkDataURI })).map(digestOf)).toEqual(expected);
    expect((await client.retrieveBulkData({ BulkDataURI, byteRange: [0, 9] })).map(digestOf)).toEqual(expected);
    const single = clientWith(archive.curatorToken, 'bulkdata');
    expect((await single.retrieveBulkData({ BulkDataURI })).map(digestOf)).toEqual(expected);
  });

  it('RP-01 RB-06 retrieves all pixels and all values of an instance, as viewers do that have no BulkDataURI', async () => {
    const pixels = [digest(valueBytes(first, 0x7fe00010))];
    for (const which of ['pixeldata', 'bulkdata']) {
      const BulkDataURI = `${archive.base}${first.path}/${which}`;
      expect((await client.retrieveBulkData({ BulkDataURI })).map(digestOf)).toEqual(pixels);
    }
    const mediaTypes = [{ mediaType: 'application/octet-stream', transferSyntaxUID: '*' }];
    const BulkDataURI = `${archive.base}${compressed.path}/pixeldata`;
    expect((await client.retrieveBulkData({ BulkDataURI, mediaTypes })).map(digestOf)).toEqual(streams.map(digest));
  });

  it('RB-05 retrieves a document', async () => {
    const BulkDataURI = `${archive.base}${document.path}/bulkdata/00420011`;
    const mediaTypes = [{ mediaType: 'application/pdf' }, { mediaType: 'application/octet-stream' }];
    const [bytes] = await client.retrieveBulkData({ BulkDataURI, mediaTypes });
    expect(digestOf(bytes)).toBe(digest(pdf));
  });

  it('URI-04 URI-07 builds a URL of the URI service that gives an instance as it is stored', async () => {
    const prefixed = new api.DICOMwebClient({ url: archive.base, headers: {}, wadoURLPrefix: 'wado', verbose: false });
    for (const made of [first, compressed]) {
      const url = prefixed.buildInstanceWadoURIUrl(made);
      expect(url.startsWith(`${archive.base}/wado?`)).toBe(true);
      const response = await archive.get(url.slice(archive.base.length));
      expect(response.headers.get('content-location')).toBe(archive.base + made.path);
      expect(digestOf(await response.arrayBuffer())).toBe(digest(made.file));
    }
    const drawn = prefixed.buildInstanceWadoURIUrl({ ...first, contentType: 'image/jpeg', transferSyntax: '*' });
    const picture = await archive.get(drawn.slice(archive.base.length));
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  });

  it('is told of what goes wrong', async () => {
    await expect(client.retrieveStudyMetadata({ studyInstanceUID: '1.2.3' })).rejects.toMatchObject({ status: 404 });
    await expect(clientWith('bad').searchForStudies()).rejects.toMatchObject({ status: 401 });
  });

  it('RR-01 RR-15 RT-02 AMB-01 gives pictures, and thumbnails, with no Accept and with one', async () => {
    const frameNumbers = [2];
    const png = { mediaTypes: [{ mediaType: 'image/png' }] };
    const start = async (picture: Promise<readonly ArrayBuffer[]>): Promise<string> => {
      const [only] = await picture;
      return Buffer.from(only ?? new ArrayBuffer(0)).toString('hex', 0, 3);
    };
    const jpeg = { mediaTypes: [{ mediaType: 'image/jpeg' }] };
    const jpegs = await Promise.all([
      start(client.retrieveInstanceRendered({ ...dx, ...jpeg })),
      start(client.retrieveInstanceRendered({ ...dx, ...jpeg, queryParams: { viewport: [100, 100] } })),
      start(client.retrieveInstanceRendered({ ...first, ...jpeg })),
      start(client.retrieveInstanceFramesRendered({ ...first, frameNumbers, ...jpeg })),
      start(client.retrieveInstanceThumbnail({ ...dx, ...jpeg })),
      start(client.retrieveInstanceThumbnail({ ...dx, ...jpeg, queryParams: { viewport: [50, 50] } })),
      start(client.retrieveInstanceFramesThumbnail({ ...first, frameNumbers, ...jpeg })),
    ]);
    expect(new Set(jpegs)).toEqual(new Set(['ffd8ff']));
    // Without a media type it sends no Accept, and takes what comes for text.
    expect(await client.retrieveInstanceRendered(dx)).toHaveLength(1);
    expect(await client.retrieveInstanceThumbnail(dx)).toHaveLength(1);
    const others = await Promise.all([
      start(client.retrieveInstanceRendered({ ...dx, ...png })),
      start(client.retrieveInstanceFramesRendered({ ...first, frameNumbers, ...png })),
    ]);
    expect(others).toEqual(['89504e', '89504e']);
  });
});
