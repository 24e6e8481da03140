/**
 * Reads instances in the DICOM JSON Model: an array of objects, or one object. What is no lawful JSON ends the reading; what
 * is no lawful attribute refuses its instance, and the rest of that is read on. PS3.18 §F.2
 */
import { invalidRequest } from '../errors.js';
import type { AttributeSink, SentValue } from './attribute-sink.js';
import type { Tag } from './data-set.js';
import { ArrivingAttribute, EMPTY_OBJECT } from './dicom-json-attribute.js';
import { FAILURE_REASON } from './failure-reasons.js';
import { type JSONEvents, JSONText, type JSONWord } from './json-text.js';
import { PART10_LIMITS } from './part10-limits.js';
import { PERSON_NAME_GROUPS, type PersonName, personNameOf } from './person-names.js';
import { TextBytes } from './text-bytes.js';

const TAG_NAME = /^[\dA-Fa-f]{8}$/;
/** An array of objects of attributes; each sequence in them is an attribute, an array and an object more. */
const MOST_DEPTH = 3 * (PART10_LIMITS.depth + 1) + 2;

interface DataSetFrame {
  readonly kind: 'data set';
  readonly isItem: boolean;
  /** Of the attribute that comes next; undefined when that is to be passed over. */
  tag: Tag | undefined;
}

interface NameFrame {
  readonly kind: 'name';
  readonly groups: Map<keyof PersonName, string>;
  group: keyof PersonName | undefined;
}

/** What is open. An `object` is one among values of which nothing is known yet. */
type Frame =
  | { readonly kind: 'instances' | 'values' | 'texts' | 'object' | 'passed over' }
  | DataSetFrame
  | ArrivingAttribute
  | NameFrame;

/** Reads UTF-8 into a sink. */
export class DicomJSONReader {
  readonly #characters = new TextBytes('JSON');
  readonly #text: JSONText;

  constructor(sink: AttributeSink) {
    this.#text = new JSONText(new DicomJSONEvents(sink), MOST_DEPTH);
  }

  /** Read the next bytes. @throws ArchiveError `invalid-request` when they are no UTF-8, no JSON or no instances */
  write(chunk: Buffer): void {
    this.#text.write(this.#characters.of(chunk));
  }

  /** Say that no more comes. @throws ArchiveError `invalid-request` as `write`, and when the text is not whole */
  end(): void {
    this.#characters.end();
    this.#text.end();
  }
}

class DicomJSONEvents implements JSONEvents {
  readonly #sink: AttributeSink;
  readonly #frames: Frame[] = [];

  constructor(sink: AttributeSink) {
    this.#sink = sink;
  }

  openObject(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.kind === 'instances') {
      this.#sink.openInstance();
      this.#frames.push({ kind: 'data set', isItem: false, tag: undefined });
    } else if (frame.kind === 'data set' && frame.tag !== undefined) {
      this.#frames.push(new ArrivingAttribute(this.#sink, frame.tag));
    } else if (frame.kind === 'values') {
      this.#frames.push({ kind: 'object' });
    } else {
      this.#passOver(frame);
    }
  }

  name(name: string): void {
    const frame = this.#frames.at(-1);
    if (frame?.kind === 'object') {
      this.#frames.pop();
      this.#frames.push(this.#objectBeginningWith(name));
      this.name(name);
    } else if (frame?.kind === 'data set') {
      frame.tag = TAG_NAME.test(name) ? Number.parseInt(name, 16) : undefined;
      if (frame.tag === undefined) this.#refuse('An attribute has a name that is no tag of 8 hexadecimal digits.');
    } else if (frame?.kind === 'attribute') {
      frame.name(name);
    } else if (frame?.kind === 'name') {
      this.#groupOf(frame, name);
    }
  }

  closeObject(): void {
    const frame = this.#frames.pop();
    if (frame?.kind === 'data set') {
      if (frame.isItem) this.#sink.closeItem();
      else this.#sink.closeInstance();
    } else if (frame?.kind === 'attribute') {
      frame.close();
    } else if (frame?.kind === 'object') {
      this.#attribute().entry(EMPTY_OBJECT);
    } else if (frame?.kind === 'name') {
      this.#attribute().entry(personNameOf(frame.groups));
    }
  }

  openArray(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) this.#frames.push({ kind: 'instances' });
    else if (frame.kind === 'instances') throw noInstances();
    else if (frame.kind === 'attribute' && frame.member === 'Value') this.#frames.push({ kind: 'values' });
    // Example F.4 of the standard has it so. PS3.18 §F.2.7
    else if (frame.kind === 'attribute' && frame.member === 'InlineBinary') this.#frames.push({ kind: 'texts' });
    else this.#passOver(frame);
  }

  closeArray(): void {
    this.#frames.pop();
  }

  string(text: string): void {
    const frame = this.#frames.at(-1);
    if (frame?.kind === 'attribute') frame.text(text);
    else if (frame?.kind === 'texts') this.#attribute().text(text);
    else if (frame?.kind !== 'name') this.#scalar(text);
    else if (frame.group !== undefined) frame.groups.set(frame.group, text);
  }

  number(literal: string): void {
    this.#scalar({ literal });
  }

  word(word: JSONWord): void {
    const frame = this.#frames.at(-1);
    if (word !== 'null') this.#wrong(frame);
    else if (frame?.kind !== 'name') this.#scalar(null);
  }

  #groupOf(frame: NameFrame, name: string): void {
    const group = PERSON_NAME_GROUPS.get(name);
    frame.group = group !== undefined && frame.groups.has(group) ? undefined : group;
    if (frame.group === undefined) this.#refuse('A person name has other groups than one of each kind.');
  }

  /** What an object among values is, by the name of its first member. */
  #objectBeginningWith(name: string): Frame {
    if (PERSON_NAME_GROUPS.has(name)) return { kind: 'name', groups: new Map(), group: undefined };
    if (this.#attribute().openItem()) return { kind: 'data set', isItem: true, tag: undefined };
    return { kind: 'passed over' };
  }

  #scalar(value: SentValue): void {
    const frame = this.#frames.at(-1);
    if (frame?.kind === 'values') this.#attribute().entry(value);
    else this.#wrong(frame);
  }

  /** The attribute whose values are being read. */
  #attribute(): ArrivingAttribute {
    const attribute = this.#frames.findLast((frame) => frame.kind === 'attribute');
    if (attribute === undefined) throw new Error('Values are those of an attribute.');
    return attribute;
  }

  #passOver(frame: Frame): void {
    this.#wrong(frame);
    this.#frames.push({ kind: 'passed over' });
  }

  /** Something is where it can not be; in what is passed over anything may be. */
  #wrong(frame: Frame | undefined): void {
    if (frame === undefined || frame.kind === 'instances') throw noInstances();
    if (frame.kind === 'passed over') return;
    if (frame.kind === 'attribute' && frame.member === undefined) return;
    if (frame.kind === 'data set' && frame.tag === undefined) return;
    this.#refuse('An attribute is no object of vr and values.');
  }

  #refuse(explanation: string): void {
    this.#sink.refuse(FAILURE_REASON.cannotUnderstand, explanation);
  }
}

const noInstances = (): Error => invalidRequest('Metadata is an array of objects, one for each instance.');
