/** Instances and frames in transfer syntaxes in which they are not stored. PS3.18 §8.7.3.4, §8.7.3.3.2 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { findBytes } from '../../src/dicom/data-set.js';
import { decodeFrame } from '../../src/pixels/decode.js';
import { ENCODED_SYNTAXES, encodeFrame } from '../../src/pixels/encode.js';
import type { FrameDescription } from '../../src/pixels/frame.js';
import { readWhole } from '../support/read-in-chunks.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { json } from './dicom-json.js';
import { bytesOf, codeStream, dataSet, element, type MadeInstance, makeInstance, SYNTAX } from './instances.js';
import { partsOf } from './parts.js';
import { spoilFile } from './stored-blob.js';

const OCTETS = 'application/octet-stream';
const PARTS_OF_DICOM = 'multipart/related; type="application/dicom"';
const PARTS_OF_OCTETS = `multipart/related; type="${OCTETS}"`;
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  [SYNTAX.rle]: 'image/dicom-rle',
  [SYNTAX.jpegLS]: 'image/jls',
  [SYNTAX.jpeg2000]: 'image/jp2',
  '1.2.840.10008.1.2.4.201': 'image/jphc',
  '1.2.840.10008.1.2.4.202': 'image/jphc',
};

const [ROWS, COLUMNS, FRAMES] = [24, 40, 5];
const GREY: FrameDescription = {
  transferSyntaxUID: SYNTAX.explicit,
  rows: ROWS,
  columns: COLUMNS,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 12,
  pixelRepresentation: 1,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
};
const ATTRIBUTES = {
  Rows: ROWS,
  Columns: COLUMNS,
  BitsAllocated: 16,
  BitsStored: 12,
  HighBit: 11,
  PixelRepresentation: 1,
  NumberOfFrames: String(FRAMES),
};

/** Signed numbers of 12 bits. */
const pixelsOf = (frame: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Int16Array.from({ length: ROWS * COLUMNS }, (_, i) => ((i * 7 + frame * 311) % 4096) - 2048).buffer);
const PIXELS = Array.from({ length: FRAMES }, (_, frame) => Buffer.from(pixelsOf(frame)));
const PRIVATE = [element(0x00111001, bytesOf('private', 10), 'UN'), element(0x00110010, 'NCCID TEST', 'LO')];

const made = new Map<string, MadeInstance>();
const native = makeInstance({
  study: 'native',
  attributes: { ...ATTRIBUTES, PixelData: Buffer.concat(PIXELS) },
  elements: PRIVATE,
});
const implicit = makeInstance({
  study: 'implicit frames',
  transferSyntaxUID: SYNTAX.implicit,
  attributes: { ...ATTRIBUTES, PixelData: Buffer.concat(PIXELS) },
});
const bigEndian = makeInstance({
  study: 'big endian frames',
  transferSyntaxUID: SYNTAX.bigEndian,
  attributes: { ...ATTRIBUTES, PixelData: Buffer.concat(PIXELS) },
});
const colour = makeInstance({
  study: 'colour',
  modality: 'OT',
  attributes: {
    SamplesPerPixel: 3,
    PlanarConfiguration: 1,
    PhotometricInterpretation: 'RGB',
    Rows: ROWS,
    Columns: COLUMNS,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelData: bytesOf('colour', ROWS * COLUMNS * 3),
  },
});
const report = makeInstance({ study: 'native', series: 'report', modality: 'SR' });
/** It begins like JPEG 2000, and is none. */
const undecodable = makeInstance({
  study: 'undecodable',
  transferSyntaxUID: SYNTAX.jpegLossless,
  fragments: [[codeStream('undecodable')]],
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  for (const uid of ENCODED_SYNTAXES) {
    const frames = await Promise.all(PIXELS.map((_, i) => encodeFrame({ description: GREY, bytes: pixelsOf(i) }, uid)));
    const even = frames.map(({ bytes }) => [Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)])]);
    made.set(
      uid,
      makeInstance({ study: uid, transferSyntaxUID: uid, fragments: even, attributes: ATTRIBUTES, elements: PRIVATE }),
    );
  }
  await archive.add(native, implicit, bigEndian, colour, undecodable, ...made.values());
});
afterAll(() => archive.close());

const stored = (uid: string): MadeInstance => {
  const instance = made.get(uid);
  if (instance === undefined) throw new Error(`Nothing is stored in ${uid}.`);
  return instance;
};

async function fileIn(instance: MadeInstance, transferSyntax?: string): Promise<Buffer> {
  const suffix = transferSyntax === undefined ? '' : `; transfer-syntax=${transferSyntax}`;
  const answer = await archive.get(instance.path, { Accept: `application/dicom${suffix}` });
  expect([answer.status, answer.status === 200 ? '' : await answer.text()]).toEqual([200, '']);
  const file = Buffer.from(await answer.arrayBuffer());
  const { header } = await readWhole(file);
  expect(answer.headers.get('content-type')).toBe(`application/dicom; transfer-syntax=${header.transferSyntax.uid}`);
  return file;
}

describe('an instance', () => {
  it.each(ENCODED_SYNTAXES)(
    'MT-18 RI-04 is Explicit VR Little Endian for who names no transfer syntax: %s',
    async (uid) => {
      const { header, pixels } = await readWhole(await fileIn(stored(uid)));
      expect(header.transferSyntax.uid).toBe(SYNTAX.explicit);
      expect(pixels.equals(Buffer.concat(PIXELS))).toBe(true);
      expect(findBytes(header.dataSet, 0x00111001)?.equals(bytesOf('private', 10))).toBe(true);
      const parts = await partsOf(await archive.get(stored(uid).path, { Accept: PARTS_OF_DICOM }));
      expect(parts.transferSyntaxUID).toBe(SYNTAX.explicit);
    },
  );

  it.each(ENCODED_SYNTAXES)('MT-17 is as it was stored for who takes anything: %s', async (uid) => {
    for (const Accept of ['*/*', `${PARTS_OF_DICOM}; transfer-syntax=*`]) {
      const { parts } = await partsOf(await archive.get(stored(uid).path, { Accept }));
      expect(parts[0]?.body.equals(stored(uid).file)).toBe(true);
    }
  });

  describe.each(ENCODED_SYNTAXES)('MT-21 RI-05 in %s', (uid) => {
    it.each([
      ['native', native],
      ['implicit', implicit],
      ['big endian', bigEndian],
    ] as const)('has the pixels that it was sent with: %s', async (_, instance) => {
      const file = await fileIn(instance, uid);
      const { header, fragments } = await readWhole(file);
      expect(header.transferSyntax.uid).toBe(uid);
      expect(fragments).toHaveLength(FRAMES + 1);
      for (const [i, { valueOffset, lengthBytes }] of fragments.slice(1).entries()) {
        const bytes = new Uint8Array(file.subarray(valueOffset, valueOffset + lengthBytes));
        const { bytes: pixels } = await decodeFrame({ description: { ...GREY, transferSyntaxUID: uid }, bytes });
        expect(Buffer.from(pixels).equals(PIXELS[i] ?? Buffer.alloc(0))).toBe(true);
      }
    });

    it.each(ENCODED_SYNTAXES.filter((from) => from !== uid))('is had of %s', async (from) => {
      const file = await fileIn(stored(from), uid);
      const { header } = await readWhole(file);
      expect(header.transferSyntax.uid).toBe(uid);
    });
  });

  it('RR-04 colour by plane becomes colour by pixel, and says so', async () => {
    const { header } = await readWhole(await fileIn(colour, '1.2.840.10008.1.2.4.201'));
    expect(findBytes(header.dataSet, TAG.PlanarConfiguration)?.readUInt16LE()).toBe(0);
    expect(findBytes(header.dataSet, TAG.PhotometricInterpretation)?.toString('latin1').trim()).toBe('YBR_RCT');
    const asRLE = await readWhole(await fileIn(colour, SYNTAX.rle));
    expect(findBytes(asRLE.header.dataSet, TAG.PlanarConfiguration)?.readUInt16LE()).toBe(1);
  });

  it('RI-09 has an entity tag of its own in each transfer syntax, and is not sent again', async () => {
    const tags = new Set<string | null>();
    for (const uid of [SYNTAX.explicit, ...ENCODED_SYNTAXES]) {
      const Accept = `application/dicom; transfer-syntax=${uid}`;
      const answer = await archive.get(native.path, { Accept });
      const tag = answer.headers.get('etag');
      tags.add(tag);
      await answer.arrayBuffer();
      expect((await archive.get(native.path, { Accept, 'If-None-Match': tag ?? '' })).status).toBe(304);
    }
    expect(tags.size).toBe(1 + ENCODED_SYNTAXES.length);
  });

  it('MT-21 AMB-07 is 406 when it can not be decoded, and as it is stored it can be had', async () => {
    for (const Accept of ['application/dicom', `application/dicom; transfer-syntax=${SYNTAX.rle}`]) {
      const answer = await archive.get(undecodable.path, { Accept });
      expect(answer.status).toBe(406);
      const problem = await json<{ available: string[] }>(answer);
      expect(problem).toMatchObject({ compressed: [undecodable.sopInstanceUID] });
      const [available = ''] = problem.available;
      expect((await archive.get(undecodable.path, { Accept: available })).status).toBe(200);
    }
  });

  it('F11 is told as damaged when its file is', async () => {
    const spoilt = makeInstance({
      study: 'spoilt',
      transferSyntaxUID: SYNTAX.rle,
      fragments: [[Buffer.from((await encodeFrame({ description: GREY, bytes: pixelsOf(0) }, SYNTAX.rle)).bytes)]],
      attributes: { ...ATTRIBUTES, NumberOfFrames: '1' },
    });
    await archive.add(spoilt);
    await spoilFile(archive, spoilt, (file) => {
      file.fill(0xff, file.length - 200, file.length - 20);
      return file;
    });
    const answer = await archive.get(spoilt.path, { Accept: 'application/dicom' });
    expect([answer.status, await json<object>(answer)]).toMatchObject([500, { title: 'The stored data is damaged' }]);
  });
});

describe('a study', () => {
  it('MT-21 is given whole in a transfer syntax of pixels, what has none of them too', async () => {
    await archive.add(report);
    const study = `/studies/${native.studyInstanceUID}`;
    for (const uid of [SYNTAX.rle, SYNTAX.explicit]) {
      const { parts } = await partsOf(
        await archive.get(study, { Accept: `${PARTS_OF_DICOM}; transfer-syntax=${uid}` }),
      );
      const read = await Promise.all(parts.map(({ body }) => readWhole(body)));
      expect(read.map(({ header }) => header.transferSyntax.uid)).toEqual([uid, uid]);
    }
  });

  it('AMB-01 comes as it is stored, beside a report too, for who takes anything', async () => {
    const compressed = stored(SYNTAX.jpegLS);
    const beside = makeInstance({ study: SYNTAX.jpegLS, series: 'report beside', modality: 'SR' });
    await archive.add(beside);
    const { parts } = await partsOf(await archive.get(`/studies/${compressed.studyInstanceUID}`, { Accept: '*/*' }));
    expect(parts.map(({ body }) => body.equals(compressed.file) || body.equals(beside.file))).toEqual([true, true]);
  });
});

describe('frames', () => {
  it.each(ENCODED_SYNTAXES)('RF-03 MT-18 are native as octets: %s', async (uid) => {
    const answer = await partsOf(await archive.get(`${stored(uid).path}/frames/1,3,5`, { Accept: PARTS_OF_OCTETS }));
    expect(answer.transferSyntaxUID).toBe(SYNTAX.explicit);
    expect(answer.parts.map(({ body }, i) => body.equals(PIXELS[i * 2] ?? Buffer.alloc(0)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(answer.parts.map(({ headers }) => headers.get('Content-Length'))).toEqual(
      Array.from({ length: 3 }, () => String(ROWS * COLUMNS * 2)),
    );
  });

  it.each(ENCODED_SYNTAXES)('RF-07 AMB-05 are as stored for who takes any transfer syntax: %s', async (uid) => {
    const Accept = `${PARTS_OF_OCTETS}; transfer-syntax=*`;
    const answer = await partsOf(await archive.get(`${stored(uid).path}/frames/1`, { Accept }));
    expect(answer.transferSyntaxUID).toBe(uid);
  });

  it.each(ENCODED_SYNTAXES)('RF-05 RF-06 MT-25 are compressed under the name of the code stream: %s', async (uid) => {
    for (const instance of [native, stored(SYNTAX.rle)]) {
      const Accept = `multipart/related; type="${MEDIA_TYPES[uid]}"; transfer-syntax=${uid}`;
      const { parts } = await partsOf(await archive.get(`${instance.path}/frames/2,4`, { Accept }));
      for (const [i, { headers, body }] of parts.entries()) {
        expect(headers.get('Content-Type')).toBe(`${MEDIA_TYPES[uid]}; transfer-syntax=${uid}`);
        const bytes = new Uint8Array(body);
        const { bytes: pixels } = await decodeFrame({ description: { ...GREY, transferSyntaxUID: uid }, bytes });
        expect(Buffer.from(pixels).equals(PIXELS[1 + i * 2] ?? Buffer.alloc(0))).toBe(true);
      }
    }
  });

  it('MT-26 are of the default transfer syntax of a media type that is named alone', async () => {
    for (const [mediaType, uid] of [
      ['image/jls', SYNTAX.jpegLS],
      ['image/jp2', SYNTAX.jpeg2000],
      ['image/jphc', '1.2.840.10008.1.2.4.201'],
    ] as const) {
      const answer = await archive.get(`${native.path}/frames/1`, { Accept: mediaType });
      expect(answer.headers.get('content-type')).toBe(`${mediaType}; transfer-syntax=${uid}`);
    }
  });

  it('AMB-07 are 406 when they can not be decoded', async () => {
    const answer = await archive.get(`${undecodable.path}/frames/1`, { Accept: PARTS_OF_OCTETS });
    expect(answer.status).toBe(406);
    expect(await json<object>(answer)).toMatchObject({ compressed: [undecodable.sopInstanceUID] });
  });
});

describe('frames of lossy colour', () => {
  it('RF-03 HT-05 have the length of RGB, whatever pixels share in the code stream', async () => {
    const jpeg = await sharp({ create: { width: 32, height: 16, channels: 3, background: '#c01d3b' } })
      .jpeg({ chromaSubsampling: '4:2:0', quality: 100 })
      .toBuffer();
    const lossy = makeInstance({
      study: 'lossy colour',
      modality: 'OT',
      transferSyntaxUID: SYNTAX.jpegBaseline,
      fragments: [[Buffer.concat([jpeg, Buffer.alloc(jpeg.length % 2)])]],
      attributes: {
        SamplesPerPixel: 3,
        PlanarConfiguration: 0,
        PhotometricInterpretation: 'YBR_FULL_422',
        Rows: 16,
        Columns: 32,
        BitsAllocated: 8,
        BitsStored: 8,
        HighBit: 7,
      },
    });
    await archive.add(lossy);
    const answer = await archive.get(`${lossy.path}/frames/1`, { Accept: OCTETS });
    const pixels = Buffer.from(await answer.arrayBuffer());
    expect([answer.headers.get('content-length'), pixels.length]).toEqual(['1536', 1536]);
    expect([...pixels.subarray(0, 3)].map((value, i) => Math.abs(value - ([0xc0, 0x1d, 0x3b][i] ?? 0)) < 4)).toEqual([
      true,
      true,
      true,
    ]);
    const { parts } = await partsOf(await archive.get(`${lossy.path}/frames/1`, { Accept: PARTS_OF_OCTETS }));
    expect(parts[0]?.body.equals(pixels)).toBe(true);
    const whole = await readWhole(await fileIn(lossy, SYNTAX.explicit));
    expect(whole.pixels.equals(pixels)).toBe(true);
    expect(findBytes(whole.header.dataSet, TAG.PhotometricInterpretation)?.toString('latin1').trim()).toBe('RGB');
  });
});

describe('an icon that is compressed as the image was', () => {
  it('RI-06 is left out of a file in another transfer syntax', async () => {
    const icon = dataSet([
      element(TAG.Rows, 1),
      element(TAG.Columns, 1),
      element(TAG.PixelData, Buffer.from('feff00e000000000feff00e00400000001020304', 'hex'), 'OB'),
    ]);
    const frame = await encodeFrame({ description: GREY, bytes: pixelsOf(0) }, SYNTAX.rle);
    const withIcon = makeInstance({
      study: 'icon',
      transferSyntaxUID: SYNTAX.rle,
      fragments: [[Buffer.from(frame.bytes)]],
      attributes: { ...ATTRIBUTES, NumberOfFrames: '1' },
      elements: [element(0x00880200, [icon])],
    });
    await archive.add(withIcon);
    expect((await readWhole(await fileIn(withIcon, '*'))).header.dataSet.elements.map(({ tag }) => tag)).toContain(
      0x00880200,
    );
    for (const uid of [SYNTAX.explicit, SYNTAX.jpegLS]) {
      const { header } = await readWhole(await fileIn(withIcon, uid));
      expect(header.dataSet.elements.map(({ tag }) => tag)).not.toContain(0x00880200);
    }
  });
});

describe('a search', () => {
  it('QD-09 says in which transfer syntaxes an instance can be had', async () => {
    const available = async (instance: MadeInstance): Promise<unknown> => {
      const [answer] = await json<Record<string, { Value: string[] }>[]>(
        await archive.get(
          `/instances?SOPInstanceUID=${instance.sopInstanceUID}&includefield=AvailableTransferSyntaxUID`,
        ),
      );
      return answer?.['00083002']?.Value;
    };
    expect(await available(native)).toEqual([SYNTAX.explicit, ...ENCODED_SYNTAXES]);
    expect(await available(implicit)).toEqual([SYNTAX.explicit, ...ENCODED_SYNTAXES]);
    expect(await available(stored(SYNTAX.jpegLS))).toEqual([
      SYNTAX.jpegLS,
      SYNTAX.explicit,
      ...ENCODED_SYNTAXES.filter((uid) => uid !== SYNTAX.jpegLS),
    ]);
    expect(await available(report)).toEqual([SYNTAX.explicit]);
  });
});

describe('an instance of which the index does not know how its pixels lie', () => {
  it('is decoded all the same, and compressed once a reindex has looked', async () => {
    const old = makeInstance({
      study: 'old',
      transferSyntaxUID: SYNTAX.rle,
      fragments: [[Buffer.from((await encodeFrame({ description: GREY, bytes: pixelsOf(2) }, SYNTAX.rle)).bytes)]],
      attributes: { ...ATTRIBUTES, NumberOfFrames: '1' },
    });
    await archive.add(old);
    await archive.database.write((tx) =>
      tx
        .updateTable('instance')
        .set({ pixel_format: null })
        .where('sop_instance_uid', '=', old.sopInstanceUID)
        .execute(),
    );
    const { pixels } = await readWhole(await fileIn(old));
    expect(pixels.equals(PIXELS[2] ?? Buffer.alloc(0))).toBe(true);
    const frame = await archive.get(`${old.path}/frames/1`, { Accept: OCTETS });
    expect(Buffer.from(await frame.arrayBuffer()).equals(PIXELS[2] ?? Buffer.alloc(0))).toBe(true);
    const Accept = `application/dicom; transfer-syntax=${SYNTAX.jpegLS}`;
    expect((await archive.get(old.path, { Accept })).status).toBe(406);
  });
});
