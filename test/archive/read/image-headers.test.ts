/** The data sets of images, read without their pixels and checked all the same. */
import { describe, expect, it } from 'vitest';
import { TAG } from '../../../src/dicom/attributes.js';
import { readString } from '../../../src/dicom/values.js';
import { bytesOf, codeStream, type InstanceOptions, makeInstance, SYNTAX } from '../../http/instances.js';
import { ArchiveFixture } from '../../support/archive-fixture.js';
import { writeBlob } from '../../support/whole-blob.js';

const frames = (count: number, name: string): readonly (readonly Buffer[])[] =>
  Array.from({ length: count }, (_, i) => [codeStream(`${name} ${i}`, 40), codeStream(`${name} ${i} more`, 22)]);

const kinds: Readonly<Record<string, Omit<InstanceOptions, 'study'>>> = {
  native: {},
  'native, several frames': { attributes: { NumberOfFrames: '3', PixelData: bytesOf('headers', 72) } },
  implicit: { transferSyntaxUID: SYNTAX.implicit },
  'big endian': { transferSyntaxUID: SYNTAX.bigEndian },
  deflated: { transferSyntaxUID: SYNTAX.deflated },
  'of bits': {
    attributes: {
      BitsAllocated: 1,
      BitsStored: 1,
      HighBit: 0,
      Rows: 3,
      Columns: 5,
      NumberOfFrames: '3',
      PixelData: bytesOf('bits', 6),
    },
  },
  compressed: {
    transferSyntaxUID: SYNTAX.jpeg2000,
    fragments: frames(3, 'headers'),
    attributes: { NumberOfFrames: '3' },
  },
  'compressed, more fragments than are worth it': {
    transferSyntaxUID: SYNTAX.jpeg2000,
    fragments: frames(70, 'many'),
    attributes: { NumberOfFrames: '70' },
  },
  'without pixels': { modality: 'SR' },
};

describe('ImageHeaders', () => {
  it.each(Object.entries(kinds))(
    'gives what is before Pixel Data, and no byte that is wrong: %s',
    async (name, options) => {
      const fixture = await ArchiveFixture.open();
      const site = await fixture.addSite('A');
      const made = makeInstance({ study: `header ${name}`, ...options });
      await fixture.store(site, made.file);
      const read = async () => {
        // Another archive over the same folder, for the first one remembers.
        const again = await ArchiveFixture.open(fixture.root);
        const archive = again.opened.archive.as({ kind: 'everything' });
        const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = made;
        return archive.header(await archive.instance({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }));
      };
      const dataSet = await read();
      expect(readString(dataSet, TAG.SOPInstanceUID)).toBe(made.sopInstanceUID);
      expect(dataSet.elements.some(({ tag }) => tag === TAG.PixelData)).toBe(false);
      const [key = ''] = await fixture.instanceKeys();
      const stored = await fixture.read(key);
      // Who asks for pixels hears of those.
      const endsInPixels = options.fragments === undefined && !/deflated|without|of bits/.test(name);
      const flipped = (at: number): Buffer => {
        const spoilt = Buffer.from(stored);
        spoilt.writeUInt8(spoilt.readUInt8(at) ^ 1, at);
        return spoilt;
      };
      for (const spoilt of [flipped(0), flipped(140), flipped(400), stored.subarray(0, 500)]) {
        await writeBlob(fixture.opened.blobs, key, spoilt);
        await expect(read()).rejects.toMatchObject({ code: 'corrupt' });
      }
      for (const spoilt of [flipped(stored.length - 1), stored.subarray(0, -2)]) {
        await writeBlob(fixture.opened.blobs, key, spoilt);
        if (endsInPixels) expect(readString(await read(), TAG.SOPInstanceUID)).toBe(made.sopInstanceUID);
        else await expect(read()).rejects.toMatchObject({ code: 'corrupt' });
      }
    },
  );

  it.each([
    ['small', 1_000, true],
    ['large', 3_000_000, false],
  ])('reads a %s one once for all who ask at once, and keeps it if it is small', async (name, lengthBytes, isKept) => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('A');
    // So many frames that the file is read as a whole.
    const made = makeInstance({
      study: `header ${name}`,
      attributes: {
        ...{ BitsAllocated: 8, BitsStored: 8, HighBit: 7, Rows: 1, Columns: 1 },
        ...{ NumberOfFrames: '10001', PixelData: Buffer.alloc(10_002), ICCProfile: Buffer.alloc(lengthBytes) },
      },
    });
    await fixture.store(site, made.file);
    const archive = fixture.opened.archive.as({ kind: 'everything' });
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = made;
    const instance = await archive.instance({ studyInstanceUID, seriesInstanceUID, sopInstanceUID });
    const [first, ...others] = await Promise.all(Array.from({ length: 30 }, () => archive.header(instance)));
    expect(others.every((other) => other === first)).toBe(true);
    expect((await archive.header(instance)) === first).toBe(isKept);
  });
});
