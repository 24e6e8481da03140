/** What a report says, in words for people: one way for HTML and for plain text. */
import type { BoundedNumbers } from '../../dicom/bounded-values.js';
import type { CodedConcept } from '../../dicom/coded-concepts.js';
import type { ContentItem, OmittedItems } from '../../dicom/content-items.js';
import type { ContentValue, InstanceReference, ReferencedInstance } from '../../dicom/content-values.js';
import type { PersonName } from '../../dicom/person-names.js';
import { STORAGE_SOP_CLASSES } from '../../dicom/sop-classes.js';
import { dateText, dateTimeText, timeText } from './report-times.js';

/** What would hide or move other text: control characters, what turns the direction of writing beyond itself, no characters. */
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;
const LINE_BREAK = /\r\n?|\n\r?|[\u2028\u2029]/g;

const RELATIONSHIPS: ReadonlyMap<string, string> = new Map([
  ['HAS OBS CONTEXT', 'observation context'],
  ['HAS ACQ CONTEXT', 'acquisition context'],
  ['HAS CONCEPT MOD', 'modifier'],
  ['HAS PROPERTIES', 'property'],
  ['INFERRED FROM', 'inferred from'],
  ['SELECTED FROM', 'selected from'],
]);

const VALUE_TYPES: Readonly<Record<ContentValue['type'], string>> = {
  CONTAINER: 'Section',
  TEXT: 'Text',
  CODE: 'Code',
  NUM: 'Measurement',
  PNAME: 'Person',
  DATE: 'Date',
  TIME: 'Time',
  DATETIME: 'Date and time',
  UIDREF: 'UID',
  COMPOSITE: 'Object',
  IMAGE: 'Image',
  WAVEFORM: 'Waveform',
  SCOORD: 'Region',
  SCOORD3D: 'Region in space',
  TCOORD: 'Points in time',
  'BY-REFERENCE': 'Reference',
  OTHER: 'Item',
};

/** Text that shows all that is in it: lines end as here, what could deceive the eye becomes U+FFFD. */
export const visible = (text: string): string => text.replace(LINE_BREAK, '\n').replace(UNSEEN, '\ufffd');

/** The same of a whole text, whose end is its last word. */
export const shown = (text: string): string => visible(text).trimEnd();

/** What a relationship adds to the place of an item; undefined for the plain CONTAINS. PS3.3 Table C.17.3-2 */
export function relationshipWords({ relationship }: ContentItem): string | undefined {
  if (relationship === undefined || relationship === 'CONTAINS') return undefined;
  return RELATIONSHIPS.get(relationship) ?? relationship.toLowerCase();
}

/** What an item is about. */
export const conceptWords = ({ concept, value }: ContentItem): string =>
  (concept && meaningOf(concept)) ?? VALUE_TYPES[value.type];

/** A code in words, or itself where it has none. */
export const meaningOf = ({ meaning, value }: CodedConcept): string => (meaning === '' ? value : meaning);

/** The code itself, to stand behind its meaning: `(T-A7010, SRT)`. */
export const codeOf = ({ value, scheme }: CodedConcept): string =>
  `(${[value, scheme].filter((part) => part !== '').join(', ')})`;

/** `Dr. Ada M. Byron, FRCR (歌子)` */
export function nameWords({ alphabetic, ideographic, phonetic }: PersonName): string {
  const [first, ...others] = [alphabetic, ideographic, phonetic].map(groupWords).filter((words) => words !== '');
  return [first ?? '', ...others.map((words) => `(${words})`)].join(' ').trim();
}

function groupWords(group: string): string {
  const [family = '', given = '', middle = '', prefix = '', ...suffix] = group.split('^').map((part) => part.trim());
  const name = [prefix, given, middle, family].filter((part) => part !== '').join(' ');
  return [name, ...suffix].filter((part) => part !== '').join(', ');
}

/** The value of an item on one line; texts, codes and instances have more to them, and are written by whoever shows them. */
export function valueWords(
  value: Exclude<ContentValue, { type: 'TEXT' | 'CODE' | 'COMPOSITE' | 'IMAGE' | 'WAVEFORM' }>,
): string {
  switch (value.type) {
    case 'CONTAINER':
      return '';
    case 'NUM':
      return measurementWords(value);
    case 'PNAME':
      return value.name === undefined ? '' : nameWords(value.name);
    case 'DATE':
      return dateText(value.text ?? '');
    case 'TIME':
      return timeText(value.text ?? '');
    case 'DATETIME':
      return dateTimeText(value.text ?? '');
    case 'UIDREF':
      return value.text ?? '';
    case 'SCOORD':
      return regionWords(value, 2);
    case 'SCOORD3D':
      return regionWords(value, 3);
    case 'TCOORD':
      return timesWords(value);
    case 'BY-REFERENCE':
      return `item ${value.position}`;
    case 'OTHER':
      return value.valueType === undefined ? 'has no value type' : `of value type ${value.valueType}, not shown here`;
  }
}

/** What kind of instance it is, and which part of it is meant: `CT Image, frames 1, 2`. */
export function instanceWords(instance: ReferencedInstance): string {
  const parts = [
    ['frames', instance.frameNumbers],
    ['segments', instance.segmentNumbers],
    ['channels', instance.waveformChannels],
  ] as const;
  const named = parts.flatMap(([word, list]) => (list.numbers.length === 0 ? [] : [`${word} ${listWords(list)}`]));
  return [classWords(instance), ...named].join(', ');
}

export const classWords = ({ sopClassUID }: InstanceReference): string =>
  STORAGE_SOP_CLASSES.get(sopClassUID)?.replace(/ Storage$/, '') ?? 'Object of an unknown kind';

/** What stands where items are left out. */
export const omissionWords = ({ reason }: OmittedItems): string =>
  reason === 'too deep'
    ? 'What stands below this is nested too deeply to be shown.'
    : 'The report goes on, but has more items than are shown.';

function measurementWords({ number, unit, qualifier }: Extract<ContentValue, { type: 'NUM' }>): string {
  const measured = number === undefined ? [] : [number, ...(unit === undefined ? [] : [unitWords(unit)])];
  const qualified = qualifier === undefined ? [] : [`[${meaningOf(qualifier)}]`];
  return measured.length + qualified.length === 0 ? 'not measured' : [...measured, ...qualified].join(' ');
}

/** The code of a unit is how it is written, and its meaning what it is called: `cm (centimeter)`. PS3.16 CID 82 */
function unitWords({ value, meaning }: CodedConcept): string {
  // What stands in braces only explains, and `1` is no unit at all. UCUM §6, §9
  if (meaning !== '' && (value === '1' || value.startsWith('{'))) return meaning;
  return meaning === '' || meaning === value ? value : `${value} (${meaning})`;
}

function regionWords(
  { graphicType, coordinates, frameOfReferenceUID }: Extract<ContentValue, { type: 'SCOORD' | 'SCOORD3D' }>,
  dimensions: number,
): string {
  const points: string[] = [];
  for (let at = 0; at + dimensions <= coordinates.numbers.length; at += dimensions) {
    points.push(
      `(${coordinates.numbers
        .slice(at, at + dimensions)
        .map(rounded)
        .join(', ')})`,
    );
  }
  const more = coordinates.isCut ? ['…'] : [];
  const frame = frameOfReferenceUID === undefined ? [] : [`in frame of reference ${frameOfReferenceUID}`];
  return [graphicType?.toLowerCase() ?? 'region', ...points, ...more, ...frame].join(' ');
}

/** They are stored in 32 bits: more digits than these mean nothing. */
const rounded = (value: number): string => String(Number(value.toPrecision(7)));

function timesWords(value: Extract<ContentValue, { type: 'TCOORD' }>): string {
  const parts = [
    value.rangeType?.toLowerCase(),
    value.samplePositions.numbers.length > 0 ? `samples ${listWords(value.samplePositions)}` : undefined,
    value.timeOffsets.numbers.length > 0 ? `seconds ${listWords(value.timeOffsets)}` : undefined,
    value.dateTimes.length > 0 ? value.dateTimes.map(dateTimeText).join(', ') : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

const listWords = ({ numbers, isCut }: BoundedNumbers): string => `${numbers.join(', ')}${isCut ? ' …' : ''}`;
