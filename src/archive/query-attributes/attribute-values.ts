/** The values of added attributes in an instance, taken from its metadata as they were finished when it was stored. */
import { createInflateRaw, inflateRawSync } from 'node:zlib';
import { blocklessText } from '../../dicom/attribute-paths.js';
import { TAG } from '../../dicom/attributes.js';
import { type Tag, tagText } from '../../dicom/data-set.js';
import { INSTANCE_URL_MARK } from '../../dicom/dicom-json.js';
import { JSONMembers } from '../../dicom/json-members.js';
import { personNameKeys } from '../../dicom/matching-names.js';
import { normaliseValue } from '../../dicom/matching-values.js';
import { inBlock, privateBlockOf, privateCreatorTag, reservedBlockOf } from '../../dicom/private-blocks.js';
import { MAX_SEARCHED_BYTES } from '../admission.js';
import type { QueryAttribute } from './query-attribute.js';

/** One value, or one item without any. */
export interface AttributeValueRow {
  readonly attribute_id: number;
  /** 0, 1, … of one attribute in one series or instance. */
  readonly position: number;
  /** Which item of the innermost sequence it stands in, from 0. */
  readonly item: number;
  /** Component group of a name: 0 alphabetic, 1 ideographic, 2 phonetic. */
  readonly part: number;
  /** As it is searched; null where there is none. */
  readonly value: string | null;
  /** At position 0 the element of the data set as it is answered, DICOM JSON; null when it is too long for that. */
  readonly element: string | null;
}

interface JSONElement {
  readonly vr?: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
}
type JSONItem = Readonly<Record<string, JSONElement | undefined>>;

/** Values of an added attribute that are matched. */
export const MAX_VALUES = 64;
/** Of an element that is looked into. */
const MAX_ELEMENT_BYTES = 64 * 1024;
/** Of an added attribute in JSON, beyond which it is not answered. */
export const MAX_ANSWERED_BYTES = 4 * 1024;
/** Metadata of so many bytes, deflated, are inflated on the spot. */
const INFLATED_AT_ONCE = 8 * 1024;
const PIECE_BYTES = 64 * 1024;

/**
 * The rows of an instance for these attributes.
 * @param metadata DICOM JSON, raw deflated, as the index keeps it
 */
export async function attributeValues(
  metadata: Buffer,
  attributes: readonly QueryAttribute[],
): Promise<readonly AttributeValueRow[]> {
  const members = new JSONMembers(wanted(attributes), MAX_ELEMENT_BYTES);
  for await (const piece of inflated(metadata)) members.write(piece);
  const timezone = firstText(elementIn(members.found.get(tagText(TAG.TimezoneOffsetFromUTC))));
  return attributes.flatMap((attribute) => rowsOf(attribute, members.found, timezone));
}

/** Metadata as the index keeps them, piece by piece. */
export async function* inflated(metadata: Buffer): AsyncGenerator<Buffer> {
  if (metadata.length <= INFLATED_AT_ONCE) {
    const text = inflateRawSync(metadata);
    // One that turns out to be long gives others their turn, too.
    for (let at = 0; at < text.length; at += PIECE_BYTES) yield text.subarray(at, at + PIECE_BYTES);
    return;
  }
  const inflating = createInflateRaw({ chunkSize: PIECE_BYTES });
  inflating.end(metadata);
  for await (const piece of inflating) yield piece;
}

/** The attributes themselves, or whatever may be theirs: of a private one every block, and every Private Creator. */
function wanted(attributes: readonly QueryAttribute[]): (tag: string) => boolean {
  const names = new Set([tagText(TAG.TimezoneOffsetFromUTC)]);
  const blockless = new Set<string>();
  const groups = new Set<number>();
  for (const { path, creator } of attributes) {
    const [outer] = path;
    if (outer === undefined) continue;
    if (creator === undefined) names.add(tagText(outer));
    else {
      blockless.add(blocklessText(outer));
      groups.add(outer >>> 16);
    }
  }
  return (text) => {
    if (names.has(text)) return true;
    if (groups.size === 0) return false;
    const tag = Number.parseInt(text, 16);
    if (!groups.has(tag >>> 16)) return false;
    return (
      reservedBlockOf(tag) !== undefined || (privateBlockOf(tag) !== undefined && blockless.has(blocklessText(tag)))
    );
  };
}

function rowsOf(
  attribute: QueryAttribute,
  members: ReadonlyMap<string, string>,
  timezone: string | undefined,
): readonly AttributeValueRow[] {
  const [outer, ...inner] = attribute.path;
  const tag = outer === undefined ? undefined : tagIn(members, outer, attribute.creator);
  const text = tag === undefined ? undefined : members.get(tagText(tag));
  if (text === undefined) return [];
  const element = elementIn(text);
  const values =
    inner.length === 0
      ? [valuesOf(element, attribute)]
      : itemsOf(element, inner).map((item) => valuesOf(item, attribute));
  const rows = values.flatMap((own, item) => rowsOfItem(own, attribute, item, timezone)).slice(0, MAX_VALUES);
  return rows.map((row, position) => ({
    ...row,
    attribute_id: attribute.id,
    position,
    element: position === 0 ? answered(text) : null,
  }));
}

/** Where the attribute stands in this data set: a private one in the block that its creator has reserved. PS3.5 §7.8.1 */
function tagIn(members: ReadonlyMap<string, string>, tag: Tag, creator: string | undefined): Tag | undefined {
  if (creator === undefined) return tag;
  for (const [name, text] of members) {
    const reserved = reservedBlockOf(Number.parseInt(name, 16));
    if (reserved?.group !== tag >>> 16 || firstText(elementIn(text)) !== creator) continue;
    const own = inBlock(tag, reserved.block);
    if (privateCreatorTag(reserved) !== own && members.has(tagText(own))) return own;
  }
  return undefined;
}

/** The elements of the leaf in every item of the innermost sequence; undefined for an item that has none. */
function itemsOf(sequence: JSONElement, [next, ...rest]: readonly Tag[]): readonly (JSONElement | undefined)[] {
  if (next === undefined) return [];
  const items = (sequence.Value ?? []).filter(isItem);
  const elements = items.map((item) => item[tagText(next)]);
  return rest.length === 0 ? elements : elements.flatMap((element) => itemsOf(element ?? {}, rest));
}

function valuesOf(element: JSONElement | undefined, { vr }: QueryAttribute): readonly string[] {
  if (element?.InlineBinary !== undefined && element.vr === 'UN') return textsOfUnknown(element.InlineBinary);
  return (element?.Value ?? []).flatMap((value) => (vr === 'PN' ? (nameOf(value) ?? []) : (scalarOf(value) ?? [])));
}

/** A private attribute whose VR was lost: its text as far as it is in the default repertoire. PS3.5 §6.2.2 */
function textsOfUnknown(base64: string): readonly string[] {
  const text = Buffer.from(base64, 'base64')
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
  return /^[\u0020-\u007e]*$/.test(text) ? text.split('\\') : [];
}

const scalarOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

function nameOf(value: unknown): string | undefined {
  if (!isItem(value)) return scalarOf(value);
  const { Alphabetic = '', Ideographic = '', Phonetic = '' }: Readonly<Record<string, unknown>> = value;
  return [Alphabetic, Ideographic, Phonetic].join('=');
}

type ValueOfItem = Pick<AttributeValueRow, 'item' | 'part' | 'value'>;

function rowsOfItem(
  values: readonly string[],
  { vr }: QueryAttribute,
  item: number,
  timezone: string | undefined,
): readonly ValueOfItem[] {
  const searched = values.filter((value) => Buffer.byteLength(value) <= MAX_SEARCHED_BYTES && !value.includes('\0'));
  const rows =
    vr === 'PN'
      ? searched.flatMap((value) =>
          Object.values(personNameKeys(value)).map((key, part) => ({ item, part, value: key || null })),
        )
      : searched.map((value) => ({ item, part: 0, value: normaliseValue(vr, value, timezone) ?? null }));
  const known = rows.filter(({ value }) => value !== null);
  return known.length > 0 ? known : [{ item, part: 0, value: null }];
}

/** As it is answered: whole in itself, never with a reference to bulkdata, and not without end. */
const answered = (text: string): string | null =>
  Buffer.byteLength(text) > MAX_ANSWERED_BYTES || text.includes(INSTANCE_URL_MARK) || text.includes('\\u0000')
    ? null
    : text;

/** The mark where the URL of an instance belongs is no lawful character of JSON. */
function elementIn(text = '{}'): JSONElement {
  return JSON.parse(text.replaceAll(INSTANCE_URL_MARK, ''));
}

const firstText = ({ Value = [] }: JSONElement): string | undefined => scalarOf(Value[0]);

const isItem = (value: unknown): value is JSONItem => typeof value === 'object' && value !== null;
