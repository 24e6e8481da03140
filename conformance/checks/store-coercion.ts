/** PS3.18 §10.5.2, PS3.3 §C.12.1.1.9: what a server changes in a data set on its way in, and how it tells of it. */
import { type Check, check, instanceURL, JSON_TYPE, type Trial, told } from '../check.js';
import { dataSet, type PlainValue } from '../dicom/data-set.js';
import {
  firstOf,
  itemsOf,
  type JSONDataSet,
  type JSONElement,
  readDataSets,
  writeDICOMJSON,
} from '../dicom/dicom-json.js';
import { named, tagOf } from '../dicom/dictionary.js';
import type { Fixture } from '../fixtures/fixture.js';
import { freshImage, hex, moduleIn, sendFiles, warnedIn } from './storing.js';

/** Values that a server may want to set right, whoever sends them. */
const ODD: Readonly<Record<string, PlainValue>> = { PatientID: ' padded id ', PatientSex: 'o' };

/** What somebody else says he has changed before. */
const EARLIER = dataSet({
  ModifiedAttributesSequence: [dataSet({ StudyDescription: 'BEFORE' })],
  AttributeModificationDateTime: '20200102101500',
  ModifyingSystem: 'EARLIER SYSTEM',
  SourceOfPreviousValues: '',
  ReasonForTheAttributeModification: 'CORRECT',
});

/** What tells of changes or of encoding, and is none itself. */
const TELLING: ReadonlySet<string> = new Set(
  ['OriginalAttributesSequence', 'InstanceCoercionDateTime', 'SpecificCharacterSet'].map(tagOf),
);
const BINARY: ReadonlySet<unknown> = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);

export const STORE_COERCION_CHECKS: readonly Check[] = [
  check('SW-21', 'M', '10.5.2', 'what was changed in a data set is told in it', async (t) => {
    t.stores();
    const isCoercing = t.session.client.tokens.coerced !== undefined;
    const attributes = isCoercing ? {} : ODD;
    await judge(t, freshImage(t, attributes), 0);
    await judge(t, freshImage(t, { ...attributes, OriginalAttributesSequence: [EARLIER] }), 1);
  }),
];

/** @param earlier how many items of Original Attributes Sequence it has when it is sent */
async function judge(t: Trial, image: Fixture, earlier: number): Promise<void> {
  const isCoercing = t.session.client.tokens.coerced !== undefined;
  const answer = await sendFiles(t, [image.file], '/studies', { as: isCoercing ? 'coerced' : 'storer' });
  if (![200, 202].includes(answer.status)) t.skip(`the instance was not stored (${answer.status})`);
  const module = moduleIn(answer);
  const [stored] = readDataSets((await t.got(`${instanceURL(image)}/metadata`, JSON_TYPE)).body);
  const sent = writeDICOMJSON(image.elements);
  const changed = changedTags(sent, stored ?? {});
  if (changed.length === 0) t.skip(isCoercing ? 'nothing was changed' : 'nothing was changed; no --coercing-token');
  t.equal(warnedIn(module).map(hex), ['B000H'], 'Warning Reason');
  t.status(answer, 202);
  const items = itemsOf(stored, 'OriginalAttributesSequence');
  t.expect(items.length > earlier, `more than ${earlier} items of OriginalAttributesSequence`, `${items.length}`);
  const kept = items.slice(0, earlier).map((item) => firstOf(item, 'ModifyingSystem'));
  t.equal(
    kept,
    kept.map(() => 'EARLIER SYSTEM'),
    'items that were there before',
  );
  t.none(items.slice(earlier).flatMap(itemFaults), 'items of Table C.12.1.1.9-1');
  t.none(
    changed.flatMap((tag) => priorFaults(tag, sent[tag], items.slice(earlier))),
    'each attribute as it was in the Modified Attributes Sequence',
  );
}

/** The attributes that are others than they were sent. */
function changedTags(sent: JSONDataSet, stored: JSONDataSet): readonly string[] {
  const tags = [...new Set([...Object.keys(sent), ...Object.keys(stored)])].filter((tag) => !TELLING.has(tag));
  const isBulk = (tag: string): boolean => BINARY.has(sent[tag]?.vr) || BINARY.has(stored[tag]?.vr);
  return tags.filter((tag) => !isBulk(tag) && textOf(sent[tag]) !== textOf(stored[tag]));
}

/** The values of an element in one text: numbers as text, for either is lawful; nothing for none. */
function textOf(element: JSONElement | undefined): string {
  const values = element?.Value ?? [];
  return values.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value).trim())).join('\\');
}

function itemFaults(item: JSONDataSet): readonly string[] {
  const faults: string[] = [];
  if (itemsOf(item, 'ModifiedAttributesSequence').length !== 1) faults.push('not one item of what was modified');
  if (!/^\d{14}/.test(firstOf(item, 'AttributeModificationDateTime') ?? '')) faults.push('no time of the modification');
  if (firstOf(item, 'ModifyingSystem') === undefined) faults.push('no Modifying System');
  if (item[tagOf('SourceOfPreviousValues')] === undefined) faults.push('no Source of Previous Values');
  const reason = firstOf(item, 'ReasonForTheAttributeModification');
  if (reason === undefined || !['COERCE', 'CORRECT'].includes(reason))
    faults.push(`the reason ${told(reason ?? 'none')}`);
  return faults;
}

/** What was absent or empty may be there with no value, or not be there. */
function priorFaults(tag: string, sent: JSONElement | undefined, items: readonly JSONDataSet[]): readonly string[] {
  const priors = items.flatMap((item) => itemsOf(item, 'ModifiedAttributesSequence')).map((modified) => modified[tag]);
  const prior = priors.find((one) => one !== undefined);
  if (textOf(prior) === textOf(sent)) return [];
  const isNonconforming = items.some((item) =>
    itemsOf(item, 'NonconformingModifiedAttributesSequence').some((one) => firstOf(one, 'SelectorAttribute') === tag),
  );
  if (isNonconforming && prior !== undefined && textOf(prior) === '') return [];
  return [`${named(tag)} was ${told(textOf(sent))}, and is told to have been ${told(textOf(prior))}`];
}
