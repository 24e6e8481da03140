import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import { corpusDir } from '../support/outside-files.js';
import { readWhole } from '../support/read-in-chunks.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { differencesOf } from './compare-metadata.js';
import { littleEndianPixels } from './native-pixels.js';
import { hasPydicom, readByPydicom } from './pydicom.js';
import { findAllowedDifference } from './pydicom-differences.js';
import { realFilesIn, startArchiveOfSite, withRealFile } from './real-files.js';
import { REFUSED_FILES } from './refused-files.js';
import { getFile, getJSON, type JSONDataSet } from './stored-files.js';

const PIXEL_DATA = ['7FE00008', '7FE00009', '7FE00010'];

interface StoredFile {
  /** Of the file that was sent. */
  readonly path: string;
  readonly transferSyntaxUID: string;
  /** Without Pixel Data. */
  readonly metadata: JSONDataSet;
  /** The file in Explicit VR Little Endian, and the SHA-256 of its pixels; only where no codec is needed. */
  readonly converted?: { readonly path: string; readonly pixels: string };
}

const withoutPixelData = (metadata: JSONDataSet): JSONDataSet =>
  Object.fromEntries(Object.entries(metadata).filter(([name]) => !PIXEL_DATA.includes(name)));

/** Store every real file that is taken, and keep its metadata and its conversion. */
async function storeAll(root: string, folder: string): Promise<readonly StoredFile[]> {
  const shared = await startArchiveOfSite();
  const stored: StoredFile[] = [];
  try {
    const refused = new Set(REFUSED_FILES.flatMap(({ files }) => files));
    const paths = realFilesIn(root).filter((path) => !path.startsWith('hostile/') && !refused.has(path));
    for (const path of paths) {
      await withRealFile(shared, join(root, path), async ({ archive, curatorToken, sent, file }) => {
        if (sent.path === undefined) throw new Error(`${path} has been refused: ${sent.explanation}`);
        const [metadata = {}] = await getJSON(archive, curatorToken, `${sent.path}/metadata`);
        const read = await readWhole(file);
        const { uid: transferSyntaxUID, encapsulated } = read.header.transferSyntax;
        const one = { path: join(root, path), transferSyntaxUID, metadata: withoutPixelData(metadata) };
        if (encapsulated || transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN) stored.push(one);
        else {
          const converted = join(folder, `${stored.length}.dcm`);
          writeFileSync(converted, await getFile(archive, curatorToken, sent.path, EXPLICIT_VR_LITTLE_ENDIAN));
          const pixels = createHash('sha256').update(littleEndianPixels(read)).digest('hex');
          stored.push({ ...one, converted: { path: converted, pixels } });
        }
      });
    }
  } finally {
    await shared.archive.close();
  }
  return stored;
}

describe.runIf(corpusDir !== undefined && hasPydicom())('what pydicom reads', { timeout: 300_000 }, () => {
  it('J-01 is what the metadata says, and RI-01 what the files converted to Explicit VR Little Endian hold', async () => {
    const stored = await storeAll(corpusDir ?? '', temporaryFolder());
    const conversions = stored.flatMap(({ converted }) => (converted === undefined ? [] : [converted]));
    const read = await readByPydicom([...stored, ...conversions].map(({ path }) => path));

    const counts = new Map<string, number>();
    const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
    const unexplained: string[] = [];
    for (const { path, metadata, transferSyntaxUID } of stored) {
      const theirs = read.get(path)?.dataSet;
      if (theirs === undefined) {
        count(`file that pydicom can not read: ${path} ${read.get(path)?.error}`);
        continue;
      }
      count('files compared');
      for (const difference of differencesOf(metadata, theirs, () => count('attributes equal'))) {
        const allowed = findAllowedDifference(difference, transferSyntaxUID);
        if (allowed !== undefined) count(`attributes that differ: ${allowed.what}`);
        else {
          const { ours, theirs: their, kind } = difference;
          const told = `${JSON.stringify(ours)?.slice(0, 120)} and ${JSON.stringify(their)?.slice(0, 120)}`;
          unexplained.push(`${path} ${difference.path} ${kind}: ${told}`);
        }
      }
    }
    console.info(
      [...counts]
        .sort()
        .map(([what, number]) => `${String(number).padStart(6)}  ${what}`)
        .join('\n'),
    );
    expect(unexplained).toEqual([]);

    for (const { path, pixels } of conversions) {
      const theirs = read.get(path);
      expect(theirs?.error).toBeUndefined();
      expect(theirs?.pixels ?? createHash('sha256').digest('hex')).toBe(pixels);
    }
    expect(conversions.length).toBeGreaterThan(0);
  });
});
