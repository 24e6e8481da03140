/** What the elements of a document in the Native DICOM Model say, one after the other. PS3.19 §A.1.5 */

import type { SaxesTagNS } from 'saxes';
import { invalidRequest } from '../errors.js';
import type { AttributeSink } from './attribute-sink.js';
import { FAILURE_REASON } from './failure-reasons.js';
import { NAME_COMPONENTS, NATIVE_XML_NAMESPACE } from './native-xml-writer.js';
import { PERSON_NAME_GROUPS, type PersonName, personNameOf } from './person-names.js';
import { isPrivateTag } from './private-blocks.js';
import { withoutTrailing } from './trailing.js';
import { isVR, type VR } from './vr.js';

const TAG = /^[\dA-Fa-f]{8}$/;
const ORDINAL = /^\d{1,9}$/;
/** Empty values that may be told by leaving out their numbers: in no text are they longer than what they stand for. */
const MOST_LEFT_OUT = 10_000;

const COMPONENTS: readonly string[] = NAME_COMPONENTS;

interface AttributeFrame {
  readonly kind: 'attribute';
  readonly vr: VR;
  /** The element that its values are in, once one has come. */
  content: string | undefined;
  lastNumber: number;
}

interface NameFrame {
  readonly kind: 'name';
  readonly groups: Map<keyof PersonName, string>;
}

interface GroupFrame {
  readonly kind: 'group';
  readonly group: keyof PersonName;
  readonly components: string[];
}

interface TextFrame {
  readonly kind: 'Value' | 'InlineBinary' | 'component';
  readonly pieces: string[];
  /** Which component of its group it is. */
  readonly place: number;
}

type Frame =
  | { readonly kind: 'instance' | 'item' | 'BulkData' | 'passed over' }
  | AttributeFrame
  | NameFrame
  | GroupFrame
  | TextFrame;

const PASSED_OVER: Frame = { kind: 'passed over' };

export class NativeXMLElements {
  readonly #sink: AttributeSink;
  readonly #frames: Frame[] = [];
  #leftOutCount = 0;

  constructor(sink: AttributeSink) {
    this.#sink = sink;
  }

  /** @throws ArchiveError `invalid-request` when the root is none of the model */
  open(tag: SaxesTagNS): void {
    this.#frames.push(this.#opened(tag, this.#frames.at(-1)));
  }

  text(text: string): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.kind === 'passed over') return;
    if ('pieces' in frame) frame.pieces.push(text);
    else if (text.trim() !== '') this.#refuse('The XML has text where none belongs.');
  }

  close(): void {
    const frame = this.#frames.pop();
    switch (frame?.kind) {
      case 'instance':
        this.#sink.closeInstance();
        break;
      case 'item':
        this.#sink.closeItem();
        break;
      case 'attribute':
        this.#sink.closeAttribute();
        break;
      case 'Value':
        this.#sink.value(frame.pieces.length === 0 ? null : frame.pieces.join(''));
        break;
      case 'InlineBinary':
        this.#sink.inlineBinary(frame.pieces.join(''));
        break;
      case 'name':
        this.#sink.value(frame.groups.size === 0 ? null : personNameOf(frame.groups));
        break;
      case 'group':
        this.#closeGroup(frame);
        break;
      case 'component':
        this.#closeComponent(frame);
        break;
      default:
    }
  }

  #opened(tag: SaxesTagNS, around: Frame | undefined): Frame {
    const { local, uri } = tag;
    const isOfModel = uri === '' || uri === NATIVE_XML_NAMESPACE;
    if (around === undefined) {
      if (!isOfModel || local !== 'NativeDicomModel')
        throw invalidRequest('The XML of the body is no NativeDicomModel.');
      this.#sink.openInstance();
      return { kind: 'instance' };
    }
    if (around.kind === 'passed over') return PASSED_OVER;
    if (!isOfModel) return this.#passedOver('The XML has elements of another model.');
    switch (around.kind) {
      case 'instance':
      case 'item':
        return local === 'DicomAttribute' ? this.#openedAttribute(tag) : this.#passedOver(`A data set holds ${WORDS}.`);
      case 'attribute':
        return this.#openedContent(tag, around);
      case 'name':
        return this.#openedGroup(local, around);
      case 'group':
        return this.#openedComponent(local);
      default:
        return this.#passedOver(`A value holds ${WORDS}.`);
    }
  }

  #openedAttribute(tag: SaxesTagNS): Frame {
    const name = attributeOf(tag, 'tag') ?? '';
    const vr = attributeOf(tag, 'vr') ?? '';
    const privateCreator = attributeOf(tag, 'privateCreator');
    if (!TAG.test(name)) return this.#passedOver('A DicomAttribute has no tag of 8 hexadecimal digits.');
    const number = Number.parseInt(name, 16);
    if (!isVR(vr)) return this.#passedOver('A DicomAttribute has no vr, or one that is none.');
    if (privateCreator !== undefined && !isPrivateTag(number)) {
      return this.#passedOver('A DicomAttribute has a privateCreator, though it is not private.');
    }
    this.#sink.openAttribute({ tag: number, vr, privateCreator });
    return { kind: 'attribute', vr, content: undefined, lastNumber: 0 };
  }

  #openedContent(tag: SaxesTagNS, attribute: AttributeFrame): Frame {
    const { local } = tag;
    const isSingle = local === 'InlineBinary' || local === 'BulkData';
    if (attribute.content !== undefined && (attribute.content !== local || isSingle)) {
      return this.#passedOver('A DicomAttribute has contents of several kinds.');
    }
    attribute.content = local;
    if (local === 'InlineBinary') return { kind: local, pieces: [], place: 0 };
    if (local === 'BulkData') return this.#openedBulkData(tag);
    if (local === 'Item') return this.#openedItem(tag, attribute);
    if (local !== 'Value' && local !== 'PersonName') return this.#passedOver(`A DicomAttribute holds ${WORDS}.`);
    if (!this.#takeNumber(tag, attribute)) return PASSED_OVER;
    return local === 'Value' ? { kind: local, pieces: [], place: 0 } : { kind: 'name', groups: new Map() };
  }

  #openedBulkData(tag: SaxesTagNS): Frame {
    const uri = attributeOf(tag, 'uri') ?? attributeOf(tag, 'uuid');
    if (uri === undefined) return this.#passedOver('A BulkData element has no uri.');
    this.#sink.bulkdata(uri);
    return { kind: 'BulkData' };
  }

  #openedItem(tag: SaxesTagNS, attribute: AttributeFrame): Frame {
    if (attribute.vr !== 'SQ') return this.#passedOver('A DicomAttribute has items, though its vr is not SQ.');
    if (numberOf(tag, attribute.lastNumber) !== attribute.lastNumber + 1) {
      return this.#passedOver('The items of a sequence are not numbered one by one.');
    }
    attribute.lastNumber += 1;
    this.#sink.openItem();
    return { kind: 'item' };
  }

  /** Take the number of a value, and what numbers were left out before it as empty values; false when it is none. */
  #takeNumber(tag: SaxesTagNS, attribute: AttributeFrame): boolean {
    const number = numberOf(tag, attribute.lastNumber);
    if (number === undefined || number <= attribute.lastNumber) {
      this.#refuse('The values of a DicomAttribute are not numbered in order.');
      return false;
    }
    const leftOut = number - attribute.lastNumber - 1;
    this.#leftOutCount += leftOut;
    if (this.#leftOutCount > MOST_LEFT_OUT) {
      this.#sink.refuse(FAILURE_REASON.outOfResources, 'The numbers of values leave out far too many.');
      return false;
    }
    for (let i = 0; i < leftOut; i += 1) this.#sink.value(null);
    attribute.lastNumber = number;
    return true;
  }

  #openedGroup(local: string, { groups }: NameFrame): Frame {
    const group = PERSON_NAME_GROUPS.get(local);
    if (group !== undefined && !groups.has(group)) return { kind: 'group', group, components: [] };
    return this.#passedOver('A PersonName has other groups than one of each kind.');
  }

  #openedComponent(local: string): Frame {
    const place = COMPONENTS.indexOf(local);
    if (place >= 0) return { kind: 'component', pieces: [], place };
    return this.#passedOver('A group of a PersonName has a component that names do not have.');
  }

  #closeGroup({ group, components }: GroupFrame): void {
    const name = this.#frames.at(-1);
    // Not join alone, for components may have been left out.
    const texts = Array.from(components, (component = '') => component);
    if (name?.kind === 'name') name.groups.set(group, withoutTrailing(texts.join('^'), '^'));
  }

  #closeComponent({ pieces, place }: TextFrame): void {
    const group = this.#frames.at(-1);
    if (group?.kind !== 'group') return;
    if (group.components[place] === undefined) group.components[place] = pieces.join('');
    else this.#refuse('A group of a PersonName has a component twice.');
  }

  #passedOver(explanation: string): Frame {
    this.#refuse(explanation);
    return PASSED_OVER;
  }

  #refuse(explanation: string): void {
    this.#sink.refuse(FAILURE_REASON.cannotUnderstand, explanation);
  }
}

const WORDS = 'an element that does not belong there';

const attributeOf = (tag: SaxesTagNS, name: string): string | undefined => tag.attributes[name]?.value;

/** The number of a value; the next one where there is no attribute that tells it, undefined where that is none. */
function numberOf(tag: SaxesTagNS, last: number): number | undefined {
  const text = attributeOf(tag, 'number');
  if (text === undefined) return last + 1;
  return ORDINAL.test(text) ? Number(text) : undefined;
}
