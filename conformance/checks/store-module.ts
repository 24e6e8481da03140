/** The Store Instances Response Module. PS3.18 Table I.1-1 */
import type { JSONDataSet, JSONElement } from '../dicom/dicom-json.js';

const KNOWN_AT_TOP = new Set(['00081190', '00081196', '00081198', '00081199', '0008119A', '00080005', '04000561']);
const NOT_IN_ITEMS = ['00080016', '00080018'];

/** What breaks the module, for people to read. */
export function moduleFaults(module: JSONDataSet): readonly string[] {
  const strangers = Object.keys(module).filter(
    (tag) => !KNOWN_AT_TOP.has(tag) && Number.parseInt(tag.slice(0, 4), 16) % 2 === 0,
  );
  return [
    ...strangers.map((tag) => `${tag} does not belong in the module`),
    ...needs(module, '00081190', 'UR', 'the module'),
    ...itemsOf(module, '00081199').flatMap((item) => [
      ...both(item, 'ReferencedSOPSequence'),
      ...needs(item, '00081190', 'UR', 'ReferencedSOPSequence'),
      ...(item['00081196'] === undefined ? [] : needs(item, '00081196', 'US', 'ReferencedSOPSequence', true)),
    ]),
    ...itemsOf(module, '00081198').flatMap((item) => [
      ...both(item, 'FailedSOPSequence'),
      ...needs(item, '00081197', 'US', 'FailedSOPSequence', true),
    ]),
    ...itemsOf(module, '0008119A').flatMap((item) => needs(item, '00081197', 'US', 'OtherFailuresSequence', true)),
    ...['00081198', '00081199', '0008119A'].flatMap((tag) => empty(module, tag)),
  ];
}

const itemsOf = (module: JSONDataSet, tag: string): readonly JSONDataSet[] =>
  (module[tag]?.Value ?? []) as JSONDataSet[];

const both = (item: JSONDataSet, where: string): readonly string[] => [
  ...needs(item, '00081150', 'UI', where),
  ...needs(item, '00081155', 'UI', where, true),
  ...NOT_IN_ITEMS.filter((tag) => item[tag] !== undefined).map((tag) => `${tag} in ${where}`),
];

function needs(item: JSONDataSet, tag: string, vr: string, where: string, hasValue = false): readonly string[] {
  const element: JSONElement | undefined = item[tag];
  if (element === undefined) return [`${where} has no ${tag}`];
  if (element.vr !== vr) return [`${tag} in ${where} has VR ${String(element.vr)} instead of ${vr}`];
  const [value] = element.Value ?? [];
  if (hasValue && value === undefined) return [`${tag} in ${where} is empty`];
  return vr === 'US' && typeof value !== 'number' ? [`${tag} in ${where} is no number: ${JSON.stringify(value)}`] : [];
}

const empty = (module: JSONDataSet, tag: string): readonly string[] =>
  module[tag] !== undefined && itemsOf(module, tag).length === 0 ? [`${tag} is there without an item`] : [];
