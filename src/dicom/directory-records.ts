/**
 * Directory Records: what a DICOMDIR tells of patient, study, series and instance, taken from the instance as it stands,
 * in the character set it is in. PS3.3 Annex F
 */
import { TAG } from './attributes.js';
import { element } from './build-data-set.js';
import { type DataElement, type DataSet, findElement, isSequence, type Tag, type ValueElement } from './data-set.js';
import { encodeExplicitVRLittleEndian } from './data-set-writer.js';
import { findTagOfKeyword, implicitVR } from './dictionary.js';
import { DIRECTORY_KEY_TABLE, DIRECTORY_SOP_CLASS_TABLE } from './directory-records.data.js';
import { isTextVR, readString } from './values.js';
import { BINARY_VALUE_BYTES, type VR } from './vr.js';

export interface DirectoryRecord {
  /** Directory Record Type: `PATIENT`, `SR DOCUMENT`. */
  readonly type: string;
  /** Its keys, and the character set they are in. */
  readonly keys: DataSet;
}

type KeyType = '1' | '1C' | '2';

interface Key {
  readonly tag: Tag;
  readonly keyType: KeyType;
}

/** Longer values are no keys to choose a record by; a lawful one takes a few hundred bytes, a sequence some thousands. */
const MOST_VALUE_BYTES = 4 * 1024;
const MOST_SEQUENCE_BYTES = 256 * 1024;

/** Begins what switches to another character set. PS3.5 §6.1.2.5 */
const ESCAPE = 0x1b;

/** A key that must have a value has this when the instance has none: the earliest day, and what says that it says nothing. */
const MADE_UP: Partial<Record<VR, string>> = {
  CS: 'UNKNOWN',
  DA: '19000101',
  LO: 'UNKNOWN',
  SH: 'UNKNOWN',
  TM: '000000',
};

const KEY_TYPES: Readonly<Record<string, KeyType>> = { '!': '1', '?': '1C' };

const keysOfType = new Map(
  DIRECTORY_KEY_TABLE.trim()
    .split('\n')
    .map((line): [string, readonly Key[]] => {
      const [type = '', keys = ''] = line.split(':');
      return [type, keys.trim().split(' ').filter(Boolean).map(parseKey)];
    }),
);

const typeOfSOPClass = new Map(
  DIRECTORY_SOP_CLASS_TABLE.trim()
    .split('\n')
    .map((line): [string, string] => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
);

function parseKey(text: string): Key {
  const tag = findTagOfKeyword(text.replace(/[!?]$/, ''));
  if (tag === undefined) throw new Error(`PS3.6 has no attribute of the keyword ${text}.`);
  return { tag, keyType: KEY_TYPES[text.at(-1) ?? ''] ?? '2' };
}

/** The type of record that stands for an instance of the SOP Class; images are what has no record of its own. PS3.3 §F.5 */
export const instanceRecordType = (sopClassUID: string): string => typeOfSOPClass.get(sopClassUID) ?? 'IMAGE';

/**
 * The record of a type, from the data set of an instance it is to tell of.
 * @param number stands for a Series or Instance Number where the instance has none
 */
export function directoryRecord(type: string, instance: DataSet, number = 1): DirectoryRecord {
  const keys = (keysOfType.get(type) ?? []).flatMap((key) => elementOf(key, instance, number) ?? []);
  const characterSet = keys.some(hasExtendedText) ? findElement(instance, TAG.SpecificCharacterSet) : undefined;
  const elements = characterSet === undefined ? keys : [characterSet, ...keys];
  return { type, keys: { elements: elements.toSorted((a, b) => a.tag - b.tag), byteOrder: instance.byteOrder } };
}

function elementOf({ tag, keyType }: Key, instance: DataSet, number: number): DataElement | undefined {
  const found = tag === TAG.VerificationDateTime ? latestVerification(instance) : findElement(instance, tag);
  const usable =
    found === undefined ? undefined : isSequence(found) ? usableSequence(found, instance) : usableValue(found);
  if (usable !== undefined) return usable;
  if (keyType === '1C') return undefined;
  const vr = implicitVR(tag);
  return element(tag, keyType === '2' ? [] : vr === 'IS' ? String(number) : (MADE_UP[vr] ?? []));
}

function usableValue(found: ValueElement): ValueElement | undefined {
  const { tag, vr, bytes } = found;
  if (vr !== implicitVR(tag) || bytes.length > MOST_VALUE_BYTES) return undefined;
  // Nothing but padding is no value.
  const hasValue = BINARY_VALUE_BYTES.has(vr) ? bytes.length > 0 : bytes.some((byte) => byte !== 0x20 && byte !== 0);
  return hasValue ? found : undefined;
}

/** Whether there is text beyond ASCII in it, so that a reader has to know the character set. */
function hasExtendedText(one: DataElement): boolean {
  if (isSequence(one)) return one.items.some(({ elements }) => elements.some(hasExtendedText));
  return isTextVR(one.vr) && one.bytes.some((byte) => byte >= 0x80 || byte === ESCAPE);
}

/** Of the content of a document only what modifies its title. PS3.3 §F.5.25, §F.5.26 */
function usableSequence(found: DataElement, instance: DataSet): DataElement | undefined {
  if (!isSequence(found)) return undefined;
  const items = found.tag === TAG.ContentSequence ? found.items.filter(modifiesTitle) : found.items;
  if (items.length === 0) return undefined;
  const sequence = { ...found, items };
  const lengthBytes = encodeExplicitVRLittleEndian({ ...instance, elements: [sequence] }).length;
  return lengthBytes > MOST_SEQUENCE_BYTES ? undefined : sequence;
}

/** Every observer who has verified a document says when; its record says when the last one has. PS3.3 Table F.5-25 */
function latestVerification(instance: DataSet): DataElement | undefined {
  const observers = findElement(instance, TAG.VerifyingObserverSequence);
  const items = observers !== undefined && isSequence(observers) ? observers.items : [];
  const times = items.flatMap((item) => readString(item, TAG.VerificationDateTime) ?? []).toSorted();
  return times.length === 0 ? undefined : element(TAG.VerificationDateTime, times.at(-1));
}

const modifiesTitle = (item: DataSet): boolean => readString(item, TAG.RelationshipType) === 'HAS CONCEPT MOD';
