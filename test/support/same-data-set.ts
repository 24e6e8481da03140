/**
 * Whether two Part 10 files say the same: element by element, whatever VR encoding, byte order or character set either is
 * in. Numbers are compared as numbers, names without empty components at their ends, text without padding.
 */
import type { CharacterSet } from '../../src/dicom/character-sets.js';
import { type DataElement, type DataSet, isSequence, tagText } from '../../src/dicom/data-set.js';
import { INLINE_BINARY_VRS, inlineBinary } from '../../src/dicom/dicom-json-values.js';
import { binaryNumbers, isTextVR, readCharacterSet, textValues } from '../../src/dicom/values.js';
import { BINARY_VALUE_BYTES } from '../../src/dicom/vr.js';
import { littleEndianPixels } from '../corpus/native-pixels.js';
import { type Read, readWhole } from './read-in-chunks.js';

/** Text that means what the other one does, where it has another spelling. */
export interface SameText {
  readonly textOf?: (text: string) => string;
}

/** How two files differ, a sentence each. */
export async function differencesOfFiles(one: Buffer, other: Buffer, same: SameText = {}): Promise<readonly string[]> {
  const [a, b] = [await readWhole(one), await readWhole(other)];
  const differences = differencesOfDataSets(dataSetOf(a), dataSetOf(b), same);
  if (!pixelsOf(a).equals(pixelsOf(b))) differences.push('Pixel Data is another');
  const [syntax, otherSyntax] = [a.header.transferSyntax, b.header.transferSyntax];
  if (syntax.encapsulated && syntax.uid !== otherSyntax.uid) differences.push('the transfer syntax is another');
  if (a.header.pixelData?.tag !== b.header.pixelData?.tag) differences.push('one has Pixel Data');
  return differences;
}

/** All but Pixel Data. */
const dataSetOf = ({ header, trailer }: Read): DataSet => ({
  ...header.dataSet,
  elements: [...header.dataSet.elements, ...trailer.elements],
});

/** Native pixels little endian; the bytes of fragments without the Basic Offset Table, however they are cut. */
function pixelsOf(read: Read): Buffer {
  if (read.header.pixelData === undefined) return Buffer.alloc(0);
  if (!read.header.transferSyntax.encapsulated) return littleEndianPixels(read);
  return read.pixels.subarray(read.fragments[0]?.lengthBytes ?? 0);
}

/** How two data sets differ, a sentence each. */
export function differencesOfDataSets(
  one: DataSet,
  other: DataSet,
  same: SameText,
  path = '',
  sets = setsOf(one, other),
) {
  const differences: string[] = [];
  const [a, b] = [byTag(one), byTag(other)];
  for (const tag of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(tag), b.get(tag)];
    const at = `${path}${tagText(tag)}`;
    if (left === undefined || right === undefined) {
      // Where there was none to say so, text beyond ASCII makes one.
      if (tag !== SPECIFIC_CHARACTER_SET) differences.push(`${at} is in one of them only`);
    } else if (isSequence(left) && isSequence(right)) {
      if (left.items.length !== right.items.length) differences.push(`${at} has another number of items`);
      for (const [i, item] of left.items.entries()) {
        const otherItem = right.items[i] ?? { elements: [], byteOrder: 'little' };
        const inner = setsOf(item, otherItem, sets);
        differences.push(...differencesOfDataSets(item, otherItem, same, `${at}/${i}/`, inner));
      }
    } else if (tag !== SPECIFIC_CHARACTER_SET) {
      const [said, otherSaid] = [tell(left, one, sets[0], same), tell(right, other, sets[1], same)];
      if (said !== otherSaid) differences.push(`${at} is ${otherSaid.slice(0, 200)}, not ${said.slice(0, 200)}`);
    }
  }
  return differences;
}

const SPECIFIC_CHARACTER_SET = 0x00080005;
type Sets = readonly [CharacterSet, CharacterSet];

const setsOf = (one: DataSet, other: DataSet, around?: Sets): Sets => [
  readCharacterSet(one, around?.[0]),
  readCharacterSet(other, around?.[1]),
];

const byTag = ({ elements }: DataSet): ReadonlyMap<number, DataElement> =>
  new Map(elements.map((element) => [element.tag, element]));

function tell(
  element: DataElement,
  { byteOrder }: DataSet,
  set: CharacterSet,
  { textOf = (text) => text }: SameText,
): string {
  if (isSequence(element)) return 'SQ';
  const { vr, bytes } = element;
  if (vr === 'DS' || vr === 'IS') {
    const numbers = textValues(bytes, vr, set).map((text) =>
      text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text,
    );
    return `${vr} ${JSON.stringify(numbers)}`;
  }
  if (vr === 'PN') {
    const names = textValues(bytes, vr, set).map(nameOf).map(textOf);
    // A single name without any component is no name.
    return `PN ${JSON.stringify(names.join() === '' ? [] : names)}`;
  }
  if (isTextVR(vr)) return `${vr} ${JSON.stringify(textValues(bytes, vr, set).map(textOf))}`;
  const whole = bytes.subarray(
    0,
    bytes.length - (bytes.length % (vr === 'AT' ? 4 : (BINARY_VALUE_BYTES.get(vr) ?? 1))),
  );
  if (vr === 'FL' || vr === 'FD') {
    return `${vr} ${binaryNumbers(whole, vr, byteOrder === 'big')
      .map((number) => (Object.is(number, -0) ? '-0' : String(number)))
      .join()}`;
  }
  const padded = INLINE_BINARY_VRS.has(vr) && bytes.length % 2 === 1 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes;
  return `${vr} ${inlineBinary(INLINE_BINARY_VRS.has(vr) ? padded : whole, vr, byteOrder)}`;
}

const nameOf = (name: string): string =>
  name
    .split('=')
    .map((group) => group.trimEnd().replace(/\^+$/, ''))
    .join('=')
    .replace(/=+$/, '');
