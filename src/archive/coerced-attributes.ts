/**
 * The values that a data controller gives to attributes of all instances of a site: which attributes and values may be given,
 * and how they are kept. Attributes that identify an instance, its series, its study or its patient, that a licence is judged
 * by, or that say how bytes and pixels are to be read are nobody's to give.
 */
import { parseAttributePath } from '../dicom/attribute-paths.js';
import { TAG } from '../dicom/attributes.js';
import type { CoercedAttribute } from '../dicom/coerce-header.js';
import { type Tag, tagText } from '../dicom/data-set.js';
import { findDictionaryEntry } from '../dicom/dictionary.js';
import { isPlainTextVR, textFault } from '../dicom/text-rules.js';
import { ArchiveError, invalidRequest } from '../errors.js';

export type { CoercedAttribute } from '../dicom/coerce-header.js';

/** Of one site: each stands in every instance twice. */
export const MOST_COERCED_ATTRIBUTES = 32;

const MOST_CHARACTERS = 1_024;

/** What identifies, and what a Scope is judged by. */
const IDENTIFYING: ReadonlySet<Tag> = new Set<Tag>([
  TAG.AccessionNumber,
  TAG.Modality,
  TAG.PatientID,
  TAG.StudyID,
  TAG.SeriesNumber,
  TAG.InstanceNumber,
]);

/** How text is encoded, and of which kind the content of a document is. */
const READING: ReadonlySet<Tag> = new Set<Tag>([TAG.SpecificCharacterSet, TAG.ValueType]);

/** Groups of how bytes and pixels are read: of media, pixels, documents, their presentation, functional groups, waveforms. */
const READING_GROUPS: ReadonlySet<number> = new Set([0x0004, 0x0028, 0x0042, 0x2050, 0x5200, 0x5400]);
const SIGNATURES_GROUP = 0x0400;

/** As a data controller writes it: a keyword or a tag, and the value. */
export interface WrittenCoercion {
  readonly attribute: string;
  readonly value: string;
}

/** The characters that are the same in every character set: ISO_IR 13 has other ones for backslash and tilde. PS3.5 §6.1.2 */
const DEFAULT_REPERTOIRE = /^[ -[\]-}]*$/;

/** Read what a data controller wrote. @throws ArchiveError `invalid-request` with what is wrong */
export function defineCoercedAttribute({ attribute, value }: WrittenCoercion): CoercedAttribute {
  const tag = parseCoercedTag(attribute);
  const entry = findDictionaryEntry(tag);
  const name = keywordOf({ tag });
  if (isReading(tag)) throw invalidRequest(`${name} says how the instance is to be read: it can not be set.`);
  if (IDENTIFYING.has(tag)) throw invalidRequest(`${name} tells instances apart: it can not be set.`);
  if (tag >>> 16 === SIGNATURES_GROUP)
    throw invalidRequest(`${name} tells what was done to the instance: it can not be set.`);
  if (entry?.vr === 'UI') throw invalidRequest(`${name} is a UID: it can not be set.`);
  if (entry === undefined || !isPlainTextVR(entry.vr)) throw invalidRequest(`${name} is no text: it can not be set.`);
  if (!entry.vm.startsWith('1')) throw invalidRequest(`${name} has several values: it can not be set.`);
  const fault = faultOf(value) ?? textFault(entry.vr, value);
  if (fault !== undefined) throw invalidRequest(`The value of ${name} ${fault}.`);
  return { tag, vr: entry.vr, value };
}

/** The attribute that a keyword or tag names. @throws ArchiveError `invalid-request` when it is none of the standard */
export function parseCoercedTag(attribute: string): Tag {
  const [tag, ...inner] = parseAttributePath(attribute) ?? [];
  if (tag === undefined || inner.length > 0 || findDictionaryEntry(tag) === undefined) {
    throw invalidRequest('An attribute is a keyword of the standard, or a tag of eight hexadecimal digits.');
  }
  return tag;
}

/** The keyword of an attribute that can be set; the tag of one without. */
export const keywordOf = ({ tag }: Pick<CoercedAttribute, 'tag'>): string =>
  findDictionaryEntry(tag)?.keyword || tagText(tag);

/** Curves and overlays have many groups, and nothing behind the first pixels is a header. */
const isReading = (tag: Tag): boolean => {
  const group = tag >>> 16;
  const isRepeated = (group & 0xff00) === 0x5000 || (group & 0xff00) === 0x6000;
  return READING.has(tag) || READING_GROUPS.has(group) || isRepeated || group <= 0x0002 || group >= 0x7fe0;
};

function faultOf(value: string): string | undefined {
  if (value === '' || value.trim() !== value) return 'begins and ends with a character that is no space';
  if (!DEFAULT_REPERTOIRE.test(value))
    return 'has characters that not every character set has: letters and digits of English, and common signs, are in all of them';
  return value.length > MOST_CHARACTERS ? `has at most ${MOST_CHARACTERS} characters` : undefined;
}

/** A value as a site keeps it, whether it may be given by now or not. */
export type KeptCoercion = Pick<CoercedAttribute, 'tag' | 'value'>;

/** Write them as a site keeps them. */
export const writeKeptCoercions = (kept: readonly KeptCoercion[]): string | null =>
  kept.length === 0 ? null : JSON.stringify(kept.map(({ tag, value }) => [tagText(tag), value]));

/** Read what `writeKeptCoercions` wrote. @throws ArchiveError `corrupt` when it is something else */
export function readKeptCoercions(text: string | null): readonly KeptCoercion[] {
  if (text === null) return [];
  try {
    const pairs: unknown = JSON.parse(text);
    if (!Array.isArray(pairs)) throw new TypeError('They are a list.');
    return pairs.map(([attribute, value]) => ({ tag: parseCoercedTag(String(attribute)), value: String(value) }));
  } catch (cause) {
    throw new ArchiveError('corrupt', 'The values that a site gives to its instances can not be read.', { cause });
  }
}

/**
 * Read what `writeKeptCoercions` wrote as what instances are to have.
 * @throws ArchiveError `corrupt` when it is something else, or a value that can not be given any more: nothing is stored without it
 */
export const readCoercedAttributes = (text: string | null): readonly CoercedAttribute[] =>
  readKeptCoercions(text).map(({ tag, value }) => {
    try {
      return defineCoercedAttribute({ attribute: tagText(tag), value });
    } catch (cause) {
      const name = keywordOf({ tag });
      const words = `The site gives ${name} a value that can not be given any more: take it back by nccid site uncoerce.`;
      throw new ArchiveError('corrupt', words, { cause });
    }
  });
