import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DataSet, isSequence } from '../../src/dicom/data-set.js';
import { InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { findTransferSyntax, type TransferSyntax } from '../../src/dicom/transfer-syntaxes.js';
import { cutAt, readPieces, readWhole } from '../support/read-in-chunks.js';
import {
  type AnyElement,
  anyDataSet,
  tellRead,
  tellWritten,
  writeElements,
  writeItem,
  writePart10,
  writeSequence,
  writeValue,
} from '../support/write-any-data-set.js';

const syntaxes = [
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.2',
  '1.2.840.10008.1.2.1.99',
  '1.2.840.10008.1.2.4.50',
]
  .map(findTransferSyntax)
  .filter((syntax) => syntax !== undefined);

interface AnyFile {
  readonly transferSyntax: TransferSyntax;
  readonly elements: readonly AnyElement[];
  readonly fragments: readonly Uint8Array[] | undefined;
  readonly hasTrailer: boolean;
}

const anyFile: fc.Arbitrary<AnyFile> = fc.record({
  transferSyntax: fc.constantFrom(...syntaxes),
  elements: anyDataSet(),
  fragments: fc.option(fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 4 }), { nil: undefined }),
  hasTrailer: fc.boolean(),
});

const cuts = fc.array(fc.nat(3000), { maxLength: 20 });

const pixelsOf = (fragments: readonly Uint8Array[] = []): Buffer => Buffer.concat(fragments);

function writePixelData({ transferSyntax, fragments }: AnyFile): Buffer {
  if (fragments === undefined) return Buffer.alloc(0);
  if (!transferSyntax.encapsulated) return writeValue(0x7fe00010, 'OW', pixelsOf(fragments), transferSyntax);
  const items = Buffer.concat(fragments.map((fragment) => writeItem(Buffer.from(fragment))));
  return writeSequence(0x7fe00010, items, { vr: 'OB', hasDefinedLength: false });
}

/** The elements of the top level, each encoded. */
function writeParts(file: AnyFile): Buffer[] {
  const trailer = writeValue(0xfffcfffc, 'OB', Buffer.alloc(20), file.transferSyntax);
  const elements = file.elements.map((element) => writeElements([element], file.transferSyntax));
  return [...elements, writePixelData(file), file.hasTrailer ? trailer : Buffer.alloc(0)];
}

const writeFile = (file: AnyFile): Buffer => writePart10(file.transferSyntax.uid, Buffer.concat(writeParts(file)));

/** Every value must stand where it is said to stand. */
function expectTruePlaces(dataSet: DataSet, file: Buffer): void {
  for (const element of dataSet.elements) {
    if (isSequence(element)) for (const item of element.items) expectTruePlaces(item, file);
    else expect(file.subarray(element.valueOffset, element.valueOffset + element.bytes.length)).toEqual(element.bytes);
  }
}

describe('Part10Reader: any lawful file', () => {
  it('is read as it was written, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, cuts, async (any, at) => {
        const file = writeFile(any);
        const { header, trailer, pixels, fragments } = await readPieces(cutAt(file, at));
        const elements = tellRead(header.dataSet);
        const expected = tellWritten(any.elements, any.transferSyntax);
        const padding = ['FFFCFFFC', 'OB', '00'.repeat(20)];
        if (any.fragments === undefined) {
          expect(elements).toEqual(any.hasTrailer ? [...expected, padding] : expected);
        } else {
          expect(elements).toEqual(expected);
          expect(tellRead(trailer)).toEqual(any.hasTrailer ? [padding] : []);
        }
        expect(pixels).toEqual(pixelsOf(any.fragments));
        if (any.transferSyntax.encapsulated) expect(fragments).toHaveLength(any.fragments?.length ?? 0);
        expect(header.dataSet.byteOrder).toBe(any.transferSyntax.byteOrder);
        if (!any.transferSyntax.deflated) expectTruePlaces(header.dataSet, file);
      }),
      { numRuns: 1500 },
    );
  });
});

type Mutation = (file: Buffer) => Buffer;

const anyMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([at, byte]): Mutation =>
      (file) => {
        const copy = Buffer.from(file);
        copy[at % file.length] = byte;
        return copy;
      },
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 12 })).map(
    ([at, inserted]): Mutation =>
      (file) => {
        const from = at % file.length;
        return Buffer.concat([file.subarray(0, from), inserted, file.subarray(from)]);
      },
  ),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 12 })).map(
    ([at, count]): Mutation =>
      (file) => {
        const from = at % file.length;
        return Buffer.concat([file.subarray(0, from), file.subarray(from + count)]);
      },
  ),
  fc.nat().map(
    (at): Mutation =>
      (file) =>
        file.subarray(0, 1 + (at % file.length)),
  ),
  fc.tuple(fc.nat(), fc.constantFrom('ffffffff', 'fffffffe', '00000080', 'feff00e0', 'feff0de0', 'feffdde0')).map(
    ([at, hex]): Mutation =>
      (file) => {
        const copy = Buffer.from(file);
        copy.write(hex, Math.min(at % file.length, file.length - 4), 'hex');
        return copy;
      },
  ),
);

describe('Part10Reader: any damaged file', () => {
  it('is read or refused with a Failure Reason, alike in one piece and in many', async () => {
    const outcomeOf = async (pieces: readonly Buffer[]): Promise<unknown> => {
      try {
        const { header, trailer, pixels } = await readPieces(pieces);
        return [tellRead(header.dataSet), tellRead(trailer), pixels.toString('hex')];
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInstance);
        return error instanceof InvalidInstance ? [error.reason, error.message] : undefined;
      }
    };
    await fc.assert(
      fc.asyncProperty(
        anyFile,
        fc.array(anyMutation, { minLength: 1, maxLength: 3 }),
        cuts,
        async (any, mutations, at) => {
          const file = mutations.reduce((bytes, mutate) => (bytes.length < 4 ? bytes : mutate(bytes)), writeFile(any));
          expect(await outcomeOf(cutAt(file, at))).toEqual(await outcomeOf([file]));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('is refused when it is cut short anywhere but between two elements', async () => {
    const plain = anyFile.filter(({ transferSyntax }) => !transferSyntax.deflated);
    await fc.assert(
      fc.asyncProperty(plain, fc.nat(), async (any, at) => {
        const file = writeFile(any);
        const parts = writeParts(any);
        const front = file.length - Buffer.concat(parts).length;
        const betweenElements = parts.map((_part, index) => front + Buffer.concat(parts.slice(0, index)).length);
        const end = at % file.length;
        const read = readWhole(file.subarray(0, end));
        if (betweenElements.includes(end)) await expect(read).resolves.toBeDefined();
        else await expect(read).rejects.toBeInstanceOf(InvalidInstance);
      }),
      { numRuns: 1000 },
    );
  });
});
