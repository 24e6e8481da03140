/** SW-21 over the files of other people: what a site sets is set, and nothing else is another, to our reader and to pydicom. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CoercedBody } from '../../src/archive/coerced-body.js';
import { HeaderBudget } from '../../src/archive/header-budget.js';
import { TAG } from '../../src/dicom/attributes.js';
import type { CoercedAttribute } from '../../src/dicom/coerce-header.js';
import { type DataSet, tagText } from '../../src/dicom/data-set.js';
import { type FailureReason, InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { readString } from '../../src/dicom/values.js';
import { corpusDir, hostileDir } from '../support/outside-files.js';
import { cutEvery, type Read, readPieces } from '../support/read-in-chunks.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tellRead } from '../support/write-any-data-set.js';
import { hasPydicom, readByPydicom } from './pydicom.js';
import { realFilesIn } from './real-files.js';

const CHUNK_BYTES = 65_536;

/** One that nearly all files have, one that hardly any has, and one behind most others. */
const ATTRIBUTES: readonly CoercedAttribute[] = [
  { tag: 0x00080080, vr: 'LO', value: 'The Right Hospital' },
  { tag: 0x00120030, vr: 'LO', value: 'SITE-A' },
  { tag: 0x00400254, vr: 'LO', value: 'SET BY THE ARCHIVE' },
];
const CHANGED = new Set([...ATTRIBUTES.map(({ tag }) => tagText(tag)), tagText(TAG.OriginalAttributesSequence)]);

async function* chunksOf(file: Buffer): AsyncGenerator<Buffer> {
  yield* cutEvery(file, CHUNK_BYTES);
}

async function coerce(file: Buffer): Promise<Buffer> {
  const options = { attributes: ATTRIBUTES, now: new Date(), headers: new HeaderBudget() };
  const pieces: Buffer[] = [];
  for await (const piece of new CoercedBody(chunksOf(file), options).bytes()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const read = (file: Buffer): Promise<Read> => readPieces(cutEvery(file, CHUNK_BYTES));

async function reasonOf(work: Promise<unknown>): Promise<FailureReason | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInstance) return error.reason;
    throw error;
  }
}

const others = (dataSet: DataSet) => tellRead(dataSet).filter(([tag]) => !CHANGED.has(tag) && tag !== '00080001');

async function expectCoerced(path: string): Promise<Buffer | undefined> {
  const file = readFileSync(path);
  const refusal = await reasonOf(read(file));
  if (refusal !== undefined) {
    expect(await reasonOf(coerce(file).then(read))).toBe(refusal);
    return undefined;
  }
  const coerced = await coerce(file);
  const [before, after] = [await read(file), await read(coerced)];
  for (const { tag, value } of ATTRIBUTES) expect(readString(after.header.dataSet, tag)).toBe(value);
  expect(others(after.header.dataSet)).toEqual(others(before.header.dataSet));
  expect(tellRead(after.header.fileMeta)).toEqual(tellRead(before.header.fileMeta));
  expect(tellRead(after.trailer)).toEqual(tellRead(before.trailer));
  expect(after.pixels.equals(before.pixels)).toBe(true);
  expect((await coerce(coerced)).equals(coerced)).toBe(true);
  return coerced;
}

for (const [name, folder] of [
  ['real', corpusDir],
  ['hostile', hostileDir],
] as const) {
  describe.runIf(folder !== undefined)(`${name} files in which attributes are set`, { timeout: 120_000 }, () => {
    it.each(folder === undefined ? [] : realFilesIn(folder))('%s', async (path) => {
      await expectCoerced(join(folder ?? '', path));
    });
  });
}

describe.runIf(corpusDir !== undefined && hasPydicom())('real files in which attributes are set', () => {
  it('are read by pydicom as the same but for what is set', { timeout: 600_000 }, async () => {
    const root = corpusDir ?? '';
    const target = join(temporaryFolder(), 'coerced');
    mkdirSync(target);
    const pairs: (readonly [before: string, after: string])[] = [];
    for (const [i, path] of realFilesIn(root).entries()) {
      const coerced = await expectCoerced(join(root, path));
      if (coerced === undefined) continue;
      const after = join(target, `${i}.dcm`);
      writeFileSync(after, coerced);
      pairs.push([join(root, path), after]);
    }
    const answers = await readByPydicom(pairs.flat());
    const differing: string[] = [];
    let compared = 0;
    for (const [before, after] of pairs) {
      const [one, other] = [answers.get(before), answers.get(after)];
      if (one?.dataSet === undefined) continue;
      compared += 1;
      const same = (dataSet: object | undefined): string =>
        JSON.stringify(
          Object.entries(dataSet ?? {}).filter(([tag]) => !CHANGED.has(tag) && !/0000$|^00080001$/.test(tag)),
        );
      const items = other?.dataSet?.['04000561']?.Value?.length ?? 0;
      const isSame = same(one.dataSet) === same(other?.dataSet) && one.pixels === other?.pixels && items > 0;
      if (!isSame) differing.push(`${before}: ${other?.error ?? 'differs'}`);
    }
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });
});
