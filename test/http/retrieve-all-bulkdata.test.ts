/** Retrieve of all values, or all pixels, of a study, series or instance over HTTP. PS3.18 §10.4.1.1.5, §10.4.1.1.6 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { everyElement, type JSONDataSet, json } from './dicom-json.js';
import {
  bytesOf,
  codeStream,
  dataSet,
  digest,
  element,
  type MadeInstance,
  makeInstance,
  SYNTAX,
  valueBytes,
} from './instances.js';
import { type MultipartAnswer, partsOf } from './parts.js';
import { spoilFile } from './stored-blob.js';

const OCTETS = 'application/octet-stream';
const PARTS_OF_OCTETS = `multipart/related; type="${OCTETS}"`;
const ANY_SYNTAX = `${PARTS_OF_OCTETS}; transfer-syntax=*`;
const PIXEL_DATA = 0x7fe00010;
const MP4 = '1.2.840.10008.1.2.4.102';

const icon = dataSet([element(PIXEL_DATA, bytesOf('icon', 4_096), 'OW')]);
const lut = { RedPaletteColorLookupTableData: bytesOf('lut', 4_096) };
const first = makeInstance({
  study: 'native',
  instance: 'native/1',
  attributes: { ...lut, IconImageSequence: [icon] },
});
const threeFrames = makeInstance({
  study: 'native',
  instance: 'native/2',
  attributes: { InstanceNumber: '2', NumberOfFrames: '3', PixelData: bytesOf('three', 72) },
});
const bigEndian = makeInstance({ study: 'native', series: 'native/b', transferSyntaxUID: SYNTAX.bigEndian });
const floats = makeInstance({
  study: 'native',
  series: 'native/f',
  instance: 'native/f/1',
  attributes: {
    BitsAllocated: 32,
    BitsStored: undefined,
    HighBit: undefined,
    PixelRepresentation: undefined,
    PixelData: undefined,
    FloatPixelData: bytesOf('floats', 48),
  },
});
const report = makeInstance({ study: 'native', series: 'native/sr', modality: 'SR' });
const native = [first, threeFrames, bigEndian, floats, report];

const streams = [1, 2, 3].map((number) => codeStream(`all ${number}`, 20 + 2 * number));
const compressed = makeInstance({
  study: 'compressed',
  series: 'compressed/1',
  transferSyntaxUID: SYNTAX.jpegLS,
  fragments: streams.map((stream) => [stream]),
  attributes: { SeriesNumber: '1', NumberOfFrames: '3', ...lut },
});
const mixed = makeInstance({ study: 'compressed', series: 'compressed/2', attributes: { SeriesNumber: '9' } });
const movie = [bytesOf('movie a', 6_000), bytesOf('movie b', 4_000)];
const video = makeInstance({
  study: 'video',
  transferSyntaxUID: MP4,
  fragments: [movie],
  hasOffsets: false,
  attributes: { NumberOfFrames: '30' },
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...native, compressed, mixed, video);
});
afterAll(() => archive.close());

const studyPath = (made: MadeInstance): string => `/studies/${made.studyInstanceUID}`;
const seriesPath = (made: MadeInstance): string => `${studyPath(made)}/series/${made.seriesInstanceUID}`;
const levels = (made: MadeInstance): readonly string[] => [studyPath(made), seriesPath(made), made.path];
const get = (path: string, accept = '*/*'): Promise<Response> => archive.get(path, { Accept: accept });
const answer = async (path: string, accept?: string): Promise<MultipartAnswer> => partsOf(await get(path, accept));
const statusOf = async (path: string, accept?: string): Promise<number> => {
  const response = await get(path, accept);
  await response.arrayBuffer();
  return response.status;
};
/** The URI of every value that metadata refers to, in the order of the file. */
const urisOf = async (path: string): Promise<readonly string[]> => {
  const objects = await json<JSONDataSet[]>(await archive.get(`${path}/metadata`));
  return objects.flatMap(everyElement).flatMap(([, { BulkDataURI = [] }]) => BulkDataURI);
};
const locations = ({ parts }: MultipartAnswer) => parts.map(({ headers }) => headers.get('Content-Location'));
const digests = ({ parts }: MultipartAnswer): readonly string[] => parts.map(({ body }) => digest(body));

describe('/bulkdata', () => {
  it('RB-06 RB-02 RB-03 MP-06 gives every value that metadata refers to, once, under its URI', async () => {
    for (const path of levels(first)) {
      const uris = await urisOf(path);
      const all = await answer(`${path}/bulkdata`, PARTS_OF_OCTETS);
      expect(locations(all)).toEqual(uris);
      expect(all.type).toBe(OCTETS);
      for (const [i, uri] of uris.entries()) {
        const alone = await archive.get(uri.slice(archive.base.length), { Accept: OCTETS });
        expect(digest(all.parts[i]?.body)).toBe(digest(new Uint8Array(await alone.arrayBuffer())));
        expect(all.parts[i]?.headers.get('Content-Length')).toBe(String(all.parts[i]?.body.length));
      }
    }
    expect(await urisOf(studyPath(first))).toHaveLength(6);
  });

  it('RI-02 AMB-24 MT-02 is what octets of the resource itself are, and what anybody gets', async () => {
    for (const path of levels(first)) {
      const asked = await get(`${path}/bulkdata`);
      expect(asked.headers.get('content-location')).toBe(`${archive.base}${path}/bulkdata`);
      const all = await partsOf(asked);
      expect(digests(await answer(path, PARTS_OF_OCTETS))).toEqual(digests(all));
      expect(locations(await answer(path, PARTS_OF_OCTETS))).toEqual(locations(all));
    }
  });

  it('RP-02 RB-03 gives compressed frames in a part each, all under the one URI that metadata has for them', async () => {
    const [lutURI, pixelsURI, mixedURI] = await urisOf(studyPath(compressed));
    for (const path of [`${studyPath(compressed)}/bulkdata`, studyPath(compressed)]) {
      const all = await answer(path, ANY_SYNTAX);
      expect(locations(all)).toEqual([lutURI, pixelsURI, pixelsURI, pixelsURI, mixedURI]);
      expect(digests(all).slice(1, 4)).toEqual(streams.map(digest));
      expect(new Set(all.parts.map(({ headers }) => headers.get('Content-Type')))).toEqual(
        new Set([OCTETS, `${OCTETS}; transfer-syntax=${SYNTAX.jpegLS}`]),
      );
    }
  });

  it('MT-18 MT-21 answers 406 to who takes nothing that is compressed, naming what there is', async () => {
    for (const path of [compressed.path, `${compressed.path}/bulkdata`, `${studyPath(compressed)}/bulkdata`]) {
      const response = await get(path, PARTS_OF_OCTETS);
      expect(response.status).toBe(406);
      expect(await json<object>(response)).toMatchObject({ available: expect.arrayContaining([ANY_SYNTAX]) });
    }
  });

  it('RI-03 RF-04 answers 406 to single types, and to what it is not', async () => {
    for (const path of levels(bigEndian)) {
      for (const accept of [OCTETS, 'application/dicom', 'image/png', 'multipart/related; type="image/jls"']) {
        expect([accept, await statusOf(`${path}/bulkdata`, accept)]).toEqual([accept, 406]);
      }
    }
  });

  it('MP-14 answers 404 where there is no value, and to what is not there', async () => {
    for (const which of ['bulkdata', 'pixeldata']) {
      expect(await statusOf(`${report.path}/${which}`)).toBe(404);
      expect(await statusOf(`${seriesPath(report)}/${which}`)).toBe(404);
      for (const path of ['/studies/1.2.3', `${studyPath(first)}/series/1.2.3`, `${seriesPath(first)}/instances/1.2`]) {
        expect(await statusOf(`${path}/${which}`)).toBe(404);
      }
    }
  });

  it('ST-15 answers HEAD as GET', async () => {
    for (const which of ['bulkdata', 'pixeldata']) {
      const [head, whole] = await Promise.all(
        ['HEAD', 'GET'].map((method) => archive.get(`${studyPath(first)}/${which}`, {}, method)),
      );
      const size = String((await whole?.arrayBuffer())?.byteLength);
      expect([head?.status, head?.headers.get('content-length'), await head?.text()]).toEqual([200, size, '']);
    }
  });
});

describe('/pixeldata', () => {
  it('RP-01 gives Pixel Data and Float Pixel Data of the data set itself, no icon and no other value', async () => {
    const uris = (await urisOf(studyPath(first))).filter((uri) => /\/bulkdata\/7FE000(?:10|08)$/.test(uri));
    const all = await answer(`${studyPath(first)}/pixeldata`, PARTS_OF_OCTETS);
    expect(locations(all)).toEqual(uris);
    const pixels = [first, threeFrames, bigEndian].map((made) => valueBytes(made, PIXEL_DATA));
    expect(digests(all).toSorted()).toEqual([...pixels, valueBytes(floats, 0x7fe00008)].map(digest).toSorted());
  });

  it('RP-01 RP-02 gives native Pixel Data of several frames in one part, as one value', async () => {
    const all = await answer(`${seriesPath(first)}/pixeldata`);
    expect(digests(all)).toEqual([first, threeFrames].map((made) => digest(valueBytes(made, PIXEL_DATA))));
    expect(digests(await answer(`${threeFrames.path}/pixeldata`))).toEqual([
      digest(valueBytes(threeFrames, PIXEL_DATA)),
    ]);
  });

  it.each([
    ['*/*', OCTETS],
    [ANY_SYNTAX, OCTETS],
    [`${PARTS_OF_OCTETS}; transfer-syntax=${SYNTAX.jpegLS}`, OCTETS],
    ['multipart/related; type="image/jls"', 'image/jls'],
    ['multipart/related; type="image/*"; transfer-syntax=*', 'image/jls'],
  ])('RP-02 MP-02 MT-05 MT-25 gives a part for each compressed frame to Accept %s', async (accept, mediaType) => {
    for (const path of [seriesPath(compressed), compressed.path]) {
      const all = await answer(`${path}/pixeldata`, accept);
      expect([all.type, all.transferSyntaxUID]).toEqual([mediaType, SYNTAX.jpegLS]);
      expect(digests(all)).toEqual(streams.map(digest));
      const uri = `${archive.base}${compressed.path}/bulkdata/7FE00010`;
      expect(locations(all)).toEqual([uri, uri, uri]);
    }
  });

  it('RB-03 names the frames by the URI also where metadata leads', async () => {
    const uri = `${archive.base}${compressed.path}/bulkdata/7FE00010`;
    expect(locations(await answer(`${compressed.path}/bulkdata/7FE00010`))).toEqual([uri, uri, uri]);
  });

  it('RP-02 gives a video in one part', async () => {
    for (const path of levels(video)) {
      const all = await answer(`${path}/pixeldata`, 'multipart/related; type="video/mp4"');
      expect([all.type, all.transferSyntaxUID]).toEqual(['video/mp4', MP4]);
      expect(digests(all)).toEqual([digest(Buffer.concat(movie))]);
    }
  });

  it('RP-01 RF-04 gives the pixels of one instance by themselves, and those of no series', async () => {
    const alone = await get(`${threeFrames.path}/pixeldata`, OCTETS);
    expect(alone.headers.get('content-location')).toBe(`${archive.base}${threeFrames.path}/bulkdata/7FE00010`);
    expect(digest(new Uint8Array(await alone.arrayBuffer()))).toBe(digest(valueBytes(threeFrames, PIXEL_DATA)));
    const movieAlone = await get(`${video.path}/pixeldata`, 'video/mp4');
    expect(movieAlone.headers.get('content-type')).toBe(`video/mp4; transfer-syntax=${MP4}`);
    expect(await statusOf(`${compressed.path}/pixeldata`, 'image/jls')).toBe(406);
    for (const made of [bigEndian, mixed, video]) {
      expect(await statusOf(`${seriesPath(made)}/pixeldata`, OCTETS)).toBe(406);
    }
  });
});

describe('what is damaged', () => {
  it('F12 MP-20 is told before the first byte where a file is lost', async () => {
    const [one, two] = [1, 2].map((number) => makeInstance({ study: 'lost', series: 'l', instance: `lost/${number}` }));
    if (one === undefined || two === undefined) throw new Error('There are two.');
    await archive.add(one, two);
    await spoilFile(archive, two, () => undefined);
    for (const which of ['bulkdata', 'pixeldata']) {
      expect(await statusOf(`${studyPath(one)}/${which}`)).toBe(500);
      expect(await statusOf(`${one.path}/${which}`)).toBe(200);
    }
  });
});
