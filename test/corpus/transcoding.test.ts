/**
 * MT-18 MT-21 RI-04 RI-06 RF-05 over real files: in each transfer syntax that they can be had in, the pixels are those that
 * other decoders find, and every other element is what it was.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { type DataElement, type DataSet, isSequence, tagText } from '../../src/dicom/data-set.js';
import { encodeExplicitVRLittleEndian } from '../../src/dicom/data-set-writer.js';
import { frameBits, imagePixelDescription } from '../../src/dicom/image-pixel.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, isLossy } from '../../src/dicom/transfer-syntaxes.js';
import { encodings, isNativelyAvailable } from '../../src/pixels/available-syntaxes.js';
import { nativeFrameBytes } from '../../src/pixels/frame.js';
import { toColourByPixel } from '../../src/pixels/planes.js';
import { corpusDir } from '../support/outside-files.js';
import { type Read, readWhole } from '../support/read-in-chunks.js';
import { decodedByOracle, framesOf, hasOracles, isOracleFor, samplesByOpenJPH } from './pixel-oracles.js';
import { type OpenToAll, realFilesIn, startArchiveOfSite, withRealFile } from './real-files.js';
import { getFile } from './stored-files.js';

const root = corpusDir ?? '';
/** Where the files are whose pixels lie in many ways; of the others one is like the next. */
const FOLDERS = /^(?:ts|multiframe|colour|seg|rt|cxr|nonconformant)\//;
const paths = corpusDir === undefined ? [] : realFilesIn(corpusDir).filter((path) => FOLDERS.test(path));

/** They say how the pixels lie, or where the frames are. */
const MAY_CHANGE: ReadonlySet<number> = new Set([
  TAG.PhotometricInterpretation,
  TAG.PlanarConfiguration,
  TAG.ExtendedOffsetTable,
  TAG.ExtendedOffsetTableLengths,
]);

/** Mean difference of one sample where a decoder of JPEG may round otherwise, in levels of 8 bits. */
const MOST_LOSSY_DIFFERENCE = 1;
/** Frames of one file that are decoded by OpenJPH's program, one by one. */
const FRAMES_BY_OPENJPH = 2;

/** Real files whose pixels can not be decoded, with why. */
const UNDECODABLE: ReadonlyMap<string, string> = new Map([
  [
    'ts/j2k/pydicom__JPEG2000-embedded-sequence-delimiter.dcm',
    'the delimiter is written over the header of the code stream',
  ],
]);
/** Real files that the other decoder decodes wrongly, with why. */
const WRONG_BY_ORACLE: ReadonlyMap<string, string> = new Map([
  ['seg/pydicom-data__liver_j2k.dcm', 'gdcmconv takes pixels of one bit for bytes'],
  ['seg/pydicom-data__liver_nonbyte_aligned_j2k.dcm', 'gdcmconv takes pixels of one bit for bytes'],
]);

interface Pixels {
  readonly bytes: Buffer;
  readonly photometricInterpretation: string | undefined;
}

const byPixel = ({ header, pixels }: Read): Pixels => {
  const description = imagePixelDescription(header.dataSet);
  const { samplesPerPixel, planarConfiguration, numberOfFrames, photometricInterpretation } = description;
  const isByPlane = samplesPerPixel > 1 && planarConfiguration === 1;
  const frameBytes = nativeFrameBytes({ ...description, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN });
  const whole = pixels.subarray(0, Math.ceil((frameBits(description) * numberOfFrames) / 8));
  const bytes = isByPlane
    ? Buffer.concat(
        Array.from({ length: numberOfFrames }, (_, i) =>
          toColourByPixel(pixels.subarray(i * frameBytes, (i + 1) * frameBytes), description),
        ),
      )
    : whole;
  return { bytes, photometricInterpretation };
};

const textOf = (each: DataElement, byteOrder: DataSet['byteOrder']): string =>
  encodeExplicitVRLittleEndian({ elements: [each], byteOrder }).toString('latin1');

/** Every element but those that may change, as bytes. */
const unchanging = ({ header, trailer }: Read): readonly string[] =>
  [header.dataSet, trailer].flatMap(({ elements, byteOrder }) =>
    elements
      .filter(({ tag }) => !MAY_CHANGE.has(tag))
      .map((each) => `${tagText(each.tag)} ${isSequence(each) ? 'SQ' : each.vr} ${textOf(each, byteOrder)}`),
  );

function meanDifference(a: Buffer, b: Buffer, bitsAllocated: number): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let sum = 0;
  const step = bitsAllocated > 8 ? 2 : 1;
  for (let i = 0; i < a.length; i += step) {
    sum += Math.abs(step === 2 ? a.readUInt16LE(i) - b.readUInt16LE(i) : (a[i] ?? 0) - (b[i] ?? 0));
  }
  return sum / (a.length / step);
}

describe.runIf(corpusDir !== undefined && hasOracles())(
  'real files in other transfer syntaxes',
  { timeout: 120_000 },
  () => {
    let shared: OpenToAll;
    let folder: string;
    const counts = new Map<string, number>();
    const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
    /** Kinds of pixels that have been compressed already: the files of one kind are many. */
    const compressed = new Set<string>();

    beforeAll(async () => {
      shared = await startArchiveOfSite();
      folder = await mkdtemp(join(tmpdir(), 'nccid-oracle-'));
    });
    afterAll(async () => {
      await shared.archive.close();
      await rm(folder, { recursive: true });
      console.info(
        [...counts]
          .sort()
          .map(([what, number]) => `${String(number).padStart(6)}  ${what}`)
          .join('\n'),
      );
    });

    it.each(paths)('%s', async (path) => {
      await withRealFile(shared, join(root, path), async ({ archive, curatorToken, sent }) => {
        if (sent.path === undefined) return;
        const stored = await getFile(archive, curatorToken, sent.path, '*');
        const asStored = await readWhole(stored);
        const { header } = asStored;
        if (header.pixelData?.tag !== TAG.PixelData) return;
        const { numberOfFrames, ...pixelFormat } = imagePixelDescription(header.dataSet);
        const transferSyntaxUID = header.transferSyntax.uid;
        const available = { transferSyntaxUID, pixelFormat, frameCount: numberOfFrames };
        if (!isNativelyAvailable(available)) return;
        const answer = await archive.fetch(curatorToken, sent.path, {
          headers: { Accept: `application/dicom; transfer-syntax=${EXPLICIT_VR_LITTLE_ENDIAN}` },
        });
        if (UNDECODABLE.has(path)) {
          expect(answer.status).toBe(406);
          return;
        }
        expect([answer.status, answer.status === 200 ? '' : await answer.text()]).toEqual([200, '']);
        const nativeFile = Buffer.from(await answer.arrayBuffer());
        const native = await readWhole(nativeFile);
        expect(native.header.transferSyntax.uid).toBe(EXPLICIT_VR_LITTLE_ENDIAN);
        if (header.transferSyntax.encapsulated) {
          expect(unchanging(native)).toEqual(unchanging(asStored));
          if (!WRONG_BY_ORACLE.has(path)) await expectAsOracle(stored, transferSyntaxUID, native);
        }
        const kind = JSON.stringify({ ...pixelFormat, rows: 0, columns: 0, transferSyntaxUID });
        if (compressed.has(kind)) return;
        compressed.add(kind);
        for (const uid of encodings(available).filter((each) => each !== transferSyntaxUID)) {
          const encoded = await getFile(archive, curatorToken, sent.path, uid);
          const read = await readWhole(encoded);
          expect(read.header.transferSyntax.uid).toBe(uid);
          expect(unchanging(read)).toEqual(unchanging(native));
          await expectEncoded(encoded, uid, native, nativeFile);
          count(`compressed to ${uid}, and the same by another decoder`);
        }
      });
    });

    it('finds the same masks of one bit however they are compressed', async () => {
      const [jpeg2000, rle, deflated] = await Promise.all(
        ['j2k', 'rle', 'deflate'].map((name) => nativePixels(`seg/pydicom-data__liver_${name}.dcm`)),
      );
      expect(jpeg2000?.equals(rle ?? Buffer.alloc(0))).toBe(true);
      expect(deflated?.equals(rle ?? Buffer.alloc(0))).toBe(true);
      const unaligned = [
        await nativePixels('seg/pydicom-data__liver_nonbyte_aligned_j2k.dcm'),
        await nativePixels('seg/pydicom-data__liver_nonbyte_aligned.dcm'),
      ];
      expect(unaligned[0]?.equals(unaligned[1] ?? Buffer.alloc(0))).toBe(true);
    });

    const nativePixels = (path: string): Promise<Buffer> =>
      withRealFile(shared, join(root, path), async ({ archive, curatorToken, sent }) => {
        const file = await getFile(archive, curatorToken, sent.path ?? '', EXPLICIT_VR_LITTLE_ENDIAN);
        return (await readWhole(file)).pixels;
      });

    async function expectAsOracle(stored: Buffer, uid: string, native: Read): Promise<void> {
      if (!isOracleFor(uid)) return count(`no other decoder of ${uid}`);
      const { bitsAllocated, samplesPerPixel } = imagePixelDescription(native.header.dataSet);
      const ours = byPixel(native);
      if (uid.startsWith('1.2.840.10008.1.2.4.20')) {
        const [first] = await framesOf(stored);
        const samples = await samplesByOpenJPH(first ?? Buffer.alloc(0), samplesPerPixel, folder);
        expect(ours.bytes.subarray(0, samples.length).equals(samples)).toBe(true);
        return count(`decoded as another decoder does: ${uid}`);
      }
      const file = await decodedByOracle(stored, uid, folder);
      if (file === undefined) return count(`another decoder will not have it: ${uid}`);
      const theirs = byPixel(await readWhole(file));
      expect(ours.photometricInterpretation).toBe(theirs.photometricInterpretation);
      if (isLossy(uid)) {
        const levels = 2 ** Math.max(bitsAllocated - 8, 0);
        expect(meanDifference(ours.bytes, theirs.bytes, bitsAllocated) / levels).toBeLessThan(MOST_LOSSY_DIFFERENCE);
      } else expect(ours.bytes.equals(theirs.bytes)).toBe(true);
      count(`decoded as another decoder does: ${uid}`);
    }

    async function expectEncoded(encoded: Buffer, uid: string, native: Read, nativeFile: Buffer): Promise<void> {
      const wanted = byPixel(native).bytes;
      if (!uid.startsWith('1.2.840.10008.1.2.4.20')) {
        const file = await decodedByOracle(encoded, uid, folder);
        if (file === undefined) {
          // Some kinds of instances GDCM does not take for images, compressed or not.
          expect([uid, await decodedByOracle(nativeFile, uid, folder)]).toEqual([uid, undefined]);
          return count(`another decoder takes it for no image: ${uid}`);
        }
        const theirs = byPixel(await readWhole(file ?? Buffer.alloc(0)));
        expect([uid, theirs.bytes.equals(wanted)]).toEqual([uid, true]);
        return;
      }
      const { bitsAllocated, samplesPerPixel, numberOfFrames, pixelRepresentation } = imagePixelDescription(
        native.header.dataSet,
      );
      if (pixelRepresentation === 1) return count(`OpenJPH's program writes no negative numbers: ${uid}`);
      const frames = await framesOf(encoded);
      const frameBytes = wanted.length / numberOfFrames;
      expect(frames).toHaveLength(numberOfFrames);
      for (const [i, frame] of frames.slice(0, FRAMES_BY_OPENJPH).entries()) {
        const samples = await samplesByOpenJPH(frame, samplesPerPixel, folder);
        const ours = wanted.subarray(i * frameBytes, (i + 1) * frameBytes);
        const isNarrow = bitsAllocated === 16 && samples.length * 2 === Math.floor(ours.length);
        const narrowed = isNarrow ? Buffer.from(ours.filter((_, at) => at % 2 === 0)) : ours;
        expect(samples.equals(narrowed.subarray(0, samples.length))).toBe(true);
      }
    }
  },
);
