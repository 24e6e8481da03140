import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { type DataSet as ParserDataSet, parseDicom } from 'dicom-parser';
import { describe, expect, it } from 'vitest';
import { type DataElement, type DataSet, isSequence, tagText } from '../../src/dicom/data-set.js';
import { FAILURE_REASON, type FailureReason, InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { corpusDir, hostileDir } from '../support/outside-files.js';
import { cutEvery, type Read, readPieces } from '../support/read-in-chunks.js';
import { tellRead } from '../support/write-any-data-set.js';

interface DcmjsElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
}
type DcmjsDataSet = Readonly<Record<string, DcmjsElement>>;
interface Dcmjs {
  readonly data: {
    readonly DicomMessage: { readFile(bytes: ArrayBufferLike): { readonly dict: DcmjsDataSet } };
  };
  readonly log: { setLevel(level: string): void };
}
const dcmjs: Dcmjs = createRequire(import.meta.url)('dcmjs');

const { cannotUnderstand, dataSetDoesNotMatchSOPClass } = FAILURE_REASON;
const CHUNK_BYTES = 65_536;

/** What the reader makes of a file: the file read, or the reason it is refused with. Anything else thrown is a bug. */
async function read(file: Buffer, chunkBytes = CHUNK_BYTES): Promise<Read | FailureReason> {
  try {
    return await readPieces(cutEvery(file, chunkBytes));
  } catch (error) {
    if (error instanceof InvalidInstance) return error.reason;
    throw error;
  }
}

/** An outcome in a form that is compared quickly. */
function tellOutcome(outcome: Read | FailureReason): unknown {
  if (typeof outcome === 'number') return outcome;
  const { header, trailer, pixels, fragments } = outcome;
  const sha256 = createHash('sha256').update(pixels).digest('hex');
  return [tellRead(header.fileMeta), tellRead(header.dataSet), tellRead(trailer), header.pixelData, fragments, sha256];
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:csv|md|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

/** Files of other projects that look well and are not: each would be read in two ways by two readers. */
const REFUSED = new Map<string, string>([
  ['DICOMDIR-nooffset', 'the last item is longer than its sequence'],
  ['Papaya__brain_001.dcm', 'twenty files in one'],
  ['pydicom__winter.dcm', 'SOP Instance UID twice'],
  ['pydicom__SC_rgb_jpeg.dcm', 'Implicit VR in an explicit transfer syntax'],
]);

const isMeantToFail = (path: string): boolean => /(?:^|[/\\])(?:hostile|nonconformant)[/\\]/.test(path);

type ParserElements = ParserDataSet['elements'];

const withoutPixelElement = (elements: ParserElements): ParserElements =>
  Object.fromEntries(Object.entries(elements).filter(([tag]) => !/^x7fe0(?:0008|0009|0010)$/.test(tag)));

/**
 * Compare with dicom-parser, which counts a deflated data set from its own start: tags, VRs where the file says them,
 * places and lengths of values, items.
 */
function expectAsDicomParser(dataSet: DataSet, other: ParserElements, path: string, startOffset: number): void {
  const theirs = Object.values(other)
    .filter(({ tag }) => !/^x(?:0002|fffe)|0000$/.test(tag))
    .sort((a, b) => (a.tag < b.tag ? -1 : 1));
  expect(
    dataSet.elements.map(({ tag }) => tagText(tag)),
    path,
  ).toEqual(theirs.map(({ tag }) => tag.slice(1).toUpperCase()));
  dataSet.elements.forEach((element, index) => {
    const their = theirs[index];
    if (their === undefined) return;
    const where = `${path} ${tagText(element.tag)}`;
    if (isSequence(element)) {
      their.items?.forEach((item, at) => {
        const ours = element.items[at];
        if (ours !== undefined && item.dataSet !== undefined)
          expectAsDicomParser(ours, item.dataSet.elements, where, startOffset);
      });
      if (their.items !== undefined) expect(element.items.length, where).toBe(their.items.length);
    } else {
      expect([element.valueOffset - startOffset, element.bytes.length], where).toEqual([
        their.dataOffset,
        their.length,
      ]);
      // What was sent as UN is known here by the dictionary.
      if (their.vr !== undefined && their.vr !== 'UN') expect(element.vr, where).toBe(their.vr);
    }
  });
}

/** Compare where Pixel Data stands, and of which fragments it is made. */
function expectSamePixelData(
  { header, fragments }: Read,
  other: ParserDataSet,
  path: string,
  startOffset: number,
): void {
  const { pixelData } = header;
  if (pixelData === undefined) return;
  const their = other.elements[`x${tagText(pixelData.tag).toLowerCase()}`];
  expect(their?.dataOffset, path).toBe(pixelData.valueOffset - startOffset);
  if (pixelData.lengthBytes === undefined) {
    // dicom-parser keeps the Basic Offset Table apart.
    const lengths = fragments.slice(1).map(({ lengthBytes }) => lengthBytes);
    expect(
      their?.fragments?.map(({ length }) => length),
      path,
    ).toEqual(lengths);
  } else {
    expect(their?.length, path).toBe(pixelData.lengthBytes);
  }
}

/** Compare with dcmjs: tags at every level that both read as sequences. */
function expectAsDcmjs(elements: readonly DataElement[], other: DcmjsDataSet, path: string): void {
  const theirs = Object.keys(other).filter((tag) => !tag.endsWith('0000'));
  expect(
    elements.map(({ tag }) => tagText(tag)),
    path,
  ).toEqual(theirs.sort());
  for (const element of elements) {
    const their = other[tagText(element.tag)];
    if (!isSequence(element) || their?.vr !== 'SQ') continue;
    const items = (their.Value ?? []).filter((item): item is DcmjsDataSet => typeof item === 'object' && item !== null);
    // dcmjs leaves empty items out.
    const ours = element.items.filter((item) => item.elements.length > 0);
    expect(ours.length, path).toBe(items.length);
    ours.forEach((item, at) => {
      expectAsDcmjs(item.elements, items[at] ?? {}, `${path} ${tagText(element.tag)}`);
    });
  }
}

const withoutPixelData = (dict: DcmjsDataSet): DcmjsDataSet =>
  Object.fromEntries(Object.entries(dict).filter(([tag]) => !/^(?:0002|7FE0(?:0008|0009|0010))/i.test(tag)));

const inflate = (bytes: Uint8Array, position: number): Uint8Array => inflateRawSync(bytes.subarray(position));

describe.runIf(corpusDir !== undefined)('Part10Reader on real files', { timeout: 120_000 }, () => {
  const root = corpusDir ?? '';
  const paths = corpusDir === undefined ? [] : filesIn(corpusDir);

  it('reads what is well-formed, and refuses the rest with a Failure Reason, however it arrives', async () => {
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) {
      const file = readFileSync(path);
      const outcome = await read(file);
      if (typeof outcome === 'number') {
        const isExpected = isMeantToFail(path.slice(root.length)) || REFUSED.has(path.slice(path.lastIndexOf(sep) + 1));
        expect(isExpected, path).toBe(true);
      }
      expect(tellOutcome(await read(file, 9973)), path).toEqual(tellOutcome(outcome));
    }
  });

  it('reads every data set as dicom-parser does', async () => {
    let compared = 0;
    for (const path of paths) {
      const file = readFileSync(path);
      const outcome = await read(file);
      if (typeof outcome === 'number' || outcome.header.deviations.length > 0) continue;
      let other: ParserDataSet;
      try {
        other = parseDicom(file, { inflater: inflate });
      } catch {
        // What dicom-parser can not read is no measure for us.
        continue;
      }
      const { header, trailer } = outcome;
      const startOffset = header.transferSyntax.deflated ? header.dataSetOffset : 0;
      const elements = [...header.dataSet.elements, ...trailer.elements];
      expectSamePixelData(outcome, other, path, startOffset);
      expectAsDicomParser({ ...header.dataSet, elements }, withoutPixelElement(other.elements), path, startOffset);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(paths.length / 2);
  });

  it('reads every data set as dcmjs does', async () => {
    dcmjs.log.setLevel('silent');
    let compared = 0;
    for (const path of paths.filter((each) => !isMeantToFail(each.slice(root.length)))) {
      const file = readFileSync(path);
      const outcome = await read(file);
      if (typeof outcome === 'number' || outcome.header.deviations.length > 0) continue;
      let dict: DcmjsDataSet;
      try {
        ({ dict } = dcmjs.data.DicomMessage.readFile(
          file.buffer.slice(file.byteOffset, file.byteOffset + file.length),
        ));
      } catch {
        // What dcmjs can not read is no measure for us.
        continue;
      }
      const elements = [...outcome.header.dataSet.elements, ...outcome.trailer.elements];
      expectAsDcmjs(elements, withoutPixelData(dict), path.slice(root.length));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(paths.length / 2);
  });
});

interface HostileFile {
  readonly file: string;
  readonly category: string;
  readonly expect: {
    readonly outcome: 'accept' | 'coerce' | 'reject';
    readonly failureReason?: number;
    readonly maxMs: number;
    readonly maxRssMiB: number;
  };
}

/** Categories in which whatever is refused is refused by the reader alone. */
const STRUCTURAL = new Set(['container', 'meta', 'length', 'structure', 'deflate']);

/** Rows that go another way than their category. Undefined: the reader takes the file, its caller judges it. */
const OF_THEIR_OWN = new Map<string, FailureReason | undefined>([
  ['003', cannotUnderstand],
  // Explicit VR Big Endian is read.
  ['005', undefined],
  ['006', cannotUnderstand],
  ['007', cannotUnderstand],
  // No preamble, no group length: tolerated, and told.
  ['015', undefined],
  ['033', undefined],
  // UIDs and SOP Classes are for others to compare.
  ['041', undefined],
  ['042', undefined],
  ['043', undefined],
  ['073', cannotUnderstand],
  ['127', cannotUnderstand],
  ['128', cannotUnderstand],
  ['129', cannotUnderstand],
  ['130', cannotUnderstand],
  ['162', cannotUnderstand],
  ['163', cannotUnderstand],
  ['164', cannotUnderstand],
  ['168', dataSetDoesNotMatchSOPClass],
  ['169', dataSetDoesNotMatchSOPClass],
  ['174', dataSetDoesNotMatchSOPClass],
]);

function expectedReason({ file, category, expect: { failureReason } }: HostileFile): number | undefined {
  const row = file.slice(0, 3);
  if (OF_THEIR_OWN.has(row)) return OF_THEIR_OWN.get(row);
  return STRUCTURAL.has(category) ? failureReason : undefined;
}

describe.runIf(hostileDir !== undefined)('Part10Reader on hostile files', { timeout: 60_000 }, () => {
  const folder = hostileDir ?? '';
  const manifest: { readonly files: readonly HostileFile[] } =
    hostileDir === undefined ? { files: [] } : JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));

  it.each(manifest.files.map((row) => [row.file, row] as const))('%s', async (name, row) => {
    const file = readFileSync(join(folder, name));
    const rssBefore = process.memoryUsage().rss;
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    const outcome = await read(file);
    const wallMs = performance.now() - started;
    const { user, system } = process.cpuUsage(cpuBefore);
    expect(Math.min(wallMs, (user + system) / 1000)).toBeLessThan(row.expect.maxMs);
    expect((process.memoryUsage().rss - rssBefore) / 2 ** 20).toBeLessThan(row.expect.maxRssMiB);
    expect(typeof outcome === 'number' ? outcome : undefined).toBe(expectedReason(row));
    // Smaller pieces must end alike; the largest files would only take longer.
    if (file.length < 100_000) expect(tellOutcome(await read(file, 1))).toEqual(tellOutcome(outcome));
  });
});
