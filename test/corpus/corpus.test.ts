import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tagText } from '../../src/dicom/data-set.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import { corpusDir } from '../support/outside-files.js';
import { type Read, readWhole } from '../support/read-in-chunks.js';
import { tellRead } from '../support/write-any-data-set.js';
import { pixelDataByDcmjs } from './dcmjs.js';
import { littleEndianPixels } from './native-pixels.js';
import { type OpenToAll, type RealFile, realFilesIn, startArchiveOfSite, withRealFile } from './real-files.js';
import { REFUSED_FILES, type RefusedFiles } from './refused-files.js';
import { differenceOf, get, getFile, getJSON, textOf } from './stored-files.js';

const root = corpusDir ?? '';
const paths = corpusDir === undefined ? [] : realFilesIn(corpusDir);

/** Files made to break parsers: which of the known reasons each is refused with is a matter of taste. */
const isMadeToBreak = (path: string): boolean => path.startsWith('hostile/');

const refusalOf = (path: string): RefusedFiles | undefined => REFUSED_FILES.find(({ files }) => files.includes(path));

/** Addresses and titles of applications, and Private Information. PS3.10 Table 7.1-1 */
const REMOVED_FROM_FILE_META: ReadonlySet<number> = new Set([
  ...[0x0002_0016, 0x0002_0017, 0x0002_0018, 0x0002_0026, 0x0002_0027, 0x0002_0028, 0x0002_0100, 0x0002_0102],
]);

const KNOWN_REASONS: ReadonlySet<number | undefined> = new Set(Object.values(FAILURE_REASON));

describe.runIf(corpusDir !== undefined)('an archive that is sent real files', { timeout: 60_000 }, () => {
  let shared: OpenToAll;
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

  beforeAll(async () => {
    shared = await startArchiveOfSite();
  });
  afterAll(async () => {
    await shared.archive.close();
    const lines = [...counts].sort().map(([what, number]) => `${String(number).padStart(6)}  ${what}`);
    console.info(`Real files, ${paths.length}:\n${lines.join('\n')}`);
  });

  it('is told of no file that is not there', () => {
    const told = REFUSED_FILES.flatMap(({ files }) => files);
    expect(told.filter((path) => !paths.includes(path))).toEqual([]);
    expect(new Set(told).size).toBe(told.length);
  });

  it.each(paths)('%s', async (path) => {
    await withRealFile(shared, join(root, path), async (real) => {
      const { sent } = real;
      const refusal = refusalOf(path);
      if (refusal === undefined && !isMadeToBreak(path)) expect(sent.explanation).toBe('');
      if (sent.path === undefined) expectRefused(path, real);
      else {
        expect(refusal).toBeUndefined();
        await expectStored(real, sent.path);
      }
    });
    expect((await fetch(`${shared.archive.url}/healthz`)).status).toBe(200);
  });

  function expectRefused(path: string, { sent }: RealFile): void {
    const refusal = refusalOf(path);
    expect(sent.status).toBe(409);
    if (refusal === undefined) expect(KNOWN_REASONS.has(sent.failureReason)).toBe(true);
    else {
      expect(sent.failureReason).toBe(refusal.reason);
      expect(sent.explanation).toContain(refusal.says);
    }
    const kind = isMadeToBreak(path) ? 'made to break parsers, refused: ' : 'refused: ';
    count(kind + sent.explanation.replace(/at byte \d+/, 'at some byte'));
  }

  async function expectStored(real: RealFile, path: string): Promise<void> {
    const { archive, curatorToken, file, sent } = real;
    const stored = await getFile(archive, curatorToken, path, '*');
    const difference = differenceOf(file, stored);
    expect(difference).not.toBe('data set');
    expect([sent.status, sent.warningReason]).toEqual(difference === 'nothing' ? [200, undefined] : [202, 0xb000]);
    count(difference === 'nothing' ? 'stored as sent' : `stored with another ${difference}`);
    const read = await readWhole(file);
    await expectSameFileMeta(read, stored);
    await expectSameAttributes(real, path, read);
    await expectFrames(real, path, read);
    const { uid, encapsulated } = read.header.transferSyntax;
    if (uid !== EXPLICIT_VR_LITTLE_ENDIAN && !encapsulated) await expectConversion(real, path, read);
  }

  /** All but the preamble and the elements that tell where the file has been is kept. */
  async function expectSameFileMeta({ header }: Read, stored: Buffer): Promise<void> {
    const kept = header.fileMeta.elements.filter(({ tag }) => !REMOVED_FROM_FILE_META.has(tag));
    const { preamble, fileMeta } = (await readWhole(stored)).header;
    expect(preamble).toEqual(Buffer.alloc(128));
    expect(tellRead(fileMeta)).toEqual(tellRead({ ...header.fileMeta, elements: kept }));
  }

  async function expectSameAttributes({ archive, curatorToken }: RealFile, path: string, read: Read): Promise<void> {
    const [metadata, ...more] = await getJSON(archive, curatorToken, `${path}/metadata`);
    expect(more).toEqual([]);
    const { header, trailer } = read;
    const pixelData = header.pixelData === undefined ? [] : [header.pixelData];
    const tags = [...header.dataSet.elements, ...pixelData, ...trailer.elements].map(({ tag }) => tag);
    expect(Object.keys(metadata ?? {}).sort()).toEqual(tags.map(tagText).sort());
  }

  async function expectFrames({ archive, curatorToken }: RealFile, path: string, read: Read): Promise<void> {
    const { pixelData, transferSyntax } = read.header;
    if (pixelData === undefined || pixelData.lengthBytes === 0) return;
    const [metadata] = await getJSON(archive, curatorToken, `${path}/metadata`);
    const frameCount = Number(textOf(metadata, '00280008') || 1);
    const frame = async (number: number): Promise<Buffer> => {
      const accept = 'application/octet-stream; transfer-syntax=*';
      return Buffer.from(await (await get(archive, curatorToken, `${path}/frames/${number}`, accept)).arrayBuffer());
    };
    const first = await frame(1);
    const last = await frame(frameCount);
    expect(first.length).toBeGreaterThan(0);
    expect((await archive.fetch(curatorToken, `${path}/frames/${frameCount + 1}`)).status).toBe(404);
    count(`frames retrieved, ${transferSyntax.encapsulated ? 'compressed' : 'native'}`);
    if (transferSyntax.encapsulated || textOf(metadata, '00280100') === '1') return;
    const pixels = littleEndianPixels(read);
    expect(first.equals(pixels.subarray(0, first.length))).toBe(true);
    const lastOffset = (frameCount - 1) * first.length;
    expect(last.equals(pixels.subarray(lastOffset, lastOffset + first.length))).toBe(true);
  }

  async function expectConversion({ archive, curatorToken }: RealFile, path: string, read: Read): Promise<void> {
    const converted = await getFile(archive, curatorToken, path, EXPLICIT_VR_LITTLE_ENDIAN);
    const pixels = littleEndianPixels(read);
    expect((await readWhole(converted)).pixels.equals(pixels)).toBe(true);
    const other = pixelDataByDcmjs(converted);
    expect(other?.equals(pixels) ?? pixels.length === 0).toBe(true);
    count('converted to Explicit VR Little Endian, and read alike by dcmjs');
  }
});
