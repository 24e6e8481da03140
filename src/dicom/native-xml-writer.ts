/**
 * Writes the Native DICOM Model: one XML document for each instance that its sink is told. Private attributes are named by
 * their Private Creator instead of their block; one that no creator claims keeps its tag. PS3.19 §A.1
 */
import type { AttributeSink, SentAttribute, SentValue } from './attribute-sink.js';
import { type Tag, tagText } from './data-set.js';
import { findDictionaryEntry } from './dictionary.js';
import type { FailureReason } from './failure-reasons.js';
import type { PersonName } from './person-names.js';
import { isPrivateCreator, isPrivateTag, PrivateBlocks } from './private-blocks.js';
import type { VR } from './vr.js';
import { xmlText } from './xml-text.js';

export const NATIVE_XML_NAMESPACE = 'http://dicom.nema.org/PS3.19/models/NativeDICOM';

const DOCUMENT_START =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  `<NativeDicomModel xmlns="${NATIVE_XML_NAMESPACE}" xml:space="preserve">`;
const DOCUMENT_END = '</NativeDicomModel>\n';

/** The components of a name, in their order; what follows a fifth one, unlawfully, stays with it. PS3.5 §6.2.1.1 */
export const NAME_COMPONENTS = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'] as const;

const FLOAT_VRS: ReadonlySet<VR> = new Set<VR>(['FL', 'FD']);
/** As XML Schema spells them. */
const NOT_FINITE: ReadonlyMap<string, string> = new Map([
  ['Infinity', 'INF'],
  ['-Infinity', '-INF'],
]);

interface OpenDataSet {
  readonly blocks: PrivateBlocks;
}

export class NativeXMLWriter implements AttributeSink {
  #text: string[] = [];
  readonly #dataSets: OpenDataSet[] = [];
  /** Of each open attribute, innermost last. */
  readonly #attributes: { readonly tag: Tag; readonly vr: VR; valueCount: number }[] = [];

  /** Take what has been written so far; the next call goes on from there. */
  take(): string {
    const text = this.#text.join('');
    this.#text = [];
    return text;
  }

  openInstance(): void {
    this.#text.push(DOCUMENT_START);
    this.#openDataSet();
  }

  closeInstance(): void {
    this.#dataSets.pop();
    this.#text.push(DOCUMENT_END);
  }

  openAttribute({ tag, vr }: SentAttribute): void {
    const creator = isPrivateTag(tag) ? this.#dataSets.at(-1)?.blocks.creatorOf(tag) : undefined;
    const keyword = findDictionaryEntry(tag)?.keyword ?? '';
    const named = creator === undefined ? tag : (tag & 0xffff00ff) >>> 0;
    this.#text.push(
      `<DicomAttribute tag="${tagText(named)}" vr="${vr}"`,
      keyword === '' ? '' : ` keyword="${keyword}"`,
      creator === undefined ? '' : ` privateCreator="${xmlText(creator)}"`,
      '>',
    );
    this.#attributes.push({ tag, vr, valueCount: 0 });
  }

  closeAttribute(): void {
    this.#attributes.pop();
    this.#text.push('</DicomAttribute>');
  }

  value(value: SentValue): void {
    const attribute = this.#attributes.at(-1);
    if (attribute === undefined) throw new Error('A value is that of an attribute.');
    attribute.valueCount += 1;
    const number = attribute.valueCount;
    if (attribute.vr === 'PN') {
      this.#name(number, value);
      return;
    }
    const text = textOf(value);
    if (number === 1 && isPrivateCreator(attribute.tag)) this.#dataSets.at(-1)?.blocks.claim(attribute.tag, text);
    const written = FLOAT_VRS.has(attribute.vr) ? (NOT_FINITE.get(text) ?? text) : xmlText(text);
    this.#text.push(written === '' ? `<Value number="${number}"/>` : `<Value number="${number}">${written}</Value>`);
  }

  inlineBinary(base64: string): void {
    this.#text.push('<InlineBinary>', base64, '</InlineBinary>');
  }

  bulkdata(uri: string): void {
    this.#text.push(`<BulkData uri="${xmlText(uri)}"/>`);
  }

  openItem(): void {
    const attribute = this.#attributes.at(-1);
    if (attribute === undefined) throw new Error('An item is that of a sequence.');
    attribute.valueCount += 1;
    this.#text.push(`<Item number="${attribute.valueCount}">`);
    this.#openDataSet();
  }

  closeItem(): void {
    this.#dataSets.pop();
    this.#text.push('</Item>');
  }

  /** What is written here has been read by this product before. */
  refuse(_reason: FailureReason, explanation: string): never {
    throw new Error(`Metadata that the archive keeps is no DICOM JSON: ${explanation}`);
  }

  #openDataSet(): void {
    this.#dataSets.push({ blocks: new PrivateBlocks() });
  }

  #name(number: number, value: SentValue): void {
    this.#text.push(`<PersonName number="${number}">`);
    if (isPersonName(value)) {
      this.#group('Alphabetic', value.alphabetic);
      this.#group('Ideographic', value.ideographic);
      this.#group('Phonetic', value.phonetic);
    }
    this.#text.push('</PersonName>');
  }

  #group(element: string, group: string): void {
    if (group === '') return;
    this.#text.push(`<${element}>`);
    for (const [i, component] of componentsOf(group).entries()) {
      const name = NAME_COMPONENTS[i];
      if (component !== '') this.#text.push(`<${name}>`, xmlText(component), `</${name}>`);
    }
    this.#text.push(`</${element}>`);
  }
}

const isPersonName = (value: SentValue): value is PersonName =>
  typeof value === 'object' && value !== null && 'alphabetic' in value;

function textOf(value: SentValue): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  return 'literal' in value ? value.literal : '';
}

function componentsOf(group: string): readonly string[] {
  const components = group.split('^');
  const last = NAME_COMPONENTS.length - 1;
  return [...components.slice(0, last), components.slice(last).join('^')];
}
