/** Pixels that somebody made to harm: each is answered soon, as what it is, and the server lives. Threats T30 to T36 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSet, dataSetOfKeywords, element } from '../../src/dicom/build-data-set.js';
import { encodeFrame } from '../../src/pixels/encode.js';
import type { Frame } from '../../src/pixels/frame.js';
import { hostileDir } from '../support/outside-files.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { type Attributes, type InstanceOptions, type MadeInstance, makeInstance, SYNTAX } from './instances.js';
import { ask, type WireAnswer } from './wire.js';

const MOST_MS = 15_000;
const SIDE = 64;

const eightBits: Attributes = {
  Rows: SIDE,
  Columns: SIDE,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelData: Buffer.alloc(SIDE * SIDE, 7),
};
const made = (study: string, options: Omit<InstanceOptions, 'study'>): MadeInstance =>
  makeInstance({ study: `hostile ${study}`, ...options, attributes: { ...eightBits, ...options.attributes } });

/** A code stream in the place of the pixels. */
const compressed = (
  study: string,
  transferSyntaxUID: string,
  codeStream: Buffer,
  attributes: Attributes = {},
): MadeInstance =>
  made(study, {
    transferSyntaxUID,
    fragments: [[even(codeStream)]],
    attributes: { PixelData: undefined, ...attributes },
  });

const even = (bytes: Buffer): Buffer => (bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]));

const HTJ2K = '1.2.840.10008.1.2.4.201';
const DEFLATED_FRAMES = '1.2.840.10008.1.2.8.1';

async function codeStreamOf(transferSyntaxUID: string): Promise<Buffer> {
  const frame: Frame = {
    description: {
      rows: SIDE,
      columns: SIDE,
      samplesPerPixel: 1,
      bitsAllocated: 8,
      bitsStored: 8,
      pixelRepresentation: 0,
      photometricInterpretation: 'MONOCHROME2',
      planarConfiguration: 0,
      transferSyntaxUID: SYNTAX.explicit,
    },
    bytes: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i * 31) % 251),
  };
  return Buffer.from((await encodeFrame(frame, transferSyntaxUID)).bytes);
}

/** Segments that are said to be where nothing is. PS3.5 §G.5 */
function lyingRLE(...header: readonly number[]): Buffer {
  const bytes = Buffer.alloc(64 + 32, 0x81);
  bytes.fill(0, 0, 64);
  for (const [i, value] of header.entries()) bytes.writeUInt32LE(value, i * 4);
  return bytes;
}

/** The start of a baseline JPEG of that size, and nothing after. */
const jpegOf = (rows: number, columns: number): Buffer =>
  Buffer.from([
    0xff,
    0xd8,
    0xff,
    0xc0,
    0,
    11,
    8,
    rows >> 8,
    rows & 255,
    columns >> 8,
    columns & 255,
    1,
    1,
    0x11,
    0,
    0xff,
    0xd9,
  ]);

const good = made('good', {});
const huge = { Rows: 65_535, Columns: 65_535 };

/** With the statuses that are right for them. */
async function hostile(): Promise<readonly (readonly [string, MadeInstance, readonly number[]])[]> {
  const [jpeg2000, jpegLS, htj2k] = [
    await codeStreamOf(SYNTAX.jpeg2000),
    await codeStreamOf(SYNTAX.jpegLS),
    await codeStreamOf(HTJ2K),
  ];
  const cut = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length / 3));
  const scrambled = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    for (let i = Math.floor(copy.length / 2); i < copy.length; i += 3) copy.writeUInt8(copy.readUInt8(i) ^ 0x5a, i);
    return copy;
  };
  const overlay = dataSet([
    element(0x60000010, 65_535, 'US'),
    element(0x60000011, 65_535, 'US'),
    element(0x60000040, 'G', 'CS'),
    element(0x60000050, [-30_000, 30_000], 'SS'),
    element(0x60000100, 1, 'US'),
    element(0x60000102, 0, 'US'),
    element(0x60003000, Buffer.alloc(10, 0xff), 'OW'),
  ]);
  return [
    ['65535 by 65535, one JPEG', compressed('huge jpeg', SYNTAX.jpegBaseline, jpegOf(65_535, 65_535), huge), [413]],
    ['65535 by 65535, a small code stream', compressed('huge j2k', SYNTAX.jpeg2000, jpeg2000, huge), [413]],
    ['65535 by 65535, RLE', compressed('huge rle', SYNTAX.rle, lyingRLE(2, 64, 64), huge), [413]],
    [
      '16000 by 16000, RLE',
      compressed('large rle', SYNTAX.rle, lyingRLE(1, 64), { Rows: 16_000, Columns: 16_000 }),
      [413],
    ],
    [
      'a JPEG that is larger than it is said to be',
      compressed('larger', SYNTAX.jpegBaseline, jpegOf(9_000, 9_000)),
      [500],
    ],
    ['RLE with more segments than there are', compressed('rle 15', SYNTAX.rle, lyingRLE(15, 64)), [500]],
    ['RLE beyond its end', compressed('rle end', SYNTAX.rle, lyingRLE(1, 0xffffff00)), [500]],
    ['RLE of too little', compressed('rle little', SYNTAX.rle, lyingRLE(1, 64)), [500]],
    ['RLE of 2^32 segments', compressed('rle many', SYNTAX.rle, lyingRLE(0xffffffff, 64)), [500]],
    ['JPEG 2000 cut off', compressed('cut j2k', SYNTAX.jpeg2000, cut(jpeg2000)), [200, 500]],
    ['JPEG-LS cut off', compressed('cut jls', SYNTAX.jpegLS, cut(jpegLS)), [200, 500]],
    ['HTJ2K cut off', compressed('cut htj2k', HTJ2K, cut(htj2k)), [200, 500]],
    ['JPEG 2000 scrambled', compressed('scrambled j2k', SYNTAX.jpeg2000, scrambled(jpeg2000)), [200, 500]],
    ['JPEG-LS scrambled', compressed('scrambled jls', SYNTAX.jpegLS, scrambled(jpegLS)), [200, 500]],
    ['HTJ2K scrambled', compressed('scrambled htj2k', HTJ2K, scrambled(htj2k)), [200, 500]],
    ['nothing but a start', compressed('start', SYNTAX.jpegBaseline, Buffer.from([0xff, 0xd8])), [500]],
    [
      'a deflated frame of 100 MB',
      compressed('bomb', DEFLATED_FRAMES, deflateRawSync(Buffer.alloc(100_000_000))),
      [500],
    ],
    ['an overlay of 65535 by 65535', made('overlay', { elements: overlay.elements }), [200]],
    ['a window that is none', made('window', { attributes: { WindowCenter: 'x', WindowWidth: '-1e9' } }), [200, 406]],
    [
      'a slope and an intercept without end',
      made('slope', { attributes: { RescaleSlope: '1e308', RescaleIntercept: '-1e308' } }),
      [200, 406],
    ],
    [
      'a palette that is not there',
      made('palette', { attributes: { PhotometricInterpretation: 'PALETTE COLOR' } }),
      [406],
    ],
    [
      'a Photometric Interpretation of nobody',
      made('photometric', { attributes: { PhotometricInterpretation: 'X' } }),
      [406],
    ],
    [
      'a look-up table with a descriptor of nothing',
      made('lut', {
        attributes: {
          VOILUTSequence: [dataSetOfKeywords({ LUTDescriptor: [0, 0, 255], LUTData: Buffer.alloc(2) })],
        },
      }),
      [200, 406],
    ],
    [
      'pixels far from square',
      made('aspect', { attributes: { PixelAspectRatio: ['1', '2147483647'] } }),
      [200, 400, 406],
    ],
  ];
}

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(good);
});
afterAll(() => archive.close());

const get = (path: string, Accept = '*/*'): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${path}`, { headers: { Authorization: `Bearer ${archive.curatorToken}`, Accept } });

/** Told as what it is: what nobody has thought of is told as an internal error. */
const titleOf = ({ status, body }: WireAnswer): string =>
  status < 400 ? '' : (JSON.parse(body.toString()) as { title: string }).title;

async function timed(path: string, Accept?: string): Promise<WireAnswer> {
  const before = Date.now();
  const answer = await get(path, Accept);
  expect(Date.now() - before).toBeLessThan(MOST_MS);
  expect([path, titleOf(answer)]).not.toEqual([path, 'Internal error']);
  return answer;
}

const QUERIES = ['rendered', 'rendered?viewport=4096,4096', 'rendered?window=1,1,sigmoid&iccprofile=rommrgb'];

describe('RR-20 hostile pixels', () => {
  it('are told, or drawn, soon; a thumbnail is there always', { timeout: 120_000 }, async () => {
    for (const [name, instance, statuses] of await hostile()) {
      const stored = await archive.store(archive.siteToken, [instance.file]);
      expect([name, stored.status]).toEqual([name, 200]);
      const { status } = await timed(`${instance.path}/rendered`);
      expect([name, statuses.includes(status), status]).toEqual([name, true, status]);
      for (const query of QUERIES) await timed(`${instance.path}/${query}`);
      for (const type of ['image/png', 'image/gif', 'image/jp2', 'multipart/related; type="image/jpeg"']) {
        await timed(`${instance.path}/rendered`, type);
      }
      const thumbnail = await timed(`${instance.path}/thumbnail`);
      expect([name, thumbnail.status, thumbnail.headers['content-type']]).toEqual([name, 200, 'image/jpeg']);
      expect((await get(`${good.path}/rendered?quality=${1 + Math.floor(Math.random() * 100)}`)).status).toBe(200);
    }
  });

  it('RR-20 of very many frames make no animation', async () => {
    const frames = 1_001;
    const many = made('frames', {
      attributes: { NumberOfFrames: String(frames), Rows: 2, Columns: 2, PixelData: Buffer.alloc(4 * frames, 9) },
    });
    await archive.add(many);
    expect((await timed(`${many.path}/rendered`, 'image/gif')).status).toBe(413);
    expect((await timed(`${many.path}/rendered`, 'image/png')).status).toBe(200);
  });

  it('RR-20 are made one animation after the other, for each holds all of its frames', async () => {
    const frames = 24;
    const movie = made('movie', {
      attributes: { NumberOfFrames: String(frames), Rows: 64, Columns: 64, PixelData: Buffer.alloc(4096 * frames, 9) },
    });
    await archive.add(movie);
    const before = performance.now();
    const lasted = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        expect((await get(`${movie.path}/rendered?window=${i},9,linear`, 'image/gif')).status).toBe(200);
        return performance.now() - before;
      }),
    );
    // All at once, they would end at once.
    expect(Math.min(...lasted)).toBeLessThan(Math.max(...lasted) * 0.6);
  });

  it('RR-16 of presentation states are bounded', async () => {
    const area = (corner: readonly number[]) =>
      dataSetOfKeywords({
        DisplayedAreaTopLeftHandCorner: [-2_000_000_000, -2_000_000_000],
        DisplayedAreaBottomRightHandCorner: [...corner],
        PresentationSizeMode: 'SCALE TO FIT',
      });
    const PR = '1.2.840.10008.5.1.4.1.1.11.1';
    const reference = { ReferencedSOPClassUID: good.sopClassUID, ReferencedSOPInstanceUID: good.sopInstanceUID };
    const state = makeInstance({
      study: 'hostile good',
      series: 'hostile good/pr',
      modality: 'SR',
      fileMeta: { sopClassUID: PR },
      attributes: {
        Modality: 'PR',
        SOPClassUID: PR,
        DisplayedAreaSelectionSequence: [area([2_000_000_000, 2_000_000_000])],
        ReferencedSeriesSequence: [
          dataSetOfKeywords({
            SeriesInstanceUID: good.seriesInstanceUID,
            ReferencedImageSequence: Array.from({ length: 1_500 }, () => dataSetOfKeywords(reference)),
          }),
        ],
      },
    });
    await archive.add(state);
    expect((await timed(`${state.path}/rendered`)).status).toBe(413);
  });
});

describe.runIf(hostileDir !== undefined)('RR-20 files of the hostile corpus', () => {
  const folder = hostileDir ?? '';
  const files = hostileDir === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.dcm'));

  it('are never more than an answer', { timeout: 300_000 }, async () => {
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) await archive.store(archive.siteToken, [readFileSync(join(folder, name))]);
    const found = await archive.get('/instances?limit=1000');
    const instances: readonly Record<string, { Value?: readonly string[] }>[] = JSON.parse(await found.text());
    const uid = (one: (typeof instances)[number], tag: string): string => one[tag]?.Value?.[0] ?? '';
    for (const one of instances) {
      const path = `/studies/${uid(one, '0020000D')}/series/${uid(one, '0020000E')}/instances/${uid(one, '00080018')}`;
      await timed(`${path}/rendered`);
      expect((await timed(`${path}/thumbnail`)).status).toBe(200);
    }
    expect((await get(`${good.path}/rendered`)).status).toBe(200);
  });
});
