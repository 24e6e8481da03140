/** What holds for every answer of several parts, whatever the resource; and requests of several parts. PS3.18 §8.6.1.2, §8.7.1 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { items, type JSONDataSet, json } from './dicom-json.js';
import { bytesOf, codeStream, type MadeInstance, makeInstance, SYNTAX } from './instances.js';
import { readParts } from './parts.js';
import { ask, type WireAnswer } from './wire.js';

const PARTS_OF_DICOM = 'multipart/related; type="application/dicom"';
const ANY_OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';

const native = [1, 2].map((number) =>
  makeInstance({
    study: 'parts',
    series: 'parts/1',
    instance: `parts/1/${number}`,
    attributes: {
      SeriesNumber: '1',
      InstanceNumber: String(number),
      NumberOfFrames: '3',
      PixelData: bytesOf(`--parts\r\n--${number}`, 72),
    },
  }),
);
const deflated = makeInstance({
  study: 'parts',
  series: 'parts/2',
  transferSyntaxUID: SYNTAX.deflated,
  attributes: { SeriesNumber: '2', RedPaletteColorLookupTableData: bytesOf('lut', 4_096) },
});
const compressed = makeInstance({
  study: 'parts',
  series: 'parts/3',
  transferSyntaxUID: SYNTAX.jpegLS,
  fragments: [1, 2].map((number) => [codeStream(`parts ${number}`)]),
  attributes: { SeriesNumber: '3', NumberOfFrames: '2' },
});
const [first] = native;
if (first === undefined) throw new Error('There are two.');

const study = `/studies/${first.studyInstanceUID}`;
const series = (made: MadeInstance): string => `${study}/series/${made.seriesInstanceUID}`;

/** Every resource that can be had in parts, each with an Accept, and how many parts it has. */
const RESOURCES: readonly (readonly [path: string, accept: string, parts: number])[] = [
  [study, `${PARTS_OF_DICOM}; transfer-syntax=*`, 4],
  [study, '*/*', 4],
  [study, ANY_OCTETS, 6],
  [series(first), PARTS_OF_DICOM, 2],
  [series(deflated), PARTS_OF_DICOM, 1],
  [deflated.path, '*/*', 1],
  [compressed.path, '*/*', 1],
  [`${study}/bulkdata`, ANY_OCTETS, 6],
  [`${study}/pixeldata`, ANY_OCTETS, 5],
  [`${series(compressed)}/pixeldata`, 'multipart/related; type="image/jls"', 2],
  [`${deflated.path}/bulkdata`, '*/*', 2],
  [`${compressed.path}/pixeldata`, '*/*', 2],
  [`${first.path}/bulkdata/7FE00010`, ANY_OCTETS, 1],
  [`${compressed.path}/bulkdata/7FE00010`, '*/*', 2],
  [`${first.path}/frames/1,3`, '*/*', 2],
  [`${deflated.path}/frames/1`, '*/*', 1],
  [`${compressed.path}/frames/2,1`, 'multipart/related; type="image/*"; transfer-syntax=*', 2],
];

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...native, deflated, compressed);
});
afterAll(() => archive.close());

const get = (path: string, headers: Readonly<Record<string, string>>): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${path}`, { headers: { Authorization: `Bearer ${archive.curatorToken}`, ...headers } });

describe('an answer of parts', () => {
  it.each(RESOURCES)('MP-01 to MP-12 is as the strictest client wants it: %s as %s', async (path, accept, count) => {
    const answer = await get(path, { Accept: accept });
    expect(answer.status).toBe(200);
    // Reads byte by byte: lower case outside, boundaries, line ends, Content-Type first, nothing before or after.
    const { type, transferSyntaxUID, boundary, parts } = readParts(answer.headers['content-type'], answer.body);
    expect(parts).toHaveLength(count);
    expect(boundary).toMatch(/^[0-9a-f]{32}$/);
    const types = parts.map(({ headers }) => headers.get('Content-Type') ?? '');
    expect(types[0]?.split(';')[0]).toBe(type);
    for (const { headers, headBytes, body } of parts) {
      expect(headBytes).toBeLessThanOrEqual(600);
      expect(headers.get('Content-Type')).toMatch(/^[\w/+-]+(?:; transfer-syntax=[\d.]+)?$/);
      const told = headers.get('Content-Length');
      if (told !== undefined) expect(told).toBe(String(body.length));
    }
    const syntaxes = new Set(types.map((one) => /transfer-syntax=([\d.]+)/.exec(one)?.[1]));
    expect(transferSyntaxUID).toBe(syntaxes.size === 1 ? [...syntaxes][0] : undefined);
  });

  it.each(RESOURCES)('MP-06 names in every part a resource that there is: %s as %s', async (path, accept) => {
    const answer = await get(path, { Accept: accept });
    for (const { headers } of readParts(answer.headers['content-type'], answer.body).parts) {
      const location = headers.get('Content-Location') ?? '';
      expect(location.startsWith(`${archive.base}/studies/`)).toBe(true);
      expect((await get(location.slice(archive.base.length), { Accept: '*/*' })).status).toBe(200);
    }
  });

  it.each(RESOURCES)('MP-17 MP-18 is whole to who asks for a range of it, too: %s as %s', async (path, accept) => {
    const answer = await get(path, { Accept: accept, Range: 'bytes=0-9' });
    const { 'content-length': length, 'transfer-encoding': coding } = answer.headers;
    expect([answer.status, answer.headers['content-range']]).toEqual([200, undefined]);
    expect([length, coding].filter((one) => one !== undefined)).toHaveLength(1);
    if (length !== undefined) expect(length).toBe(String(answer.body.length));
  });

  it('MP-14 is never without a part', async () => {
    const report = makeInstance({ study: 'no parts', modality: 'SR' });
    await archive.add(report);
    for (const rest of ['', '/bulkdata', '/pixeldata', '/frames/1', '/bulkdata/7FE00010']) {
      const answer = await get(report.path + rest, { Accept: ANY_OCTETS });
      expect([rest, answer.status]).toEqual([rest, 404]);
    }
  });
});

describe('a request of parts', () => {
  it('MP-16 may name its root part, wherever that stands', async () => {
    const made = [1, 2].map((number) => makeInstance({ study: 'root', series: 'root', instance: `root/${number}` }));
    const body = Buffer.concat([
      ...made.flatMap(({ file }, i) => [
        Buffer.from(`--xyz\r\nContent-Type: application/dicom\r\nContent-ID: <${'ab'[i]}>\r\n\r\n`),
        file,
        Buffer.from('\r\n'),
      ]),
      Buffer.from('--xyz--\r\n'),
    ]);
    const type = `${PARTS_OF_DICOM}; boundary=xyz; start="<b>"; start-info="none"`;
    const response = await archive.fetch(archive.siteToken, '/studies', {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    });
    expect(response.status).toBe(200);
    expect(items(await json<JSONDataSet>(response), '00081199')).toHaveLength(2);
  });
});
