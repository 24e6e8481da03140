/** An item of Original Attributes Sequence (0400,0561): what attributes were before somebody changed them. PS3.3 §C.12.1.1.9 */
import { TAG } from './attributes.js';
import type { Tag } from './data-set.js';
import { findDictionaryEntry, implicitVR } from './dictionary.js';
import { encodeElement, encodeItem, encodeSequence, encodeTag, encodeUInt16 } from './encode-element.js';
import type { Encoding } from './part10-element-head.js';
import type { VR } from './vr.js';

/** An attribute as it was. */
export interface PriorAttribute {
  readonly tag: Tag;
  /** The VR it was sent in. */
  readonly vr: VR;
  /** The value field; empty where the attribute was absent. */
  readonly value: Buffer;
  /** Whether VR and value are what the dictionary has for the attribute: only then they can stand in a lawful data set. */
  readonly isConforming: boolean;
}

export interface Modification {
  readonly modifiedAt: Date;
  readonly modifyingSystem: string;
  /** Ascending by tag. */
  readonly attributes: readonly PriorAttribute[];
}

/**
 * Encode the item of a coercion. An attribute that was absent or empty is in Modified Attributes Sequence with zero length;
 * so is one whose value did not conform, which then is kept, byte by byte, in Nonconforming Modified Attributes Sequence.
 */
export function encodeCoercionItem(
  { modifiedAt, modifyingSystem, attributes }: Modification,
  encoding: Encoding,
): Buffer {
  const text = (tag: Tag, value: string): Buffer => encodeElement(tag, implicitVR(tag), Buffer.from(value), encoding);
  const nonconforming = attributes.filter((attribute) => !attribute.isConforming);
  return encodeItem(
    [
      encodeSequence(
        TAG.ModifiedAttributesSequence,
        [
          encodeItem(
            attributes.map((attribute) => encodePrior(attribute, encoding)),
            encoding,
          ),
        ],
        encoding,
      ),
      ...(nonconforming.length === 0
        ? []
        : [
            encodeSequence(
              TAG.NonconformingModifiedAttributesSequence,
              nonconforming.map((attribute) => encodeNonconforming(attribute, encoding)),
              encoding,
            ),
          ]),
      text(TAG.AttributeModificationDateTime, dateTimeText(modifiedAt)),
      text(TAG.ModifyingSystem, modifyingSystem),
      text(TAG.SourceOfPreviousValues, ''),
      text(TAG.ReasonForTheAttributeModification, 'COERCE'),
    ],
    encoding,
  );
}

const encodePrior = ({ tag, vr, value, isConforming }: PriorAttribute, encoding: Encoding): Buffer =>
  isConforming
    ? encodeElement(tag, vr, value, encoding)
    : encodeElement(tag, implicitVR(tag), Buffer.alloc(0), encoding);

/** Selector Value Number is 1 where the attribute has one value, 0 for all of several, and none for a sequence. PS3.3 Table 10-20 */
function encodeNonconforming({ tag, value }: PriorAttribute, encoding: Encoding): Buffer {
  const entry = findDictionaryEntry(tag);
  const number = encodeUInt16(entry?.vm === '1' ? 1 : 0, encoding);
  return encodeItem(
    [
      encodeElement(TAG.SelectorAttribute, 'AT', encodeTag(tag, encoding), encoding),
      ...(entry?.vr === 'SQ' ? [] : [encodeElement(TAG.SelectorValueNumber, 'US', number, encoding)]),
      encodeElement(TAG.NonconformingDataElementValue, 'OB', value, encoding),
    ],
    encoding,
  );
}

/** As a value of VR DT, in UTC. */
const dateTimeText = (instant: Date): string => `${instant.toISOString().replace(/[-:TZ]/g, '')}+0000`;
