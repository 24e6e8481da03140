/**
 * Makes data sets of what JSON or XML tells: Unicode text, little endian numbers. What is wrong with an instance refuses it
 * and no other, and is the first of its faults; what it may ask of memory is what a Part 10 file may. PS3.18 §10.5.1.4
 */
import type { AttributeSink, SentAttribute, SentValue } from './attribute-sink.js';
import { REFERABLE_VRS } from './dicom-json.js';
import { INLINE_BINARY_VRS } from './dicom-json-values.js';
import {
  cannotUnderstand,
  FAILURE_REASON,
  type FailureReason,
  InvalidInstance,
  outOfResources,
} from './failure-reasons.js';
import { PART10_LIMITS, Part10Tally } from './part10-limits.js';
import type { SentDataSet, SentElement, SentInstance } from './sent-data-set.js';
import { SentElements } from './sent-elements.js';
import { type ValueWriter, valueWriter } from './value-writer.js';
import { CHARACTER_SET_VRS } from './vr.js';

const COMMAND_GROUP = 0x0000;
const FILE_META_GROUP = 0x0002;
const DELIMITER_GROUP = 0xfffe;
/** With white space between, as some write it. */
const BASE64_DIGITS = /^[A-Za-z0-9+/\s]*$/;
const SPACE = 0x20;
const BASE64_PADDING = /^\s*(?:=\s*){0,2}$/;
const BEYOND_ASCII = /[^\u0000-\u007f]/;
/** The reason that says so of an instance. */
const TOO_MUCH = FAILURE_REASON.outOfResources;
/** After so many values that can not be kept the rest of an instance is not looked at: who it is stands at its beginning. */
const MOST_FAULTS = 10;

interface OpenAttribute {
  readonly attribute: SentAttribute;
  readonly items: SentDataSet[];
  values: ValueWriter | undefined;
  bytes: Buffer | undefined;
  uri: string | undefined;
}

export class SentInstances implements AttributeSink {
  #finished: SentInstance[] = [];
  #tally = new Part10Tally(PART10_LIMITS);
  #heldCharacters = 0;
  #failure: InvalidInstance | undefined;
  #faultCount = 0;
  /** Nothing more is kept of the instance. */
  #isGivenUp = false;
  #isBeyondASCII = false;
  readonly #dataSets: SentElements[] = [];
  readonly #attributes: OpenAttribute[] = [];

  /** Take the instances that have come whole since it was last asked. */
  take(): readonly SentInstance[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  openInstance(): void {
    this.#tally = new Part10Tally(PART10_LIMITS);
    this.#heldCharacters = 0;
    this.#failure = undefined;
    this.#faultCount = 0;
    this.#isGivenUp = false;
    this.#isBeyondASCII = false;
    this.#dataSets.push(new SentElements());
  }

  closeInstance(): void {
    const elements = this.#dataSets.pop();
    if (this.#isBeyondASCII) elements?.markUnicode();
    const dataSet = this.#finish(elements);
    this.#finished.push({ dataSet, failure: this.#failure });
  }

  openAttribute(attribute: SentAttribute): void {
    if (!this.#isGivenUp) this.#attempt(() => this.#tally.countElement());
    this.#attributes.push({ attribute, items: [], values: undefined, bytes: undefined, uri: undefined });
  }

  closeAttribute(): void {
    const open = this.#attributes.pop();
    if (open === undefined || this.#isGivenUp) return;
    this.#attempt(() => {
      const element = elementOf(open);
      const elements = this.#dataSets.at(-1);
      const { privateCreator } = open.attribute;
      if (!belongsInDataSet(open.attribute)) return;
      if (privateCreator === undefined) elements?.add(element);
      else elements?.addOf(privateCreator, element);
    });
  }

  value(value: SentValue): void {
    const open = this.#attributes.at(-1);
    if (open === undefined || this.#isGivenUp) return;
    this.#attempt(() => {
      const { vr } = open.attribute;
      this.#hold(value, CHARACTER_SET_VRS.has(vr));
      open.values ??= valueWriter(vr);
      open.values.add(value);
    });
  }

  inlineBinary(base64: string): void {
    const open = this.#attributes.at(-1);
    if (open === undefined || this.#isGivenUp) return;
    this.#attempt(() => {
      this.#holdCharacters(base64.length);
      if (!INLINE_BINARY_VRS.has(open.attribute.vr)) {
        throw cannotUnderstand(`An attribute of VR ${open.attribute.vr} has an InlineBinary.`);
      }
      open.bytes = bytesOf(base64);
    });
  }

  bulkdata(uri: string): void {
    const open = this.#attributes.at(-1);
    if (open === undefined || this.#isGivenUp) return;
    this.#attempt(() => {
      this.#holdCharacters(uri.length);
      const { vr } = open.attribute;
      if (!INLINE_BINARY_VRS.has(vr) && !REFERABLE_VRS.has(vr)) {
        throw cannotUnderstand(`An attribute of VR ${vr} has a BulkDataURI.`);
      }
      open.uri = uri;
    });
  }

  openItem(): void {
    if (!this.#isGivenUp) this.#attempt(() => this.#tally.countItem());
    this.#dataSets.push(new SentElements());
  }

  closeItem(): void {
    const item = this.#finish(this.#dataSets.pop());
    if (!this.#isGivenUp) this.#attributes.at(-1)?.items.push(item);
  }

  refuse(reason: FailureReason, explanation: string): void {
    this.#failure ??= new InvalidInstance(reason, explanation);
  }

  /** Text of UTF-8 takes up to three bytes a character; that is judged when the instance is read. */
  #hold(value: SentValue, isInCharacterSet: boolean): void {
    const texts = textsOf(value);
    for (const text of texts) {
      this.#holdCharacters(text.length);
      if (isInCharacterSet && BEYOND_ASCII.test(text)) this.#isBeyondASCII = true;
    }
  }

  #holdCharacters(count: number): void {
    this.#heldCharacters += count + 1;
    if (this.#heldCharacters <= PART10_LIMITS.headerBytes) return;
    throw outOfResources(`There are more than ${PART10_LIMITS.headerBytes} characters in the metadata of an instance.`);
  }

  #finish(elements: SentElements | undefined): SentDataSet {
    let dataSet: SentDataSet = { elements: [] };
    this.#attempt(() => {
      dataSet = elements?.finish() ?? dataSet;
    });
    return dataSet;
  }

  /** What an instance has too much of can not be kept until its end to find out what else is wrong with it. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof InvalidInstance)) throw error;
      this.#failure ??= error;
      this.#faultCount += 1;
      if (error.reason === TOO_MUCH || this.#faultCount === MOST_FAULTS) this.#isGivenUp = true;
    }
  }
}

function elementOf({ attribute, items, values, bytes, uri }: OpenAttribute): SentElement {
  const { tag, vr } = attribute;
  if (vr === 'SQ') {
    if (values !== undefined || bytes !== undefined || uri !== undefined) {
      throw cannotUnderstand('A sequence has other values than items.');
    }
    return { tag, vr, items };
  }
  if (uri !== undefined) return { tag, vr, uri };
  return { tag, vr, bytes: bytes ?? values?.finish() ?? Buffer.alloc(0), valueOffset: 0 };
}

/** File Meta Information and group lengths say nothing of the data set. @throws InvalidInstance C000H for what has no place */
function belongsInDataSet({ tag, privateCreator }: SentAttribute): boolean {
  const group = tag >>> 16;
  if (group === COMMAND_GROUP || group === DELIMITER_GROUP) {
    throw cannotUnderstand('An attribute is of a group that has no place in a data set.');
  }
  const isGroupLength = (tag & 0xffff) === 0 && privateCreator === undefined;
  return group !== FILE_META_GROUP && !isGroupLength;
}

function bytesOf(base64: string): Buffer {
  const end = base64.indexOf('=');
  const digits = end === -1 ? base64 : base64.slice(0, end);
  const isBase64 = BASE64_DIGITS.test(digits) && BASE64_PADDING.test(base64.slice(digits.length));
  if (!isBase64 || countDigits(digits) % 4 === 1) throw cannotUnderstand('An InlineBinary is no base64.');
  // It passes white space over.
  return Buffer.from(digits, 'base64');
}

function countDigits(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > SPACE) count += 1;
  return count;
}

function textsOf(value: SentValue): readonly string[] {
  if (value === null) return [''];
  if (typeof value === 'string') return [value];
  return 'literal' in value ? [value.literal] : [value.alphabetic, value.ideographic, value.phonetic];
}
