import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { characterSetOf, DEFINED_TERMS } from '../../src/dicom/character-sets.js';
import { type CoercedAttribute, coerceHeader, differing } from '../../src/dicom/coerce-header.js';
import { type DataSet, findElement, isSequence } from '../../src/dicom/data-set.js';
import { deflateDataSet } from '../../src/dicom/deflate-data-set.js';
import { type ElementPlace, HeaderBytes } from '../../src/dicom/header-elements.js';
import { Part10Reader } from '../../src/dicom/part10-reader.js';
import { findTransferSyntax, type TransferSyntax } from '../../src/dicom/transfer-syntaxes.js';
import { readString } from '../../src/dicom/values.js';
import {
  type AnyElement,
  type AnyEncoding,
  anyDataSet,
  uint32,
  writeElements,
  writeItem,
  writePart10,
  writeSequence,
  writeValue,
} from '../support/write-any-data-set.js';

const MODIFIED = { modifiedAt: new Date('2026-01-02T03:04:05.678Z'), modifyingSystem: 'NCCID' };
const SITE_ID: CoercedAttribute = { tag: 0x00120030, vr: 'LO', value: 'SITE-A' };
const PROTOCOL: CoercedAttribute = { tag: 0x00180010, vr: 'LO', value: 'NONE' };

const SYNTAXES = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2']
  .map(findTransferSyntax)
  .filter((syntax) => syntax !== undefined);
const [IMPLICIT, EXPLICIT, BIG] = SYNTAXES as [TransferSyntax, TransferSyntax, TransferSyntax];

interface Read {
  readonly dataSet: DataSet;
  readonly places: readonly ElementPlace[];
  readonly startOffset: number;
}

async function read(syntax: TransferSyntax, bytes: Buffer): Promise<Read> {
  const places: ElementPlace[] = [];
  const reader = new Part10Reader({
    openPixelData: () => {
      throw new Error('There are no pixels.');
    },
    tellElement: (tag, offset) => places.push({ tag, offset }),
  });
  await reader.write(writePart10(syntax.uid, bytes));
  await reader.end();
  if (reader.header === undefined) throw new Error('It has a header.');
  return { dataSet: reader.header.dataSet, places, startOffset: reader.header.dataSetOffset };
}

/** The data set after the coercion; the bytes themselves when nothing differs. */
async function coerce(syntax: TransferSyntax, bytes: Buffer, ...attributes: CoercedAttribute[]): Promise<Buffer> {
  const { dataSet, places, startOffset } = await read(syntax, bytes);
  const different = differing(dataSet, attributes);
  if (different.length === 0) return bytes;
  const header = new HeaderBytes({ bytes, places, startOffset, encoding: syntax });
  return Buffer.concat(coerceHeader({ ...MODIFIED, bytes: header, dataSet }, different));
}

/** The elements of the outermost level, heads and all. */
async function topElements(syntax: TransferSyntax, bytes: Buffer): Promise<ReadonlyMap<number, Buffer>> {
  const { places, startOffset } = await read(syntax, bytes);
  const starts = [...places.map(({ offset }) => offset - startOffset), bytes.length];
  return new Map(places.map(({ tag }, i) => [tag, bytes.subarray(starts[i], starts[i + 1])]));
}

/** The items of Original Attributes Sequence. */
function originals(dataSet: DataSet): readonly DataSet[] {
  const element = findElement(dataSet, TAG.OriginalAttributesSequence);
  if (element === undefined || !isSequence(element)) throw new Error('There is no Original Attributes Sequence.');
  return element.items;
}

function itemsOf(dataSet: DataSet | undefined, tag: number): readonly DataSet[] {
  const element = dataSet && findElement(dataSet, tag);
  return element !== undefined && isSequence(element) ? element.items : [];
}

const modifiedIn = (item: DataSet | undefined) => itemsOf(item, TAG.ModifiedAttributesSequence)[0]?.elements ?? [];
const valuesOf = (item: DataSet | undefined) =>
  modifiedIn(item).map((element) => [element.tag, isSequence(element) ? [] : element.bytes.toString('latin1')]);

const itemWith = (text: string, encoding: AnyEncoding): Buffer =>
  writeItem(writeValue(TAG.ModifyingSystem, 'LO', text, encoding), true, encoding.byteOrder);

/** What may stand already where something is set: the value, whatever it is, and what was modified before. */
const anyPrior: fc.Arbitrary<AnyElement[]> = fc
  .tuple(
    fc.option(
      fc.record({
        tag: fc.constantFrom(SITE_ID.tag, PROTOCOL.tag),
        vr: fc.constantFrom('LO' as const, 'UN' as const, 'US' as const),
        bytes: fc.oneof(fc.constantFrom('', 'SITE-A', 'A\\B ').map(Buffer.from), fc.uint8Array().map(Buffer.from)),
      }),
    ),
    fc.option(
      fc.record({
        tag: fc.constant(TAG.OriginalAttributesSequence),
        vr: fc.constantFrom('SQ' as const, 'UN' as const),
        hasDefinedLength: fc.boolean(),
        items: fc.array(fc.record({ hasDefinedLength: fc.boolean(), elements: anyDataSet(1) }), { maxLength: 2 }),
      }),
    ),
  )
  .map((priors) => priors.filter((prior) => prior !== null));

const inAll = describe.each(SYNTAXES.map((syntax) => [syntax.name, syntax] as const));

inAll('coerceHeader in %s', (_name, syntax) => {
  const sent = (...elements: Buffer[]): Buffer => Buffer.concat(elements);
  const patient = writeValue(TAG.PatientID, 'LO', 'P1', syntax);

  it('adds an attribute, and tells that it was not there', async () => {
    const { dataSet } = await read(syntax, await coerce(syntax, patient, SITE_ID));
    expect(readString(dataSet, SITE_ID.tag)).toBe('SITE-A');
    const [item, ...others] = originals(dataSet);
    expect(others).toEqual([]);
    expect(valuesOf(item)).toEqual([[SITE_ID.tag, '']]);
    expect(item && readString(item, TAG.AttributeModificationDateTime)).toBe('20260102030405.678+0000');
    expect(item && readString(item, TAG.ModifyingSystem)).toBe('NCCID');
    expect(item && readString(item, TAG.ReasonForTheAttributeModification)).toBe('COERCE');
    expect(item && findElement(item, TAG.SourceOfPreviousValues)).toMatchObject({ vr: 'LO', bytes: Buffer.alloc(0) });
    expect(item && findElement(item, TAG.NonconformingModifiedAttributesSequence)).toBeUndefined();
  });

  it('sets several, and keeps what each was', async () => {
    const bytes = sent(patient, writeValue(SITE_ID.tag, 'LO', 'OLD ', syntax));
    const { dataSet } = await read(syntax, await coerce(syntax, bytes, PROTOCOL, SITE_ID));
    expect([readString(dataSet, SITE_ID.tag), readString(dataSet, PROTOCOL.tag)]).toEqual(['SITE-A', 'NONE']);
    expect(valuesOf(originals(dataSet)[0])).toEqual([
      [SITE_ID.tag, 'OLD '],
      [PROTOCOL.tag, ''],
    ]);
  });

  it.each(['SITE-A', 'SITE-A  ', ' SITE-A\0'])('leaves %j as it is', async (text) => {
    const bytes = sent(patient, writeValue(SITE_ID.tag, 'LO', text, syntax));
    expect(await coerce(syntax, bytes, SITE_ID)).toEqual(bytes);
  });

  it.each([true, false])(
    'appends to the items that are there, of a sequence of defined length: %j',
    async (defined) => {
      const items = sent(itemWith('FIRST', syntax), itemWith('SECOND', syntax));
      const sequence = writeSequence(TAG.OriginalAttributesSequence, items, {
        hasDefinedLength: defined,
        encoding: syntax,
      });
      const coerced = await coerce(syntax, sent(patient, sequence), SITE_ID);
      expect(coerced.includes(items)).toBe(true);
      const { dataSet } = await read(syntax, coerced);
      const systems = originals(dataSet).map((item) => readString(item, TAG.ModifyingSystem));
      expect(systems).toEqual(['FIRST', 'SECOND', 'NCCID']);
    },
  );

  it('makes nothing of an empty sequence', async () => {
    const sequence = writeSequence(TAG.OriginalAttributesSequence, Buffer.alloc(0), { encoding: syntax });
    const { dataSet } = await read(syntax, await coerce(syntax, sent(patient, sequence), SITE_ID));
    expect(valuesOf(originals(dataSet)[0])).toEqual([[SITE_ID.tag, '']]);
  });

  it('leaves out lengths that would not be true any more, and no others', async () => {
    const length = (tag: number): Buffer => writeValue(tag, 'UL', Buffer.from(uint32(10, syntax.byteOrder)), syntax);
    const bytes = sent(
      length(0x00080000),
      length(TAG.LengthToEnd),
      length(0x00100000),
      patient,
      length(0x00120000),
      writeValue(SITE_ID.tag, 'LO', 'OLD ', syntax),
      length(0x04000000),
    );
    const tags = [...(await topElements(syntax, await coerce(syntax, bytes, SITE_ID))).keys()];
    expect(tags).toEqual([0x00080000, 0x00100000, TAG.PatientID, SITE_ID.tag, TAG.OriginalAttributesSequence]);
  });

  it.each([
    ['too long', 'x'.repeat(66)],
    ['several values of an attribute that has one', 'A\\B '],
    ['a control character', 'A\u0007'],
  ])('keeps what does not conform byte by byte: %s', async (_why, text) => {
    const bytes = sent(patient, writeValue(SITE_ID.tag, 'LO', text, syntax));
    const { dataSet } = await read(syntax, await coerce(syntax, bytes, SITE_ID));
    const [item] = originals(dataSet);
    expect(valuesOf(item)).toEqual([[SITE_ID.tag, '']]);
    const [nonconforming] = itemsOf(item, TAG.NonconformingModifiedAttributesSequence);
    expect(nonconforming && findElement(nonconforming, TAG.NonconformingDataElementValue)).toMatchObject({
      bytes: Buffer.from(text),
    });
  });

  it('changes nothing but what it says, whatever the data set', async () => {
    const attribute = fc.constantFrom<CoercedAttribute[]>(
      [SITE_ID],
      [PROTOCOL],
      [SITE_ID, PROTOCOL],
      [
        { tag: 0x00080080, vr: 'LO', value: 'HOSPITAL' },
        { tag: 0x00324000, vr: 'LT', value: 'A comment.' },
      ],
    );
    await fc.assert(
      fc.asyncProperty(anyDataSet(2), anyPrior, attribute, async (elements, priors, attributes) => {
        const all = new Map([...elements, ...priors].map((element) => [element.tag, element]));
        const bytes = writeElements(
          [...all.values()].sort((a, b) => a.tag - b.tag),
          syntax,
        );
        const before = await topElements(syntax, bytes);
        const coerced = await coerce(syntax, bytes, ...attributes);
        const after = await topElements(syntax, coerced);
        const tags = [...after.keys()];
        expect(tags).toEqual(tags.toSorted((a, b) => a - b));
        const touched = new Set<number>([
          ...attributes.map(({ tag }) => tag),
          TAG.OriginalAttributesSequence,
          TAG.LengthToEnd,
        ]);
        for (const [tag, element] of before) if (!touched.has(tag)) expect(after.get(tag)).toEqual(element);
        expect(tags.filter((tag) => !before.has(tag) && !touched.has(tag))).toEqual([]);
        const { dataSet } = await read(syntax, coerced);
        for (const { tag, value } of attributes) expect(readString(dataSet, tag)).toBe(value);
        if (!coerced.equals(bytes)) expect(modifiedIn(originals(dataSet).at(-1)).length).toBeGreaterThan(0);
        expect(await coerce(syntax, coerced, ...attributes)).toEqual(coerced);
      }),
      { numRuns: 400 },
    );
  });
});

describe('coerceHeader in Explicit VR', () => {
  it.each([EXPLICIT, BIG])(
    'appends to a sequence that is UN, of undefined or defined length, in $name',
    async (syntax) => {
      const inner = IMPLICIT;
      const items = Buffer.concat([itemWith('FIRST', inner)]);
      for (const hasDefinedLength of [true, false]) {
        const bytes = writeSequence(TAG.OriginalAttributesSequence, items, {
          vr: 'UN',
          hasDefinedLength,
          encoding: syntax,
          itemByteOrder: 'little',
        });
        const coerced = await coerce(syntax, bytes, SITE_ID);
        expect(coerced.includes(items)).toBe(true);
        const systems = originals((await read(syntax, coerced)).dataSet).map((item) =>
          readString(item, TAG.ModifyingSystem),
        );
        expect(systems).toEqual(['FIRST', 'NCCID']);
      }
    },
  );

  it.each([
    ['LO', Buffer.from('no items')],
    ['UN', Buffer.from('no items')],
    ['UN', Buffer.from('feff00e0ffffff7f', 'hex')],
  ])('keeps what is called Original Attributes Sequence and is %s with no items', async (vr, value) => {
    const bytes = writeValue(TAG.OriginalAttributesSequence, vr, value, EXPLICIT);
    const [item, ...others] = originals((await read(EXPLICIT, await coerce(EXPLICIT, bytes, SITE_ID))).dataSet);
    expect(others).toEqual([]);
    expect(modifiedIn(item).map(({ tag }) => tag)).toEqual([SITE_ID.tag, TAG.OriginalAttributesSequence]);
    const [nonconforming] = itemsOf(item, TAG.NonconformingModifiedAttributesSequence);
    expect(nonconforming?.elements).toMatchObject([
      { tag: TAG.SelectorAttribute, bytes: Buffer.from('00046105', 'hex') },
      { tag: TAG.NonconformingDataElementValue, bytes: value },
    ]);
  });

  it('keeps what is called Original Attributes Sequence and is none in the order of tags', async () => {
    const label: CoercedAttribute = { tag: 0x300a0002, vr: 'SH', value: 'PLAN' };
    const bytes = Buffer.concat([
      writeValue(TAG.OriginalAttributesSequence, 'OB', Buffer.from('no items'), EXPLICIT),
      writeValue(label.tag, 'SH', 'OLD ', EXPLICIT),
    ]);
    const { dataSet } = await read(EXPLICIT, await coerce(EXPLICIT, bytes, SITE_ID, label));
    const [item] = originals(dataSet);
    expect(valuesOf(item)).toEqual([
      [SITE_ID.tag, ''],
      [TAG.OriginalAttributesSequence, []],
      [label.tag, 'OLD '],
    ]);
  });

  it.each([EXPLICIT, BIG])('keeps a value as long as its VR can be, padded or not, in $name', async (syntax) => {
    const allergies: CoercedAttribute = { tag: 0x00102110, vr: 'LO', value: 'NONE' };
    for (const lengthBytes of [65_533, 65_534, 65_535]) {
      const value = Buffer.from('some allergy\\'.repeat(6_000)).subarray(0, lengthBytes);
      const coerced = await coerce(syntax, writeValue(allergies.tag, 'LO', value, syntax), allergies);
      const { dataSet } = await read(syntax, coerced);
      expect(readString(dataSet, allergies.tag)).toBe('NONE');
      const [item] = originals(dataSet);
      const [nonconforming] = itemsOf(item, TAG.NonconformingModifiedAttributesSequence);
      const kept = nonconforming?.elements.at(-1) ?? modifiedIn(item)[0];
      expect(kept !== undefined && !isSequence(kept) && kept.bytes.subarray(0, lengthBytes).equals(value)).toBe(true);
      expect(nonconforming !== undefined).toBe(lengthBytes > 65_534);
    }
  });

  it('keeps a value of another VR, and even a sequence', async () => {
    const value = Buffer.from([1, 2]);
    for (const bytes of [
      writeValue(SITE_ID.tag, 'US', value, EXPLICIT),
      writeSequence(SITE_ID.tag, itemWith('X ', EXPLICIT), { hasDefinedLength: false }),
    ]) {
      const { dataSet } = await read(EXPLICIT, await coerce(EXPLICIT, bytes, SITE_ID));
      expect(readString(dataSet, SITE_ID.tag)).toBe('SITE-A');
      const [item] = originals(dataSet);
      expect(valuesOf(item)).toEqual([[SITE_ID.tag, '']]);
      expect(itemsOf(item, TAG.NonconformingModifiedAttributesSequence)[0]?.elements).toMatchObject([
        { tag: TAG.SelectorAttribute, bytes: Buffer.from('12003000', 'hex') },
        { tag: TAG.SelectorValueNumber, bytes: Buffer.from('0100', 'hex') },
        { tag: TAG.NonconformingDataElementValue },
      ]);
    }
  });

  it('takes a text that is UN for the text it is', async () => {
    const same = writeValue(SITE_ID.tag, 'UN', 'SITE-A', EXPLICIT);
    expect(await coerce(EXPLICIT, same, SITE_ID)).toEqual(same);
    const other = await coerce(EXPLICIT, writeValue(SITE_ID.tag, 'UN', 'OTHER ', EXPLICIT), SITE_ID);
    expect(valuesOf(originals((await read(EXPLICIT, other)).dataSet)[0])).toEqual([[SITE_ID.tag, 'OTHER ']]);
  });

  it('keeps text of any character set as it is', async () => {
    const utf8 = Buffer.from('Krankenhaus Köln');
    const padded = Buffer.concat([utf8, Buffer.alloc(utf8.length % 2, ' ')]);
    const bytes = Buffer.concat([
      writeValue(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 192', EXPLICIT),
      writeValue(SITE_ID.tag, 'LO', padded, EXPLICIT),
    ]);
    const { dataSet } = await read(EXPLICIT, await coerce(EXPLICIT, bytes, SITE_ID));
    expect(modifiedIn(originals(dataSet)[0])).toMatchObject([{ tag: SITE_ID.tag, bytes: padded }]);
  });
});

describe('what is set', () => {
  const characters = Array.from({ length: 0x5f }, (_, i) => String.fromCharCode(0x20 + i)).filter(
    (character) => !'\\~'.includes(character),
  );

  it.each([...DEFINED_TERMS, ...['ISO 2022 IR 13', '\\ISO 2022 IR 87', '\\ISO 2022 IR 149', '\\ISO 2022 IR 58']])(
    'is the same text in %s',
    (term) => {
      const text = characters.join('');
      expect(characterSetOf(term.split('\\')).decode(Buffer.from(text), 'LO')).toBe(text);
    },
  );
});

describe('deflateDataSet', () => {
  it('gives what inflates to the same, of an even length, and never shrinks it by more than eight', async () => {
    for (const bytes of [Buffer.alloc(1), Buffer.alloc(3_000_000), Buffer.from('some text '.repeat(1000))]) {
      const pieces: Buffer[] = [];
      for await (const piece of deflateDataSet(inPieces(bytes))) pieces.push(piece);
      const deflated = Buffer.concat(pieces);
      expect(inflateRawSync(deflated).equals(bytes)).toBe(true);
      expect(deflated.length % 2).toBe(0);
      expect(deflated.length).toBeGreaterThanOrEqual(Math.min(deflateRawSync(bytes).length, bytes.length / 8));
      expect(deflated.length).toBeGreaterThanOrEqual(bytes.length / 8);
    }
  });
});

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
