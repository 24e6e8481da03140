/** One attribute of the DICOM JSON Model while its members come by, in whatever order they were written. PS3.18 §F.2.2 */
import type { AttributeSink, SentValue } from './attribute-sink.js';
import type { Tag } from './data-set.js';
import { FAILURE_REASON } from './failure-reasons.js';
import { isVR, type VR } from './vr.js';

/** An object without members: an item, or a name without groups. */
export const EMPTY_OBJECT = Symbol('{}');
export type Entry = SentValue | typeof EMPTY_OBJECT;

type Content = 'Value' | 'InlineBinary' | 'BulkDataURI';
const CONTENTS: ReadonlySet<string> = new Set<Content>(['Value', 'InlineBinary', 'BulkDataURI']);
const isContent = (name: string): name is Content => CONTENTS.has(name);

/** Values that may come before `vr` does, for they have to be kept until then. */
const MOST_WAITING = 10_000;
const NO_NAME: SentValue = { alphabetic: '', ideographic: '', phonetic: '' };

export class ArrivingAttribute {
  readonly kind = 'attribute';
  readonly #sink: AttributeSink;
  readonly #tag: Tag;
  #member: Content | 'vr' | undefined;
  /** As its member says, or SQ when items came before that. */
  #vr: VR | undefined;
  #isVRNamed = false;
  #isOpen = false;
  readonly #waiting: Entry[] = [];
  #content: Content | undefined;
  /** That of `InlineBinary` or `BulkDataURI`. */
  #text: string | undefined;

  constructor(sink: AttributeSink, tag: Tag) {
    this.#sink = sink;
    this.#tag = tag;
  }

  /** The member whose value comes next; undefined when that is to be passed over. */
  get member(): Content | 'vr' | undefined {
    return this.#member;
  }

  /** Take the name of the next member. */
  name(name: string): void {
    this.#member = undefined;
    if (name === 'vr' && !this.#isVRNamed) {
      this.#isVRNamed = true;
      this.#member = name;
    } else if (isContent(name) && this.#content === undefined) {
      this.#content = name;
      this.#member = name;
    } else if (name === 'vr' || isContent(name)) {
      this.#refuse('An attribute has more than one vr, or more than one of Value, InlineBinary and BulkDataURI.');
    }
  }

  /** Take a text that is the value of the member, or stands in an array there. */
  text(text: string): void {
    switch (this.#member) {
      case 'vr':
        if (!isVR(text)) this.#refuse('An attribute has a vr that is none.');
        else if (this.#vr === undefined) this.#setVR(text);
        else if (this.#vr !== text) this.#refuse('An attribute has items, though its vr is not SQ.');
        break;
      case 'InlineBinary':
      case 'BulkDataURI':
        if (this.#text !== undefined) this.#refuse('An attribute has more than one InlineBinary.');
        else this.#text = text;
        break;
      case 'Value':
        this.#refuse('The Value of an attribute is no array.');
        break;
      default:
    }
  }

  /** Take one value. */
  entry(entry: Entry): void {
    if (this.#vr !== undefined) this.#pass(this.#vr, entry);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(entry);
    else this.#sink.refuse(FAILURE_REASON.outOfResources, 'An attribute has its vr after far too many values.');
  }

  /** Begin an item among the values; false when that can not be one. */
  openItem(): boolean {
    if (this.#vr === undefined) this.#setVR('SQ');
    if (this.#vr !== 'SQ') {
      this.#refuse('A value is an object, though its vr is not SQ.');
      return false;
    }
    this.#open(this.#vr);
    this.#sink.openItem();
    return true;
  }

  close(): void {
    if (this.#vr === undefined) {
      this.#refuse('An attribute has no vr.');
      return;
    }
    this.#open(this.#vr);
    if (this.#text !== undefined && this.#content === 'InlineBinary') this.#sink.inlineBinary(this.#text);
    if (this.#text !== undefined && this.#content === 'BulkDataURI') this.#sink.bulkdata(this.#text);
    this.#sink.closeAttribute();
  }

  #setVR(vr: VR): void {
    this.#vr = vr;
    for (const entry of this.#waiting.splice(0)) this.#pass(vr, entry);
  }

  #pass(vr: VR, entry: Entry): void {
    this.#open(vr);
    if (entry !== EMPTY_OBJECT) this.#sink.value(entry);
    else if (vr !== 'SQ') this.#sink.value(vr === 'PN' ? null : NO_NAME);
    else {
      this.#sink.openItem();
      this.#sink.closeItem();
    }
  }

  #open(vr: VR): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#sink.openAttribute({ tag: this.#tag, vr });
  }

  #refuse(explanation: string): void {
    this.#sink.refuse(FAILURE_REASON.cannotUnderstand, explanation);
  }
}
