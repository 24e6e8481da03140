/** The Native DICOM Model: read strictly, and written for storing. PS3.19 §A.1 */
import type { DataSet, Element } from './data-set.js';
import { type JSONDataSet, type JSONElement, writeDICOMJSON } from './dicom-json.js';
import { keywordOf } from './dictionary.js';
import { escapeXML, readXML, type XMLElement } from './xml.js';

const NATIVE_MODEL_NAMESPACE = 'http://dicom.nema.org/PS3.19/models/NativeDICOM';

const NUMBERED = new Set(['Value', 'PersonName', 'Item']);
const CONTENT = new Set(['Value', 'PersonName', 'Item', 'BulkData', 'InlineBinary']);
const GROUPS = new Set(['Alphabetic', 'Ideographic', 'Phonetic']);
const COMPONENTS = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'];

export interface NativeDocument {
  /** As DICOM JSON: values are text, tags of private elements are those of the document. */
  readonly dataSet: JSONDataSet;
  /** What breaks the model. */
  readonly faults: readonly string[];
}

/** @throws Error when the bytes are no XML */
export function readNativeModel(bytes: Buffer): NativeDocument {
  const root = readXML(bytes);
  const faults: string[] = [];
  if (root.name !== 'NativeDicomModel') faults.push(`the root element is ${root.name}`);
  if (root.namespace !== NATIVE_MODEL_NAMESPACE) faults.push(`the namespace is ${JSON.stringify(root.namespace)}`);
  if (root.attributes.get('xml:space') !== 'preserve') faults.push('the root element has no xml:space="preserve"');
  return { dataSet: readAttributes(root, faults), faults };
}

function readAttributes(parent: XMLElement, faults: string[]): JSONDataSet {
  const set: Record<string, JSONElement> = {};
  for (const child of parent.children) {
    const tag = child.attributes.get('tag') ?? '';
    if (child.name !== 'DicomAttribute') faults.push(`${child.name} stands among the attributes`);
    if (!/^[0-9A-F]{8}$/.test(tag)) faults.push(`tag=${JSON.stringify(tag)} is not 8 upper-case digits`);
    if (tag.endsWith('0000') || tag.startsWith('0002')) faults.push(`${tag} does not belong in the model`);
    checkNames(child, tag, faults);
    const key = set[tag] === undefined ? tag : `${tag} ${child.attributes.get('privateCreator')}`;
    set[key] = readAttribute(child, tag, faults);
  }
  return set;
}

function checkNames(child: XMLElement, tag: string, faults: string[]): void {
  const isPrivate = Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
  const keyword = child.attributes.get('keyword');
  const known = keywordOf(tag);
  if (known !== undefined && keyword !== known) faults.push(`${tag} has keyword ${keyword} instead of ${known}`);
  const isCreator =
    isPrivate &&
    /^00/.test(tag.slice(4)) &&
    Number.parseInt(tag.slice(6), 16) >= 0x10 &&
    !child.attributes.has('privateCreator');
  if (!isPrivate && child.attributes.has('privateCreator'))
    faults.push(`${tag} is not private, but has a privateCreator`);
  if (isPrivate && !isCreator && !child.attributes.has('privateCreator')) faults.push(`${tag} has no privateCreator`);
}

function readAttribute(child: XMLElement, tag: string, faults: string[]): JSONElement {
  const vr = child.attributes.get('vr') ?? '';
  if (!/^[A-Z]{2}$/.test(vr)) faults.push(`${tag} has vr ${JSON.stringify(vr)}`);
  const kinds = new Set(child.children.map(({ name }) => name));
  if (kinds.size > 1) faults.push(`${tag} holds ${[...kinds].join(' and ')}`);
  for (const [i, one] of child.children.entries()) {
    if (!CONTENT.has(one.name)) faults.push(`${tag} holds a ${one.name}`);
    if (one.namespace !== NATIVE_MODEL_NAMESPACE) faults.push(`${one.name} of ${tag} is in another namespace`);
    const number = one.attributes.get('number');
    if (NUMBERED.has(one.name) && !/^[1-9]\d*$/.test(number ?? ''))
      faults.push(`${one.name} of ${tag} has number ${number}`);
    if (NUMBERED.has(one.name) && Number(number) !== i + 1)
      faults.push(`${one.name} ${i + 1} of ${tag} has number ${number}`);
  }
  const [first] = child.children;
  if (first === undefined) return { vr };
  if (first.name === 'BulkData') {
    const uri = first.attributes.get('uri') ?? first.attributes.get('uuid');
    if (uri === undefined) faults.push(`BulkData of ${tag} has neither uri nor uuid`);
    return { vr, BulkDataURI: uri ?? '' };
  }
  if (first.name === 'InlineBinary') return { vr, InlineBinary: first.text.trim() };
  return { vr, Value: child.children.map((one) => readValue(one, tag, faults)) };
}

function readValue(one: XMLElement, tag: string, faults: string[]): unknown {
  if (one.name === 'Item') return readAttributes(one, faults);
  if (one.name === 'Value') return one.text === '' ? null : one.text;
  const groups = one.children.map((group): [string, string] => {
    if (!GROUPS.has(group.name)) faults.push(`PersonName of ${tag} holds a ${group.name}`);
    const parts = COMPONENTS.map((name) => group.children.find((child) => child.name === name)?.text ?? '');
    return [group.name, parts.join('^').replace(/\^+$/, '')];
  });
  return groups.length === 0 ? null : Object.fromEntries(groups);
}

/** The data set as a document to store; values of tags in `bulk` are referred to by that URI. */
export function writeNativeModel(elements: DataSet, bulk: Readonly<Record<string, string>> = {}): string {
  const body = writeAttributes(elements, bulk);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xmlns="${NATIVE_MODEL_NAMESPACE}" xml:space="preserve">${body}</NativeDicomModel>`;
}

function writeAttributes(elements: DataSet, bulk: Readonly<Record<string, string>>): string {
  const sorted = [...elements].sort((a, b) => (a.tag < b.tag ? -1 : 1));
  return sorted.map((one) => writeAttribute(one, sorted, bulk[one.tag])).join('');
}

function writeAttribute(one: Element, siblings: DataSet, uri: string | undefined): string {
  const keyword = keywordOf(one.tag);
  const block = Number.parseInt(one.tag.slice(0, 4), 16) % 2 === 1 ? one.tag.slice(4, 6) : '00';
  const creator = block === '00' ? undefined : siblings.find(({ tag }) => tag === `${one.tag.slice(0, 4)}00${block}`);
  const names = [
    `tag="${creator === undefined ? one.tag : `${one.tag.slice(0, 4)}00${one.tag.slice(6)}`}"`,
    `vr="${one.vr}"`,
    ...(keyword === undefined ? [] : [`keyword="${keyword}"`]),
    ...(creator === undefined ? [] : [`privateCreator="${escapeXML(String(creator.value))}"`]),
  ];
  return `<DicomAttribute ${names.join(' ')}>${writeContent(one, uri)}</DicomAttribute>`;
}

function writeContent(one: Element, uri: string | undefined): string {
  if (uri !== undefined) return `<BulkData uri="${escapeXML(uri)}"/>`;
  if (typeof one.value === 'object' && 'items' in one.value) {
    return one.value.items.map((item, i) => `<Item number="${i + 1}">${writeAttributes(item, {})}</Item>`).join('');
  }
  const { Value = [], InlineBinary } = writeDICOMJSON([one])[one.tag] ?? {};
  if (typeof InlineBinary === 'string') return `<InlineBinary>${InlineBinary}</InlineBinary>`;
  return Value.map((value, i) => writeValue(one.vr, value, i + 1)).join('');
}

function writeValue(vr: string, value: unknown, number: number): string {
  if (value === null) return `<${vr === 'PN' ? 'PersonName' : 'Value'} number="${number}"/>`;
  if (typeof value !== 'object') return `<Value number="${number}">${escapeXML(String(value))}</Value>`;
  const groups = Object.entries(value).map(([group, text]) => {
    const parts = String(text).split('^');
    const components = COMPONENTS.flatMap((name, i) => (parts[i] ? [`<${name}>${escapeXML(parts[i])}</${name}>`] : []));
    return `<${group}>${components.join('')}</${group}>`;
  });
  return `<PersonName number="${number}">${groups.join('')}</PersonName>`;
}
