/** Store of metadata and bulkdata over HTTP. PS3.18 §10.5.1.4, §10.5.2 */
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extension, writeGIF } from '../support/gif.js';
import { writePNG } from '../support/png.js';
import { xmlOf } from '../support/sent-instance.js';
import {
  type BodyPart,
  bulkPart,
  DICOM_JSON,
  DICOM_XML,
  jsonPart,
  type SentBody,
  sentBody,
  storeSent,
  xmlPart,
} from '../support/sent-metadata.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, items, type JSONDataSet, json } from './dicom-json.js';
import { bytesOf, digest, swapped, uidOf } from './instances.js';

const FAILED = '00081198';
const STORED = '00081199';
const OTHERS = '0008119A';
const REASON = '00081197';
const CANNOT_UNDERSTAND = String(0xc000);
const SYNTAX_NOT_SUPPORTED = String(0xc122);

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
});
afterAll(() => archive.close());

type Attributes = Readonly<Record<string, unknown>>;

interface Made {
  readonly json: Attributes;
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly path: string;
}

const us = (value: number): unknown => ({ vr: 'US', Value: [value] });
const ui = (value: string): unknown => ({ vr: 'UI', Value: [value] });
const cs = (value: string): unknown => ({ vr: 'CS', Value: [value] });

/** An image of 4 by 3 pixels of 16 bits, whose Pixel Data is named `pixels/NAME`; other attributes come over it. */
function made(name: string, over: Attributes = {}): Made {
  const [study, series, instance] = [uidOf(`study ${name}`), uidOf(`series ${name}`), uidOf(`instance ${name}`)];
  const attributes: Attributes = {
    '00080016': ui('1.2.840.10008.5.1.4.1.1.2'),
    '00080018': ui(instance),
    '00080060': cs('CT'),
    '00100020': { vr: 'LO', Value: [`P-${name}`] },
    '0020000D': ui(study),
    '0020000E': ui(series),
    '00280002': us(1),
    '00280004': cs('MONOCHROME2'),
    '00280010': us(3),
    '00280011': us(4),
    '00280100': us(16),
    '00280101': us(16),
    '00280102': us(15),
    '00280103': us(0),
    '7FE00010': { vr: 'OW', BulkDataURI: `pixels/${name}` },
    ...over,
  };
  return {
    json: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
    sopInstanceUID: instance,
    studyInstanceUID: study,
    path: `/studies/${study}/series/${series}/instances/${instance}`,
  };
}

/** All of the Image Pixel Description is left to the frames. */
const UNDESCRIBED: Attributes = Object.fromEntries(
  ['00280002', '00280004', '00280010', '00280011', '00280100', '00280101', '00280102', '00280103'].map((tag) => [
    tag,
    undefined,
  ]),
);
const SECONDARY_CAPTURE: Attributes = { '00080016': ui('1.2.840.10008.5.1.4.1.1.7'), '00080060': cs('OT') };

const pixels = (name: string): Buffer => bytesOf(name, 24);
const pixelPart = (name: string): BodyPart => bulkPart(`pixels/${name}`, pixels(name));
const xmlPartOf = ({ json: attributes }: Made): BodyPart => xmlPart(xmlOf(JSON.stringify(attributes)));

const send = (body: SentBody, path?: string): Promise<Response> => storeSent(archive, archive.siteToken, body, path);
const sendParts = (...parts: readonly BodyPart[]): Promise<Response> => send(sentBody(parts));

const moduleOf = (response: Response): Promise<JSONDataSet> => json<JSONDataSet>(response);

/** Status, how many were stored, and the reasons of named and of other failures. */
async function outcomeOf(response: Response): Promise<readonly unknown[]> {
  const module = await moduleOf(response);
  const reasons = (tag: string) => items(module, tag).map((item) => firstValue(item, REASON));
  return [response.status, items(module, STORED).length, reasons(FAILED), reasons(OTHERS)];
}

const metadataOf = async ({ path }: Made): Promise<JSONDataSet> => {
  const [metadata] = await json<JSONDataSet[]>(await archive.get(`${path}/metadata`));
  if (metadata === undefined) throw new Error('There is no such instance.');
  return metadata;
};

const storedPixels = async ({ path }: Made): Promise<string> => {
  const response = await archive.get(`${path}/bulkdata/7FE00010`, { Accept: 'application/octet-stream' });
  return digest(new Uint8Array(await response.arrayBuffer()));
};

const frame = async ({ path }: Made, number = 1): Promise<readonly [string | null, string]> => {
  const response = await archive.get(`${path}/frames/${number}`, {
    Accept: 'multipart/related; type="*/*"; transfer-syntax=*',
  });
  const body = Buffer.from(await response.arrayBuffer());
  return [response.headers.get('content-type'), body.toString('latin1')];
};

const isStored = async ({ path }: Made): Promise<boolean> => (await archive.get(`${path}/metadata`)).status === 200;

describe('metadata and bulkdata that are stored', () => {
  it('SW-02 SW-24 takes one part of JSON with an array, and the values after it', async () => {
    const [a, b] = [made('a'), made('b')];
    const answer = await sendParts(jsonPart([a.json, b.json]), pixelPart('a'), pixelPart('b'));
    expect(await outcomeOf(answer)).toEqual([200, 2, [], []]);
    expect([await storedPixels(a), await storedPixels(b)]).toEqual([digest(pixels('a')), digest(pixels('b'))]);
    expect(await metadataOf(a)).toMatchObject({ '00280010': { vr: 'US', Value: [3] }, '00100020': { Value: ['P-a'] } });
  });

  it('SW-02 SW-25 takes one part of XML for each instance', async () => {
    const [a, b] = [made('xml a'), made('xml b')];
    const answer = await sendParts(xmlPartOf(a), xmlPartOf(b), pixelPart('xml b'), pixelPart('xml a'));
    expect(await outcomeOf(answer)).toEqual([200, 2, [], []]);
    expect([await storedPixels(a), await storedPixels(b)]).toEqual([digest(pixels('xml a')), digest(pixels('xml b'))]);
  });

  it('SW-24 finds values by absolute and relative names and by Content-ID', async () => {
    const absolute = made('absolute', { '7FE00010': { vr: 'OW', BulkDataURI: `${archive.base}/x/1` } });
    const relative = made('relative', { '7FE00010': { vr: 'OW', BulkDataURI: 'x/./2' } });
    const byID = made('cid', { '7FE00010': { vr: 'OW', BulkDataURI: 'cid:three@here' } });
    const answer = await sendParts(
      jsonPart([absolute.json, relative.json, byID.json]),
      bulkPart('x/1', pixels('1')),
      bulkPart(`${archive.base}/x/2`, pixels('2')),
      { headers: { 'Content-Type': 'application/octet-stream', 'Content-ID': '<three@here>' }, body: pixels('3') },
    );
    expect(await outcomeOf(answer)).toEqual([200, 3, [], []]);
    expect(await storedPixels(byID)).toBe(digest(pixels('3')));
  });

  it('takes InlineBinary, a single object, values within sequences, and an instance without any', async () => {
    const inline = made('inline', { '7FE00010': { vr: 'OW', InlineBinary: pixels('inline').toString('base64') } });
    expect(await outcomeOf(await sendParts(jsonPart(inline.json)))).toEqual([200, 1, [], []]);
    expect(await storedPixels(inline)).toBe(digest(pixels('inline')));
    const nested = made('nested', {
      '00080016': ui('1.2.840.10008.5.1.4.1.1.66'),
      '00081140': { vr: 'SQ', Value: [{}, { '00420011': { vr: 'OB', BulkDataURI: 'doc' } }] },
      '7FE00010': undefined,
    });
    const document = bytesOf('doc', 3_000);
    expect(await outcomeOf(await sendParts(jsonPart([nested.json]), bulkPart('doc', document)))).toEqual([
      200,
      1,
      [],
      [],
    ]);
    const response = await archive.get(`${nested.path}/bulkdata/00081140/1/00420011`);
    expect(digest(new Uint8Array(await response.arrayBuffer()))).toBe(digest(document));
  });

  it('SW-29 is the same when it comes again, and another when it is another', async () => {
    const again = made('again');
    for (const status of [200, 200]) {
      expect((await sendParts(jsonPart([again.json]), pixelPart('again'))).status).toBe(status);
    }
    const other = await sendParts(jsonPart([again.json]), bulkPart('pixels/again', bytesOf('other', 24)));
    expect(await outcomeOf(other)).toEqual([409, 0, [String(0x111)], []]);
  });

  it('MP-16 takes metadata that is not the first part', async () => {
    const late = made('late');
    expect((await send(sentBody([pixelPart('late'), jsonPart([late.json])], DICOM_JSON))).status).toBe(200);
    expect(await isStored(late)).toBe(true);
  });

  it('SW-01 SW-20 keeps to the study of the path', async () => {
    const [own, other] = [made('own study'), made('other study')];
    const body = sentBody([jsonPart([own.json, other.json]), pixelPart('own study'), pixelPart('other study')]);
    const answer = await send(body, `/studies/${own.studyInstanceUID}`);
    expect(answer.headers.get('location')).toBe(`${archive.base}/studies/${own.studyInstanceUID}`);
    expect(await outcomeOf(answer)).toEqual([202, 1, [String(0xa900)], []]);
  });

  it('SW-27 says of a document what its part says of it', async () => {
    const pdf = bytesOf('pdf', 2_000);
    const document = made('pdf', {
      '00080016': ui('1.2.840.10008.5.1.4.1.1.104.1'),
      '00080060': cs('DOC'),
      '00420011': { vr: 'OB', BulkDataURI: 'document' },
      '7FE00010': undefined,
      ...UNDESCRIBED,
    });
    const answer = await sendParts(jsonPart([document.json]), bulkPart('document', pdf, 'application/pdf'));
    expect(await outcomeOf(answer)).toEqual([200, 1, [], []]);
    expect(await metadataOf(document)).toMatchObject({ '00420012': { vr: 'LO', Value: ['application/pdf'] } });
    const response = await archive.get(`${document.path}/bulkdata/00420011`, { Accept: 'application/pdf' });
    expect(digest(new Uint8Array(await response.arrayBuffer()))).toBe(digest(pdf));
  });
});

describe('compressed bulkdata', () => {
  const segment = (marker: number, ...bytes: readonly number[]): readonly number[] => [
    0xff,
    marker,
    0,
    bytes.length + 2,
    ...bytes,
  ];
  /** 5 rows and 7 columns of a JPEG of that kind; no image, for nothing is decoded. */
  const jpeg = (frameMarker: number, components: readonly number[], parameter = 0): Buffer => {
    const frameHeader = [
      8,
      0,
      5,
      0,
      7,
      components.length,
      ...components.flatMap((sampling, i) => [i + 1, sampling, 0]),
    ];
    const scan = [components.length, ...components.flatMap((_, i) => [i + 1, 0]), parameter, 0, 0];
    return Buffer.from([
      0xff,
      0xd8,
      ...segment(frameMarker, ...frameHeader),
      ...segment(0xda, ...scan),
      1,
      2,
      3,
      0xff,
      0xd9,
    ]);
  };
  const jpeg2000 = (isReversible: boolean): Buffer => {
    const size = Buffer.alloc(43);
    size.writeUInt16BE(0xff51, 0);
    size.writeUInt16BE(41, 2);
    size.writeUInt32BE(7, 6);
    size.writeUInt32BE(5, 10);
    size.writeUInt16BE(1, 38);
    size.set([11, 1, 1], 40);
    const style = segment(0x52, 0, 0, 0, 1, 0, 5, 4, 4, 0, isReversible ? 1 : 0);
    return Buffer.concat([Buffer.from([0xff, 0x4f]), size, Buffer.from([...style, 0xff, 0x90, 0, 0, 0xff, 0xd9])]);
  };

  it.each([
    [
      'image/jpeg',
      jpeg(0xc0, [0x22, 0x11, 0x11]),
      '1.2.840.10008.1.2.4.50',
      { '00280002': 3, '00280004': 'YBR_FULL_422', '00280006': 0 },
    ],
    ['image/jpeg', jpeg(0xc1, [0x11]), '1.2.840.10008.1.2.4.51', { '00280002': 1, '00280004': 'MONOCHROME2' }],
    ['image/jpeg', jpeg(0xc3, [0x11], 1), '1.2.840.10008.1.2.4.70', {}],
    ['image/jpeg', jpeg(0xc3, [0x11], 4), '1.2.840.10008.1.2.4.57', {}],
    ['image/x-jls', jpeg(0xf7, [0x11], 0), '1.2.840.10008.1.2.4.80', {}],
    ['image/jls', jpeg(0xf7, [0x11, 0x11, 0x11], 2), '1.2.840.10008.1.2.4.81', { '00280004': 'RGB' }],
    ['image/jp2', jpeg2000(true), '1.2.840.10008.1.2.4.90', { '00280100': 16, '00280101': 12, '00280102': 11 }],
    ['image/jpx', jpeg2000(true), '1.2.840.10008.1.2.4.92', { '00280100': 16, '00280101': 12 }],
    ['image/jp2', jpeg2000(false), '1.2.840.10008.1.2.4.91', { '00280100': 16, '00280101': 12 }],
  ])(
    'SW-26 keeps %s unchanged, and describes its pixels by what it says',
    async (type, codeStream, syntax, described) => {
      const image = made(`${type} ${syntax}`, { ...SECONDARY_CAPTURE, ...UNDESCRIBED });
      const answer = await sendParts(jsonPart([image.json]), bulkPart(`pixels/${type} ${syntax}`, codeStream, type));
      expect(await outcomeOf(answer)).toEqual([200, 1, [], []]);
      const [contentType, body] = await frame(image);
      expect(contentType).toContain(`transfer-syntax=${syntax}`);
      expect(body).toContain(codeStream.toString('latin1'));
      const metadata = await metadataOf(image);
      const told = { '00280010': 5, '00280011': 7, '00280100': 8, '00280103': 0, ...described };
      expect(Object.keys(told).map((tag) => [tag, metadata[tag]?.Value?.[0]])).toEqual(Object.entries(told));
    },
  );

  it('SW-26 takes frames as parts of one name, in order, in the transfer syntax that is named', async () => {
    const image = made('rle', { '00280008': { vr: 'IS', Value: [2] } });
    const [one, two] = [bytesOf('one', 63), bytesOf('two', 70)];
    const type = 'image/dicom-rle; transfer-syntax=1.2.840.10008.1.2.5';
    const answer = await sendParts(
      jsonPart([image.json]),
      bulkPart('pixels/rle', one, type),
      bulkPart('pixels/rle', two, type),
    );
    expect(await outcomeOf(answer)).toEqual([200, 1, [], []]);
    const [contentType, body] = await frame(image, 2);
    expect(contentType).toContain('transfer-syntax=1.2.840.10008.1.2.5');
    expect(body).toContain(two.toString('latin1'));
  });

  it('SW-26 makes native pixels of PNG images, one a frame, without losing any', async () => {
    const deep = made('png deep', { ...SECONDARY_CAPTURE, ...UNDESCRIBED });
    const colour = made('png colour', { ...SECONDARY_CAPTURE, ...UNDESCRIBED });
    const [grey, one, two] = [bytesOf('grey', 30), bytesOf('one', 45), bytesOf('two', 45)];
    const png = (colourType: number, bits: number, values: Buffer): Buffer =>
      writePNG({ columns: 5, rows: 3, colourType, bits, pixels: values, filters: [1, 4, 3] });
    const answer = await sendParts(
      jsonPart([deep.json, colour.json]),
      bulkPart('pixels/png deep', png(0, 16, grey), 'image/png'),
      bulkPart('pixels/png colour', png(2, 8, one), 'image/png'),
      bulkPart('pixels/png colour', png(2, 8, two), 'image/png'),
    );
    expect(await outcomeOf(answer)).toEqual([200, 2, [], []]);
    expect(await storedPixels(deep)).toBe(digest(swapped(grey, 2)));
    expect(await storedPixels(colour)).toBe(digest(Buffer.concat([one, two])));
    expect(await metadataOf(deep)).toMatchObject({
      '00280004': { Value: ['MONOCHROME2'] },
      '00280010': { Value: [3] },
      '00280011': { Value: [5] },
      '00280101': { Value: [16] },
      '7FE00010': { vr: 'OW' },
    });
    expect(await metadataOf(colour)).toMatchObject({
      '00280004': { Value: ['RGB'] },
      '00280006': { Value: [0] },
      '00280008': { Value: [2] },
      '00280100': { Value: [8] },
    });
  });

  it('SW-26 makes native pixels of a GIF image, without losing any', async () => {
    const image = made('gif', { ...SECONDARY_CAPTURE, ...UNDESCRIBED });
    const answer = await sendParts(jsonPart([image.json]), bulkPart('pixels/gif', writeGIF(dots), 'image/gif'));
    expect(await outcomeOf(answer)).toEqual([200, 1, [], []]);
    expect(await storedPixels(image)).toBe(digest(dots.palette.subarray(3, 9)));
    expect(await metadataOf(image)).toMatchObject({ '00280004': { Value: ['RGB'] }, '00280011': { Value: [2] } });
  });

  it('keeps what the metadata says of pixels, though the frame says otherwise', async () => {
    const image = made('said', {
      '00280004': cs('MONOCHROME1'),
      '00280100': us(8),
      '00280101': us(8),
      '00280102': us(7),
    });
    expect(
      (await sendParts(jsonPart([image.json]), bulkPart('pixels/said', jpeg(0xc0, [0x11]), 'image/jpeg'))).status,
    ).toBe(200);
    expect(await metadataOf(image)).toMatchObject({
      '00280004': { Value: ['MONOCHROME1'] },
      '00280010': { Value: [3] },
    });
  });

  const dots = { columns: 2, rows: 1, bits: 2, places: Buffer.from([1, 2]), palette: bytesOf('colours', 12) };
  const transparentGIF = writeGIF({ ...dots, before: extension(0xf9, Buffer.from([1, 0, 0, 0])) });
  const transparent = writePNG({ columns: 1, rows: 1, colourType: 6, bits: 8, pixels: Buffer.alloc(4) });

  it.each([
    ['a GIF with transparency', 'image/gif', transparentGIF, SYNTAX_NOT_SUPPORTED],
    ['a GIF that is cut', 'image/gif', Buffer.from('GIF89a'), CANNOT_UNDERSTAND],
    ['a PNG with transparency', 'image/png', transparent, SYNTAX_NOT_SUPPORTED],
    ['a PNG that is cut', 'image/png', transparent.subarray(0, 20), CANNOT_UNDERSTAND],
    ['text', 'text/plain', Buffer.from('text'), SYNTAX_NOT_SUPPORTED],
    [
      'a transfer syntax of another type',
      'image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.90',
      jpeg(0xc0, [0x11]),
      SYNTAX_NOT_SUPPORTED,
    ],
    [
      'big endian octets',
      'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.2',
      pixels('x'),
      SYNTAX_NOT_SUPPORTED,
    ],
    ['what is no JPEG', 'image/jpeg', Buffer.from('no JPEG'), CANNOT_UNDERSTAND],
    ['a JPEG that ends in its header', 'image/jpeg', jpeg(0xc0, [0x11]).subarray(0, 9), CANNOT_UNDERSTAND],
    ['a hierarchical JPEG', 'image/jpeg', jpeg(0xc5, [0x11]), CANNOT_UNDERSTAND],
    ['a JP2 file', 'image/jp2', Buffer.from('0000000c6a5020200d0a870a', 'hex'), CANNOT_UNDERSTAND],
  ])('SW-26 refuses %s', async (name, type, bytes, reason) => {
    const image = made(`refused ${name}`, { ...SECONDARY_CAPTURE, ...UNDESCRIBED });
    const answer = await sendParts(jsonPart([image.json]), bulkPart(`pixels/refused ${name}`, bytes, type));
    expect(await outcomeOf(answer)).toEqual([409, 0, [reason], []]);
  });
});

describe('what is not stored', () => {
  it('SW-28 T73 T74 asks nobody for a value, wherever its name points', async () => {
    let connections = 0;
    const listener = createServer().on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const names = [
      'file:///etc/passwd',
      `http://127.0.0.1:${port}/x`,
      `//127.0.0.1:${port}/x`,
      '../../../etc/passwd',
      'data:application/octet-stream;base64,AAAA',
      `${archive.base}/studies`,
      '',
    ];
    const all = names.map((uri, i) => made(`dangling ${i}`, { '7FE00010': { vr: 'OW', BulkDataURI: uri } }));
    const nested = made('dangling nested', {
      '00081140': { vr: 'SQ', Value: [{ '00420011': { vr: 'OB', BulkDataURI: names[1] } }] },
    });
    const answer = await sendParts(jsonPart([...all, nested].map((each) => each.json)), pixelPart('dangling nested'));
    const module = await moduleOf(answer);
    expect(answer.status).toBe(409);
    expect(items(module, FAILED).map((item) => [firstValue(item, '00081155'), firstValue(item, REASON)])).toEqual(
      [...all, nested].map(({ sopInstanceUID }) => [sopInstanceUID, CANNOT_UNDERSTAND]),
    );
    expect(connections).toBe(0);
    await new Promise((resolve) => void listener.close(resolve));
  });

  it('SW-11 SW-12 refuses one instance by its UIDs, and stores the others', async () => {
    const [good, bad] = [made('good'), made('bad', { '00080008': { vr: 'XX', Value: ['A'] } })];
    const answer = await sendParts(jsonPart([bad.json, good.json]), pixelPart('good'), pixelPart('bad'));
    expect(await outcomeOf(answer.clone())).toEqual([202, 1, [CANNOT_UNDERSTAND], [CANNOT_UNDERSTAND]]);
    expect(items(await moduleOf(answer), FAILED).map((item) => firstValue(item, '00081155'))).toEqual([
      bad.sopInstanceUID,
    ]);
    expect([await isStored(good), await isStored(bad)]).toEqual([true, false]);
  });

  it('tells of a part that no metadata refers to', async () => {
    const plain = made('with more');
    const answer = await sendParts(jsonPart([plain.json]), pixelPart('with more'), bulkPart('of nobody', pixels('x')));
    expect(await outcomeOf(answer)).toEqual([202, 1, [], [CANNOT_UNDERSTAND]]);
  });

  it.each([
    ['native pixels that are too few', { vr: 'OW', BulkDataURI: 'p' }, 20, String(0xa900)],
    ['native pixels that are too many', { vr: 'OW', BulkDataURI: 'p' }, 48, String(0xa900)],
    ['Pixel Data of a VR that has none', { vr: 'UT', BulkDataURI: 'p' }, 24, CANNOT_UNDERSTAND],
  ])('refuses %s', async (name, element, lengthBytes, reason) => {
    const image = made(name, { '7FE00010': element });
    const answer = await sendParts(jsonPart([image.json]), bulkPart('p', bytesOf('p', lengthBytes)));
    const [status, stored, named, others] = await outcomeOf(answer);
    expect([status, stored, [named, others].flat()]).toEqual([409, 0, [reason]]);
  });

  it.each([
    ['SW-13 JSON that is cut', [jsonPart('[{"00080016":')]],
    ['SW-13 a text that is no metadata', [jsonPart('"metadata"')]],
    [
      'X-03 XML with a DTD',
      [xmlPart('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><NativeDicomModel>&e;</NativeDicomModel>')],
    ],
    ['XML that is not well-formed', [xmlPart('<NativeDicomModel>')]],
    ['no metadata', [bulkPart('x', pixels('x'))]],
    ['no instance', [jsonPart([])]],
  ])('answers 400 to %s', async (_, parts) => {
    const response = await send(sentBody(parts, DICOM_JSON));
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  it('X-03 SW-13 stores nothing of a request of which one document can not be read', async () => {
    const good = made('beside a bad one');
    const answer = await sendParts(xmlPartOf(good), xmlPart('<NativeDicomModel'), pixelPart('beside a bad one'));
    expect(answer.status).toBe(400);
    expect(await isStored(good)).toBe(false);
  });

  it('SW-07 stores nothing of a body that breaks off', async () => {
    const cut = made('cut');
    const { contentType, body } = sentBody([jsonPart([cut.json]), pixelPart('cut')]);
    const answer = await send({ contentType, body: body.subarray(0, body.length - 50) });
    expect(answer.status).toBe(400);
    expect(await isStored(cut)).toBe(false);
  });

  it('SW-33 answers 413 to more metadata than is taken, and to more instances', async () => {
    const white = ' '.repeat(15 * 1024 * 1024);
    expect((await sendParts(jsonPart(`[${`${white}{},`.repeat(5)}{}]`))).status).toBe(413);
    expect((await sendParts(jsonPart(`[{${white.repeat(2)}}]`))).status).toBe(413);
    expect((await sendParts(jsonPart(`[${'{},'.repeat(10_000)}{}]`))).status).toBe(413);
  });

  it('SW-14 ST-11 names what is taken where it answers 415', async () => {
    const { body } = sentBody([jsonPart([])]);
    const response = await send({ body, contentType: 'multipart/related; type="text/plain"; boundary=x' });
    expect(response.status).toBe(415);
    expect(response.headers.get('accept-post')).toContain(`multipart/related; type="${DICOM_XML}"`);
  });

  it('leaves nothing of a request on disk but what it stores', () => {
    if (archive.places.blobs.kind !== 'folder') return;
    expect(readdirSync(join(archive.places.blobs.path, 'incoming'))).toEqual([]);
  });
});
