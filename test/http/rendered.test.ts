/** Retrieve Rendered: what people look at of studies, series, instances and frames. PS3.18 §10.4.1.1.3, §8.3.5.1 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
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
import { spoilFile } from './stored-blob.js';
import { ask, type WireAnswer } from './wire.js';

const ROWS = 48;
const COLUMNS = 64;

/** Grey from black at the left to white at the right, the rows alike. */
const ramp = Buffer.from(
  Array.from({ length: ROWS * COLUMNS }, (_, i) => Math.floor(((i % COLUMNS) * 255) / (COLUMNS - 1))),
);
const eightBits: Attributes = {
  Rows: ROWS,
  Columns: COLUMNS,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelData: ramp,
};
const made = (study: string, options: Omit<InstanceOptions, 'study'> = {}): MadeInstance =>
  makeInstance({ study: `rendered ${study}`, ...options, attributes: { ...eightBits, ...options.attributes } });

const image = made('image', { attributes: { KVP: '120', SliceLocation: '7.5', PatientSex: 'F' } });
const inverse = made('inverse', { attributes: { PhotometricInterpretation: 'MONOCHROME1' } });
const colour = made('colour', {
  modality: 'OT',
  attributes: {
    SamplesPerPixel: 3,
    PhotometricInterpretation: 'RGB',
    PlanarConfiguration: 0,
    PixelData: Buffer.alloc(ROWS * COLUMNS * 3, Buffer.from([200, 40, 10])),
  },
});
/** Of 12 bits, with values from -1024 on. */
const ct = made('ct', {
  attributes: {
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    RescaleIntercept: '-1024',
    RescaleSlope: '1',
    WindowCenter: '40',
    WindowWidth: '400',
    PixelData: Buffer.from(Uint16Array.from({ length: ROWS * COLUMNS }, (_, i) => 1024 + (i % COLUMNS) * 10).buffer),
  },
});
const framesOf = (count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.alloc(ROWS * COLUMNS, 40 * (i + 1))));
const multiFrame = made('frames', {
  attributes: { NumberOfFrames: '5', WindowCenter: '128', WindowWidth: '256', PixelData: framesOf(5) },
});

const PR = '1.2.840.10008.5.1.4.1.1.11.1';
const presentation = (
  study: string,
  of: readonly MadeInstance[],
  name = 'pr',
  attributes: Attributes = {},
): MadeInstance =>
  makeInstance({
    study: `rendered ${study}`,
    series: `rendered ${study}/${name}`,
    modality: 'SR',
    attributes: {
      Modality: 'PR',
      SOPClassUID: PR,
      PresentationLUTShape: 'INVERSE',
      ReferencedSeriesSequence: of.map(({ seriesInstanceUID, sopClassUID, sopInstanceUID }) =>
        dataSetOfKeywords({
          SeriesInstanceUID: seriesInstanceUID,
          ReferencedImageSequence: [
            dataSetOfKeywords({ ReferencedSOPClassUID: sopClassUID, ReferencedSOPInstanceUID: sopInstanceUID }),
          ],
        }),
      ),
      ...attributes,
    },
    fileMeta: { sopClassUID: PR },
  });
const two = [1, 2].map((n) =>
  made('two', { instance: `rendered two/${n}`, attributes: { InstanceNumber: String(n) } }),
);
const stateOfOne = presentation('image', [image]);
const stateOfTwo = presentation('two', two);
const stateOfNothing = presentation('two', [image], 'pr elsewhere');
const report = makeInstance({ study: 'rendered mixed', series: 'rendered mixed/sr', modality: 'SR' });
const pdf = makeInstance({
  study: 'rendered mixed',
  series: 'rendered mixed/doc',
  modality: 'DOC',
  attributes: { MIMETypeOfEncapsulatedDocument: 'application/pdf', EncapsulatedDocument: Buffer.from('%PDF-1.4\n') },
});
const waveform = makeInstance({
  study: 'rendered mixed',
  series: 'rendered mixed/ecg',
  modality: 'SR',
  attributes: { Modality: 'ECG', SOPClassUID: '1.2.840.10008.5.1.4.1.1.9.1.1' },
  fileMeta: { sopClassUID: '1.2.840.10008.5.1.4.1.1.9.1.1' },
});
const mixedImage = made('mixed', { series: 'rendered mixed/ct' });
const broken = made('broken', {
  instance: 'rendered broken/2',
  transferSyntaxUID: SYNTAX.jpegBaseline,
  fragments: [[codeStream('rendered broken')]],
  attributes: { InstanceNumber: '2', PixelData: undefined },
});
const besideBroken = [1, 3].map((n) =>
  made('broken', { instance: `rendered broken/${n}`, attributes: { InstanceNumber: String(n) } }),
);

let archive: CuratedArchive;
let strict: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(image, inverse, colour, ct, multiFrame, ...two, stateOfOne, stateOfTwo, stateOfNothing);
  await archive.add(report, pdf, waveform, mixedImage, broken, ...besideBroken);
  strict = await startCuratedArchive({ isStrict: true });
  await strict.fetch(strict.curatorToken, '/studies', {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom', Accept: 'application/dicom+json' },
    body: new Uint8Array(multiFrame.file),
  });
});
afterAll(async () => {
  await archive.close();
  await strict.close();
});

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly of?: CuratedArchive;
  readonly token?: string;
}

const get = (path: string, { headers = {}, method = 'GET', of = archive, token }: Asked = {}): Promise<WireAnswer> =>
  ask(of.url, `/dicom-web${path}`, {
    method,
    headers: { Authorization: `Bearer ${token ?? of.curatorToken}`, ...headers },
  });
const draw = (instance: MadeInstance, query = '', asked: Asked = {}): Promise<WireAnswer> =>
  get(`${instance.path}/rendered${query}`, asked);

const accept = (Accept: string): Asked => ({ headers: { Accept } });
const parts = (mediaType: string): Asked => accept(`multipart/related; type="${mediaType}"`);

const detailOf = ({ body }: WireAnswer): string => {
  const { detail }: { detail: string } = JSON.parse(body.toString());
  return detail;
};
const expectRefused = (answer: WireAnswer, word: string): void => {
  const detail = detailOf(answer);
  expect([answer.status, detail]).toEqual([400, expect.stringContaining(word)]);
};

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  at(x: number, y: number): readonly number[];
}

async function pixelsOf(body: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return {
    width,
    height,
    channels,
    at: (x, y) => [...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels)],
  };
}

const greyAt = async (answer: WireAnswer, x: number, y: number): Promise<number> => {
  expect(answer.status).toBe(200);
  return (await pixelsOf(answer.body)).at(x, y)[0] ?? -1;
};

const studyOf = (instance: MadeInstance): string => `/studies/${instance.studyInstanceUID}`;

const MAGIC: Readonly<Record<string, string>> = {
  'image/jpeg': 'ffd8ff',
  'image/png': '89504e470d0a1a0a',
  'image/gif': '474946383961',
  'image/webp': '52494646',
  'image/jp2': '0000000c6a5020200d0a870a00000014667479706a703220',
  'image/jph': '0000000c6a5020200d0a870a00000014667479706a706820',
};

describe('an image', () => {
  it('RR-01 RR-17 is a JPEG to who does not say', async () => {
    for (const asked of [{}, accept('*/*'), accept('image/*'), accept('application/dicom, */*;q=0.1')]) {
      const { status, headers, body } = await draw(image, '', asked);
      expect([status, headers['content-type'], headers['content-length'], headers['content-location']]).toEqual([
        200,
        'image/jpeg',
        String(body.length),
        archive.base + image.path,
      ]);
    }
  });

  it.each(Object.keys(MAGIC))('RR-01 RR-08 is a picture of its own size as %s', async (mediaType) => {
    for (const of of [image, colour]) {
      const { status, headers, body } = await draw(of, '', accept(mediaType));
      expect([status, headers['content-type'], body.toString('hex', 0, (MAGIC[mediaType] ?? '').length / 2)]).toEqual([
        200,
        mediaType,
        MAGIC[mediaType],
      ]);
      if (mediaType.startsWith('image/jp2') || mediaType === 'image/jph') {
        const ihdr = body.indexOf('ihdr');
        expect([body.readUInt32BE(ihdr + 4), body.readUInt32BE(ihdr + 8)]).toEqual([ROWS, COLUMNS]);
        continue;
      }
      const { width, height } = await pixelsOf(body);
      expect([width, height]).toEqual([COLUMNS, ROWS]);
    }
  });

  it('RR-01 RR-12 is chosen by the accept parameter and by weights', async () => {
    expect((await draw(image, '?accept=image/png')).headers['content-type']).toBe('image/png');
    expect((await draw(image, '', accept('image/png;q=0.5, image/gif'))).headers['content-type']).toBe('image/gif');
    expect((await draw(image, '', accept('text/html'))).status).toBe(406);
    expect((await draw(image, '', accept('application/dicom'))).status).toBe(406);
  });

  it('RR-03 is a baseline JPEG of 8 bits, grey where the image is', async () => {
    for (const [of, components] of [
      [image, 1],
      [colour, 3],
    ] as const) {
      const { body } = await draw(of);
      const sof = body.indexOf(Buffer.from([0xff, 0xc0]));
      expect([sof > 0, body[sof + 4], body[sof + 9]]).toEqual([true, 8, components]);
    }
  });

  it('RR-04 has its own grey, inverted once, and its own colours', async () => {
    const png = accept('image/png');
    expect(await greyAt(await draw(image, '', png), 0, 0)).toBe(0);
    expect(await greyAt(await draw(image, '', png), COLUMNS - 1, 5)).toBe(255);
    expect(await greyAt(await draw(inverse, '', png), 0, 0)).toBe(255);
    expect((await pixelsOf((await draw(colour, '', png)).body)).at(3, 3).slice(0, 3)).toEqual([200, 40, 10]);
  });

  it('HT-01 HT-02 has an entity tag that knows its parameters, and gives ranges', async () => {
    const first = await draw(image);
    const tag = first.headers['etag'] ?? '';
    const again = await draw(image, '', { headers: { 'If-None-Match': tag } });
    expect([again.status, again.body.length, again.headers['etag']]).toEqual([304, 0, tag]);
    const others = await Promise.all(
      ['?quality=10', '?window=1,2,linear', '?viewport=10,10', '?annotation=patient', '?iccprofile=yes'].map((query) =>
        draw(image, query),
      ),
    );
    expect(new Set([tag, ...others.map(({ headers }) => headers['etag'])]).size).toBe(6);
    const range = await draw(image, '', { headers: { Range: 'bytes=0-1', 'If-Range': tag } });
    expect([range.status, range.body.toString('hex')]).toEqual([206, 'ffd8']);
    expect((await draw(image, '', { headers: { 'If-Match': '"x"' } })).status).toBe(412);
  });

  it('HT-11 answers HEAD as GET, without the picture', async () => {
    const [whole, head] = [await draw(image), await draw(image, '', { method: 'HEAD' })];
    const named = ({ rawHeaders }: WireAnswer) => rawHeaders.filter(([name]) => !/^(?:Date|X-Request-Id)$/i.test(name));
    expect([head.status, head.body.length, named(head)]).toEqual([200, 0, named(whole)]);
  });
});

describe('the window', () => {
  it.each([
    '40,400',
    '40,400,',
    'a,400,linear',
    '40,b,linear',
    '40,400,LINEAR',
    '40,400,linear,1',
    '40,0.5,linear',
    '40,0,sigmoid',
    '40,-1,linear-exact',
    '',
    'Infinity,1,linear',
  ])('RR-06 is 400 as window=%s', async (window) => {
    expectRefused(await draw(ct, `?window=${window}`), 'indow');
  });

  it('RR-05 RR-06 is of modality values, by the three functions', async () => {
    // Values are 0, 10, 20 … 630 from left to right.
    const at = async (window: string, x: number) =>
      greyAt(await draw(ct, `?window=${window}`, accept('image/png')), x, 0);
    const linear = (value: number) => Math.min(Math.max(((value - 299.5) / 199 + 0.5) * 255, 0), 255);
    const exact = (value: number) => Math.min(Math.max(((value - 300) / 200 + 0.5) * 255, 0), 255);
    const sigmoid = (value: number) => 255 / (1 + Math.exp((-4 * (value - 300)) / 200));
    for (const x of [20, 21, 30, 39, 40]) {
      expect(Math.abs((await at('300,200,linear', x)) - linear(10 * x))).toBeLessThanOrEqual(1);
      expect(Math.abs((await at('300,200,linear-exact', x)) - exact(10 * x))).toBeLessThanOrEqual(1);
      expect(Math.abs((await at('300,200,sigmoid', x)) - sigmoid(10 * x))).toBeLessThanOrEqual(1);
    }
    // Its own: 40, 400.
    expect(await greyAt(await draw(ct, '', accept('image/png')), 63, 0)).toBe(255);
  });

  it('AMB-30 is of no effect on colour, with a Warning', async () => {
    const answer = await draw(colour, '?window=40,400,linear');
    expect([answer.status, answer.headers['warning']]).toEqual([200, expect.stringContaining('299')]);
    expect((await draw(image, '?window=40,400,linear')).headers['warning']).toBeUndefined();
  });
});

describe('the viewport', () => {
  it.each([
    '0,10',
    'a,b',
    '10',
    '',
    '10,10,1',
    '10,10,1,1',
    '10,10,1,1,1',
    '10,10,1,1,1,1,1',
    '1.5,10',
    '-1,10',
    '10,10,-1,0,1,1',
    '10,10,a,0,1,1',
    '10,10,0,0,0,1',
    '99999,1',
    '16383,16383',
    '10,10,64,0,1,1',
  ])('RR-07 is 400 as viewport=%s', async (viewport) => {
    expectRefused(await draw(image, `?viewport=${viewport}`), 'iewport');
  });

  it.each([
    ['32,32', 32, 24],
    ['128,128', 128, 96],
    ['100,10', 13, 10],
    ['64,64,,,32,32', 64, 64],
    ['64,64,32,16,32,32', 64, 64],
    ['64,48,0,0,-64,48', 64, 48],
  ] as const)('RR-07 keeps the shape of the image: viewport=%s', async (viewport, width, height) => {
    const { status, body } = await draw(image, `?viewport=${viewport}`);
    const pixels = await pixelsOf(body);
    expect([status, pixels.width, pixels.height]).toEqual([200, width, height]);
  });

  it('RR-07 turns the image round for a negative size', async () => {
    const png = accept('image/png');
    expect(await greyAt(await draw(image, '?viewport=64,48,0,0,-64,48', png), 0, 0)).toBe(255);
    expect(await greyAt(await draw(image, '?viewport=32,48,32,0,32,48', png), 0, 0)).toBeGreaterThan(120);
  });
});

describe('the other parameters', () => {
  it.each(['0', '101', 'x', '-1', '1.5', ''])('RR-09 is 400 as quality=%s', async (quality) => {
    expectRefused(await draw(image, `?quality=${quality}`), 'quality');
  });

  it('RR-09 makes a JPEG smaller or larger, and leaves a PNG as it is', async () => {
    const noise = made('noise', {
      attributes: { PixelData: Buffer.from(Array.from({ length: ROWS * COLUMNS }, (_, i) => (i * 7919) % 256)) },
    });
    await archive.add(noise);
    const sizes = await Promise.all(
      ['?quality=10', '?quality=90'].map(async (query) => (await draw(noise, query)).body.length),
    );
    expect(sizes[0]).toBeLessThan(sizes[1] ?? 0);
    const png = await Promise.all(['', '?quality=10'].map((query) => draw(noise, query, accept('image/png'))));
    expect(png[0]?.body.equals(png[1]?.body ?? Buffer.alloc(0))).toBe(true);
  });

  it.each(['', ',', 'patient,', 'pa%20tient', '%3Cb%3E'])('RR-10 is 400 as annotation=%s', async (annotation) => {
    expectRefused(await draw(image, `?annotation=${annotation}`), 'annotation');
  });

  it('RR-10 writes what is asked for, and warns of words that it does not know', async () => {
    const [plain, patient, both] = await Promise.all(
      ['', '?annotation=patient', '?annotation=patient,technique'].map((query) =>
        draw(image, query, accept('image/png')),
      ),
    );
    expect(new Set([plain, patient, both].map((answer) => answer?.body.toString('base64'))).size).toBe(3);
    expect(patient?.headers['warning']).toBeUndefined();
    const unknown = await draw(image, '?annotation=foo,patient,bar');
    expect([unknown.status, unknown.headers['warning']]).toEqual([
      200,
      `299 ${archive.base}: The following annotation values are not supported: foo,bar`,
    ]);
  });

  it.each(['', 'YES', 'x', 'srgb,adobergb'])('RR-11 is 400 as iccprofile=%s', async (iccprofile) => {
    expectRefused(await draw(image, `?iccprofile=${iccprofile}`), 'iccprofile');
  });

  it('RR-11 embeds a profile where the type can have one', async () => {
    for (const of of [image, colour]) {
      for (const profile of ['yes', 'srgb', 'adobergb', 'rommrgb']) {
        const jpeg = await draw(of, `?iccprofile=${profile}`);
        expect([jpeg.status, jpeg.body.includes('ICC_PROFILE\0')]).toEqual([200, true]);
        expect((await draw(of, `?iccprofile=${profile}`, accept('image/png'))).body.includes('iCCP')).toBe(true);
        for (const type of ['image/gif', 'image/jp2', 'image/jph']) {
          expectRefused(await draw(of, `?iccprofile=${profile}`, accept(type)), 'ICC');
        }
      }
      expect((await draw(of, '?iccprofile=no')).body.includes('ICC_PROFILE')).toBe(false);
    }
  });

  it('QP-12 is 400 for one that is given twice, and QP-01 others are ignored', async () => {
    for (const name of ['annotation=patient', 'quality=5', 'viewport=5,5', 'window=1,2,linear', 'iccprofile=no']) {
      expectRefused(await draw(image, `?${name}&${name}`), 'more than once');
    }
    expect((await draw(image, '?foo=bar&Quality=0')).status).toBe(200);
  });
});

describe('several frames', () => {
  it('RR-15 are one picture each', async () => {
    const one = await get(`${multiFrame.path}/frames/2/rendered`, accept('image/png'));
    expect([one.headers['content-type'], one.headers['content-location']]).toEqual([
      'image/png',
      `${archive.base}${multiFrame.path}/frames/2`,
    ]);
    expect(await greyAt(one, 0, 0)).toBe(80);
    const answer = await get(`${multiFrame.path}/frames/3,1/rendered`, parts('image/png'));
    const { type, parts: sent } = readParts(answer.headers['content-type'], answer.body);
    expect([type, sent.map(({ headers }) => headers.get('Content-Location'))]).toEqual([
      'image/png',
      [3, 1].map((frame) => `${archive.base}${multiFrame.path}/frames/${frame}`),
    ]);
    const greys = await Promise.all(sent.map(async ({ body }) => (await pixelsOf(body)).at(0, 0)[0]));
    expect(greys).toEqual([120, 40]);
    expect((await get(`${multiFrame.path}/frames/1,2/rendered`, accept('image/png'))).status).toBe(406);
  });

  it.each(['0', '1,', 'x', '-1', '1,,2'])('RF-09 are 400 as %s', async (frames) => {
    expect((await get(`${multiFrame.path}/frames/${frames}/rendered`)).status).toBe(400);
  });

  it('AMB-23 are 404 when one is not there, and 404 beside them', async () => {
    for (const frames of ['6', '1,99'])
      expect((await get(`${multiFrame.path}/frames/${frames}/rendered`)).status).toBe(404);
    expect((await get(`${image.path}/frames/1/rendered`)).status).toBe(200);
    for (const what of ['renderedmpr', 'rendered3d']) expect((await get(`${image.path}/${what}`)).status).toBe(404);
  });

  it('AMB-09 RR-14 are all parts, a GIF that moves, or the middle one', async () => {
    const middle = await draw(multiFrame, '', accept('image/jpeg'));
    expect(middle.headers['content-location']).toBe(`${archive.base}${multiFrame.path}/frames/3`);
    expect(await greyAt(middle, 0, 0)).toBe(120);
    const gif = await draw(multiFrame, '', accept('image/gif'));
    const { pages } = await sharp(gif.body, { animated: true }).metadata();
    expect([gif.headers['content-location'], pages]).toEqual([archive.base + multiFrame.path, 5]);
    const all = await draw(multiFrame, '', parts('image/jpeg'));
    expect(readParts(all.headers['content-type'], all.body).parts.length).toBe(5);
    const small = await draw(multiFrame, '?viewport=16,16', accept('image/gif'));
    const metadata = await sharp(small.body, { animated: true }).metadata();
    expect([metadata.width, metadata.pageHeight]).toEqual([16, 12]);
  });

  it('AMB-09 RR-13 strictly have no picture of one frame', async () => {
    expect((await draw(multiFrame, '', { of: strict, ...accept('image/jpeg') })).status).toBe(406);
    expect((await draw(multiFrame, '', { of: strict, ...accept('image/gif') })).status).toBe(200);
    expect((await draw(multiFrame, '', { of: strict, ...parts('image/jpeg') })).status).toBe(200);
  });
});

describe('studies and series', () => {
  it('RR-13 are parts, and 406 as one picture', async () => {
    for (const path of [studyOf(two[0] ?? image), `${studyOf(two[0] ?? image)}/series/${two[0]?.seriesInstanceUID}`]) {
      expect((await get(`${path}/rendered`, accept('image/jpeg'))).status).toBe(406);
      for (const asked of [{}, accept('*/*'), parts('image/jpeg')]) {
        const { status, headers, body } = await get(`${path}/rendered`, asked);
        const { type, parts: sent } = readParts(headers['content-type'], body);
        expect([status, type, headers['content-location']]).toEqual([200, 'image/jpeg', archive.base + path]);
        expect(sent.map((part) => part.headers.get('Content-Location'))).toEqual(
          two.map((one) => archive.base + one.path),
        );
        for (const part of sent) expect((await pixelsOf(part.body)).width).toBe(COLUMNS);
      }
    }
  });

  it('RR-02 RR-18 give each kind of instance as what it is, and leave out what nobody can look at', async () => {
    const path = `${studyOf(mixedImage)}/rendered`;
    const typesOf = async (asked: Asked) => {
      const { status, headers, body } = await get(path, asked);
      expect(status).toBe(200);
      return readParts(headers['content-type'], body)
        .parts.map((part) => part.headers.get('Content-Type'))
        .sort();
    };
    expect(await typesOf({})).toEqual(['application/pdf', 'image/jpeg', 'text/html; charset=utf-8']);
    expect(await typesOf(parts('image/png'))).toEqual(['image/png']);
    expect(await typesOf(accept('multipart/related; type="image/png", multipart/related; type="text/plain"'))).toEqual([
      'image/png',
      'text/plain; charset=utf-8',
    ]);
    expect((await get(path, parts('video/mp4'))).status).toBe(406);
    expect((await get(`${studyOf(waveform)}/series/${waveform.seriesInstanceUID}/rendered`)).status).toBe(406);
  });

  it('RR-18 tell of an image that can not be drawn in its place, and give the others', async () => {
    const { status, headers, body } = await get(`${studyOf(broken)}/rendered`);
    const { parts: sent } = readParts(headers['content-type'], body);
    expect([status, sent.map((part) => part.headers.get('Content-Type'))]).toEqual([
      200,
      ['image/jpeg', 'application/problem+json', 'image/jpeg'],
    ]);
    expect(JSON.parse(sent[1]?.body.toString() ?? '')).toMatchObject({ status: 500 });
    expect((await draw(broken)).status).toBe(500);
  });
});

describe('what is no image', () => {
  it('RR-02 AMB-10 is text, or the document', async () => {
    for (const [mediaType, sent] of [
      ['text/html', 'text/html; charset=utf-8'],
      ['text/plain', 'text/plain; charset=utf-8'],
      ['text/xml', 'text/xml; charset=utf-8'],
      ['*/*', 'text/html; charset=utf-8'],
    ] as const) {
      const { status, headers } = await draw(report, '', accept(mediaType));
      expect([status, headers['content-type'], headers['content-location']]).toEqual([
        200,
        sent,
        archive.base + report.path,
      ]);
    }
    for (const mediaType of ['*/*', 'application/pdf']) {
      const { status, headers, body } = await draw(pdf, '', accept(mediaType));
      expect([status, headers['content-type'], body.toString('latin1', 0, 5)]).toEqual([
        200,
        'application/pdf',
        '%PDF-',
      ]);
    }
    expect((await draw(report, '', accept('image/jpeg'))).status).toBe(406);
  });

  it('RR-18 is 406 when nobody can look at it', async () => {
    expect((await draw(waveform)).status).toBe(406);
    expect((await get(`${report.path}/frames/1/rendered`)).status).toBe(404);
  });
});

describe('a presentation state', () => {
  it('RR-16 RR-17 is the image as it shows it', async () => {
    const answer = await draw(stateOfOne, '', accept('image/png'));
    expect(answer.headers['content-location']).toBe(archive.base + stateOfOne.path);
    expect(await greyAt(answer, 0, 0)).toBe(255);
    expect(await greyAt(answer, COLUMNS - 1, 0)).toBe(0);
  });

  it('RR-16 is all images that it refers to', async () => {
    const { headers, body } = await draw(stateOfTwo);
    const { parts: sent } = readParts(headers['content-type'], body);
    expect(sent.map((part) => part.headers.get('Content-Location'))).toEqual(two.map((one) => archive.base + one.path));
    expect((await draw(stateOfTwo, '', accept('image/jpeg'))).status).toBe(406);
  });

  it('RR-16 is 400 with a window, with a part of the image, and when its images are not there', async () => {
    expectRefused(await draw(stateOfOne, '?window=40,400,linear'), 'window');
    expectRefused(await draw(stateOfOne, '?viewport=10,10,0,0,5,5'), 'viewport');
    expect((await draw(stateOfOne, '?viewport=32,32')).status).toBe(200);
    expectRefused(await draw(stateOfNothing), 'refers to images');
  });
});

describe('damage', () => {
  it('F11 in the header is told, not drawn', async () => {
    const spoiled = made('spoiled', { attributes: { WindowCenter: '128', WindowWidth: '256' } });
    await archive.add(spoiled);
    await spoilFile(archive, spoiled, (bytes) => bytes.fill('129', bytes.indexOf('128'), bytes.indexOf('128') + 3));
    const answer = await draw(spoiled);
    expect([answer.status, answer.headers['content-type']]).toEqual([500, 'application/problem+json']);
  });

  it('F11 in the pixels is told, not drawn', async () => {
    const spoiled = made('spoiled pixels');
    await archive.add(spoiled);
    await spoilFile(archive, spoiled, (bytes) => bytes.fill(1, bytes.length - 4));
    expect((await draw(spoiled)).status).toBe(500);
  });
});
