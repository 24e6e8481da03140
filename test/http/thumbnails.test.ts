/** Retrieve Thumbnail: one small picture of a study, series, instance or frame, and nothing of a patient on it. PS3.18 §10.4.1.1.4 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSet, element } from '../../src/dicom/build-data-set.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import {
  type Attributes,
  codeStream,
  type InstanceOptions,
  type MadeInstance,
  makeInstance,
  SYNTAX,
} from './instances.js';
import { readParts } from './parts.js';
import { ask, type WireAnswer } from './wire.js';

const ROWS = 60;
const COLUMNS = 120;
const DARK = 60;

/** An image of one grey, which tells it from others. */
const grey = (level: number): Attributes => ({
  Rows: ROWS,
  Columns: COLUMNS,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  WindowCenter: '128',
  WindowWidth: '256',
  PixelData: Buffer.alloc(ROWS * COLUMNS, level),
});
const made = (study: string, level: number, options: Partial<InstanceOptions> = {}): MadeInstance =>
  makeInstance({ study: `thumbnail ${study}`, ...options, attributes: { ...grey(level), ...options.attributes } });

const slice = (n: number) =>
  made('series', n * 40, { instance: `thumbnail slice ${n}`, attributes: { InstanceNumber: String(n) } });
const slices = [1, 2, 3, 4, 5].map(slice);
const middle = slices[2] ?? slice(3);
/** A study that begins with a report, then has CT and a radiograph. */
const report = makeInstance({
  study: 'thumbnail mixed',
  series: 'thumbnail mixed/sr',
  modality: 'SR',
  attributes: { SeriesNumber: '1' },
});
const ct = made('mixed', 80, { series: 'thumbnail mixed/ct', attributes: { SeriesNumber: '2' } });
const radiograph = made('mixed', 160, {
  series: 'thumbnail mixed/dx',
  modality: 'DX',
  attributes: { SeriesNumber: '3' },
});
const burnedIn = made('burned', 200, { attributes: { BurnedInAnnotation: 'YES' } });
const clean = made('clean', 200, { attributes: { BurnedInAnnotation: 'NO' } });
const multiFrame = made('frames', 0, {
  attributes: {
    NumberOfFrames: '3',
    PixelData: Buffer.concat([50, 100, 150].map((level) => Buffer.alloc(ROWS * COLUMNS, level))),
  },
});
const broken = made('broken', 0, {
  transferSyntaxUID: SYNTAX.jpegBaseline,
  fragments: [[codeStream('thumbnail broken')]],
  attributes: { PixelData: undefined },
});
/** All of it is covered by an overlay, as text may be. */
const overlaid = made('overlaid', 100, {
  elements: dataSet([
    element(0x60000010, ROWS, 'US'),
    element(0x60000011, COLUMNS, 'US'),
    element(0x60000040, 'G', 'CS'),
    element(0x60000050, [1, 1], 'SS'),
    element(0x60000100, 1, 'US'),
    element(0x60000102, 0, 'US'),
    element(0x60003000, Buffer.alloc((ROWS * COLUMNS) / 8, 0xff), 'OW'),
  ]).elements,
});

let archive: CuratedArchive;
let licence: string;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...slices, report, ct, radiograph, burnedIn, clean, multiFrame, broken, overlaid);
  const reference = await archive.addLicence({ project: 'X-rays', kinds: ['xray'], sites: ['Site A'] });
  licence = await archive.token({ kind: 'licence', reference, person: 'reader@example.org' });
});
afterAll(() => archive.close());

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly token?: string;
}

const get = (path: string, { headers = {}, method = 'GET', token }: Asked = {}): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${path}`, {
    method,
    headers: { Authorization: `Bearer ${token ?? archive.curatorToken}`, 'X-Request-Id': 'one', ...headers },
  });

const studyPath = ({ studyInstanceUID }: MadeInstance): string => `/studies/${studyInstanceUID}`;
const seriesPath = (of: MadeInstance): string => `${studyPath(of)}/series/${of.seriesInstanceUID}`;

/** Its size, and the grey at its middle. */
async function seen({ status, headers, body }: WireAnswer) {
  expect([status, headers['content-type'], headers['content-length']]).toEqual([
    200,
    'image/jpeg',
    String(body.length),
  ]);
  const { data, info } = await sharp(body).greyscale().raw().toBuffer({ resolveWithObject: true });
  const at = Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2);
  return { width: info.width, height: info.height, grey: data[at] ?? -1, corner: data[0] ?? -1 };
}

const near = (level: number): readonly number[] => [level - 1, level, level + 1];

describe('a thumbnail', () => {
  it('RT-01 RT-02 is a JPEG of 256 pixels along its longer side, at each level', async () => {
    for (const path of [studyPath(middle), seriesPath(middle), middle.path, `${middle.path}/frames/1`]) {
      const answer = await get(`${path}/thumbnail`);
      expect(await seen(answer)).toMatchObject({ width: 256, height: 128 });
      expect(near(120)).toContain((await seen(answer)).grey);
      expect(answer.headers['content-location']).toBe(archive.base + middle.path);
    }
  });

  it('RT-06 is the middle one of a series, of a study that of its first series with images', async () => {
    const located = async (path: string) => (await get(`${path}/thumbnail`)).headers['content-location'];
    expect(await located(seriesPath(middle))).toBe(archive.base + middle.path);
    expect(await located(studyPath(ct))).toBe(archive.base + ct.path);
    expect(await located(multiFrame.path)).toBe(`${archive.base}${multiFrame.path}/frames/2`);
    expect(await located(`${multiFrame.path}/frames/3`)).toBe(`${archive.base}${multiFrame.path}/frames/3`);
    expect(near(150)).toContain((await seen(await get(`${multiFrame.path}/frames/3/thumbnail`))).grey);
    expect(near(100)).toContain((await seen(await get(`${multiFrame.path}/frames/1,2,3/thumbnail`))).grey);
  });

  it.each(['100,100,0,0,1,1', '100,100,,,,', '0,1', 'x', '100', ''])(
    'RT-04 is 400 as viewport=%s',
    async (viewport) => {
      expect((await get(`${middle.path}/thumbnail?viewport=${viewport}`)).status).toBe(400);
    },
  );

  it('RT-04 fits into a viewport, and QP-01 other parameters mean nothing', async () => {
    expect(await seen(await get(`${middle.path}/thumbnail?viewport=60,60`))).toMatchObject({ width: 60, height: 30 });
    const plain = await get(`${middle.path}/thumbnail`);
    const other = await get(`${middle.path}/thumbnail?annotation=patient&window=1,2,linear&quality=1&iccprofile=yes`);
    expect(other.body.equals(plain.body)).toBe(true);
  });

  it('RT-02 RT-07 is by itself unless parts of pictures are asked for', async () => {
    const octets = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
    for (const Accept of [octets, 'application/octet-stream', '*/*', 'image/*', 'text/html, */*;q=0.1']) {
      expect((await seen(await get(`${middle.path}/thumbnail`, { headers: { Accept } }))).width).toBe(256);
    }
    const inParts = await get(`${middle.path}/thumbnail`, {
      headers: { Accept: 'multipart/related; type="image/jpeg"' },
    });
    const { type, parts } = readParts(inParts.headers['content-type'], inParts.body);
    expect([type, parts.length]).toEqual(['image/jpeg', 1]);
    const png = await get(`${middle.path}/thumbnail`, { headers: { Accept: 'image/png' } });
    expect([png.headers['content-type'], (await sharp(png.body).metadata()).format]).toEqual(['image/png', 'png']);
    const refused = await get(`${middle.path}/thumbnail`, { headers: { Accept: 'text/csv' } });
    expect([refused.status, JSON.parse(refused.body.toString())]).toMatchObject([
      406,
      { available: expect.arrayContaining(['image/jpeg']) },
    ]);
  });

  it('RT-03 of an image with annotations burnt in is an icon, whatever is asked for', async () => {
    const [withheld, shown] = [await get(`${burnedIn.path}/thumbnail`), await get(`${clean.path}/thumbnail`)];
    expect(await seen(withheld)).toMatchObject({ width: 256, height: 256 });
    expect((await seen(withheld)).corner).toBeLessThan(DARK);
    expect(near(200)).toContain((await seen(shown)).corner);
    for (const path of [studyPath(burnedIn), seriesPath(burnedIn), `${burnedIn.path}/frames/1`]) {
      expect((await get(`${path}/thumbnail`)).body.equals(withheld.body)).toBe(true);
    }
  });

  it('RT-03 shows no overlay, which rendering does', async () => {
    expect(near(100)).toContain((await seen(await get(`${overlaid.path}/thumbnail`))).grey);
    expect((await seen(await get(`${overlaid.path}/rendered`))).grey).toBeGreaterThan(250);
  });

  it('RT-06 RR-18 of a report, and of an image that can not be drawn, is an icon', async () => {
    const icons = await Promise.all([report, broken, burnedIn].map((of) => get(`${of.path}/thumbnail`)));
    for (const icon of icons) expect((await seen(icon)).corner).toBeLessThan(DARK);
    expect(new Set(icons.map(({ body }) => body.toString('base64'))).size).toBe(3);
  });

  it('HT-01 HT-02 HT-11 has an entity tag, and HEAD', async () => {
    for (const of of [middle, report, broken]) {
      const first = await get(`${of.path}/thumbnail`);
      const tag = first.headers['etag'] ?? '';
      const again = await get(`${of.path}/thumbnail`, { headers: { 'If-None-Match': tag } });
      expect([again.status, again.headers['etag']]).toEqual([304, tag]);
      const head = await get(`${of.path}/thumbnail`, { method: 'HEAD' });
      const told = ({ rawHeaders }: WireAnswer) => rawHeaders.filter(([name]) => name !== 'Date');
      expect([head.status, head.body.length, told(head)]).toEqual([200, 0, told(first)]);
    }
  });

  it('RF-09 AMB-23 is 400 for what is no frame, and 404 for one that is not there', async () => {
    for (const [frames, status] of [
      ['0', 400],
      ['x', 400],
      ['4', 404],
      ['1,4', 404],
    ] as const) {
      expect((await get(`${multiFrame.path}/frames/${frames}/thumbnail`)).status).toBe(status);
    }
    expect((await get(`${report.path}/frames/1/thumbnail`)).status).toBe(404);
  });

  it('ST-06 is gone when its instance has been deleted, and the next one stands for the series', async () => {
    const doomed = [1, 2, 3].map((n) =>
      made('doomed', n * 50, { instance: `thumbnail doomed ${n}`, attributes: { InstanceNumber: String(n) } }),
    );
    await archive.add(...doomed);
    const [first, second, third] = doomed;
    if (first === undefined || second === undefined || third === undefined) throw new Error('There are three.');
    expect(near(100)).toContain((await seen(await get(`${seriesPath(second)}/thumbnail`))).grey);
    expect((await get(second.path, { method: 'DELETE' })).status).toBe(204);
    expect((await get(`${second.path}/thumbnail`)).status).toBe(410);
    expect(near(150)).toContain((await seen(await get(`${seriesPath(second)}/thumbnail`))).grey);
    expect((await get(seriesPath(second), { method: 'DELETE' })).status).toBe(204);
    expect((await get(`${seriesPath(second)}/thumbnail`)).status).toBe(410);
  });
});

describe('a licence', () => {
  it('T12 sees of a study the thumbnail of what it covers, and of all else what it sees of nothing', async () => {
    const own = await get(`${studyPath(ct)}/thumbnail`, { token: licence });
    expect(own.headers['content-location']).toBe(archive.base + radiograph.path);
    expect(near(160)).toContain((await seen(own)).grey);
    const told = ({ status, rawHeaders, body }: WireAnswer) => [
      status,
      rawHeaders.filter(([name]) => name !== 'Date'),
      body.toString('latin1'),
    ];
    const nothing = '/studies/2.25.1/series/2.25.2/instances/2.25.3';
    for (const what of [
      'thumbnail',
      'rendered',
      'thumbnail?viewport=9,9',
      'rendered?viewport=9,9,1',
      'frames/1/rendered',
      'frames/1/thumbnail',
      'frames/9/rendered',
    ]) {
      const [foreign, absent] = [
        await get(`${ct.path}/${what}`, { token: licence }),
        await get(`${nothing}/${what}`, { token: licence }),
      ];
      expect(told(foreign)).toEqual(told(absent));
      // What the archive keeps of it for those who see it is of no use to who does not.
      expect((await get(`${ct.path}/${what}`)).status).not.toBe(500);
      expect(told(await get(`${ct.path}/${what}`, { token: licence }))).toEqual(told(absent));
    }
    expect(told(await get(`${seriesPath(ct)}/thumbnail`, { token: licence }))).toEqual(
      told(await get('/studies/2.25.1/series/2.25.2/thumbnail', { token: licence })),
    );
  });

  it('T12 RR-13 is rendered of a study the series that it covers', async () => {
    const { headers, body } = await get(`${studyPath(ct)}/rendered`, { token: licence });
    const { parts } = readParts(headers['content-type'], body);
    expect(parts.map((part) => part.headers.get('Content-Location'))).toEqual([archive.base + radiograph.path]);
  });
});
