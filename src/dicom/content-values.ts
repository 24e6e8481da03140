/** What one content item of a structured report says, by its Value Type. PS3.3 §C.17.3.2.1, §C.18 */
import { TAG } from './attributes.js';
import {
  type BoundedNumbers,
  type BoundedText,
  readFirstNumbers,
  readLine,
  readLines,
  readLongText,
} from './bounded-values.js';
import type { CharacterSet } from './character-sets.js';
import { type CodedConcept, findItems, readConcept } from './coded-concepts.js';
import type { DataSet } from './data-set.js';
import { type PersonName, splitPersonName } from './person-names.js';

/** An instance that a report names. */
export interface InstanceReference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** An instance as a content item names it, and which part of it is meant; no numbers mean all. */
export interface ReferencedInstance extends InstanceReference {
  readonly frameNumbers: BoundedNumbers;
  readonly segmentNumbers: BoundedNumbers;
  /** Pairs of multiplex group and channel. */
  readonly waveformChannels: BoundedNumbers;
  /** The Presentation State to show it with. */
  readonly presentation: InstanceReference | undefined;
}

export type ContentValue =
  | { readonly type: 'CONTAINER'; readonly isContinuous: boolean }
  | { readonly type: 'TEXT'; readonly text: BoundedText | undefined }
  | { readonly type: 'CODE'; readonly code: CodedConcept | undefined }
  | {
      readonly type: 'NUM';
      /** As it is written, that no digit be made up or lost; undefined when nothing was measured. */
      readonly number: string | undefined;
      readonly unit: CodedConcept | undefined;
      /** Why there is no number, or what is wrong with it. */
      readonly qualifier: CodedConcept | undefined;
    }
  | { readonly type: 'PNAME'; readonly name: PersonName | undefined }
  /** As DICOM writes them. */
  | { readonly type: 'DATE' | 'TIME' | 'DATETIME' | 'UIDREF'; readonly text: string | undefined }
  | { readonly type: 'COMPOSITE' | 'IMAGE' | 'WAVEFORM'; readonly instance: ReferencedInstance | undefined }
  | {
      readonly type: 'SCOORD' | 'SCOORD3D';
      readonly graphicType: string | undefined;
      /** Column and row in pairs, or x, y and z in mm in threes. */
      readonly coordinates: BoundedNumbers;
      readonly frameOfReferenceUID: string | undefined;
    }
  | {
      readonly type: 'TCOORD';
      readonly rangeType: string | undefined;
      readonly samplePositions: BoundedNumbers;
      /** In seconds. */
      readonly timeOffsets: BoundedNumbers;
      readonly dateTimes: readonly string[];
    }
  /** An item that is told elsewhere in the same report: where, as numbers from 1 with dots. It is never followed. */
  | { readonly type: 'BY-REFERENCE'; readonly position: string }
  /** A Value Type that is none of PS3.3 §C.17.3.2.1, or is not read here. */
  | { readonly type: 'OTHER'; readonly valueType: string | undefined };

/** Read the value of a content item; what is missing or of another VR than it should be is left undefined. */
export function readContentValue(item: DataSet, characterSet: CharacterSet): ContentValue {
  const type = readLine(item, TAG.ValueType, characterSet);
  switch (type) {
    case 'CONTAINER':
      return { type, isContinuous: readLine(item, TAG.ContinuityOfContent, characterSet) === 'CONTINUOUS' };
    case 'TEXT':
      return { type, text: readLongText(item, TAG.TextValue, characterSet) };
    case 'CODE':
      return { type, code: readConcept(item, TAG.ConceptCodeSequence, characterSet) };
    case 'NUM':
      return { type, ...readMeasurement(item, characterSet) };
    case 'PNAME':
      return { type, name: readName(item, TAG.PersonName, characterSet) };
    case 'DATE':
      return { type, text: readLine(item, TAG.Date, characterSet) };
    case 'TIME':
      return { type, text: readLine(item, TAG.Time, characterSet) };
    case 'DATETIME':
      return { type, text: readLine(item, TAG.DateTime, characterSet) };
    case 'UIDREF':
      return { type, text: readLine(item, TAG.UID, characterSet) };
    case 'COMPOSITE':
    case 'IMAGE':
    case 'WAVEFORM':
      return { type, instance: readReferencedInstance(item, characterSet) };
    case 'SCOORD':
    case 'SCOORD3D':
      return {
        type,
        graphicType: readLine(item, TAG.GraphicType, characterSet),
        coordinates: readFirstNumbers(item, TAG.GraphicData, characterSet),
        frameOfReferenceUID: readLine(item, TAG.ReferencedFrameOfReferenceUID, characterSet),
      };
    case 'TCOORD':
      return {
        type,
        rangeType: readLine(item, TAG.TemporalRangeType, characterSet),
        samplePositions: readFirstNumbers(item, TAG.ReferencedSamplePositions, characterSet),
        timeOffsets: readFirstNumbers(item, TAG.ReferencedTimeOffsets, characterSet),
        dateTimes: readLines(item, TAG.ReferencedDateTime, characterSet),
      };
    default:
      return readReferenceOrOther(item, type, characterSet);
  }
}

/** Read a name; undefined when it is absent or empty. */
export function readName(dataSet: DataSet, tag: number, characterSet: CharacterSet): PersonName | undefined {
  const value = readLine(dataSet, tag, characterSet);
  return value === undefined ? undefined : splitPersonName(value);
}

/** Read the SOP Class and Instance UIDs of an item; undefined without the latter. PS3.3 §10.8 */
export function readReference(item: DataSet, characterSet: CharacterSet): InstanceReference | undefined {
  const sopInstanceUID = readLine(item, TAG.ReferencedSOPInstanceUID, characterSet);
  if (sopInstanceUID === undefined) return undefined;
  return { sopClassUID: readLine(item, TAG.ReferencedSOPClassUID, characterSet) ?? '', sopInstanceUID };
}

/** PS3.3 §C.17.3.2.4 */
function readReferenceOrOther(item: DataSet, type: string | undefined, characterSet: CharacterSet): ContentValue {
  const { numbers } = readFirstNumbers(item, TAG.ReferencedContentItemIdentifier, characterSet);
  if (type === undefined && numbers.length > 0) return { type: 'BY-REFERENCE', position: numbers.join('.') };
  return { type: 'OTHER', valueType: type };
}

/** PS3.3 §C.18.1 */
function readMeasurement(
  item: DataSet,
  characterSet: CharacterSet,
): Pick<Extract<ContentValue, { type: 'NUM' }>, 'number' | 'unit' | 'qualifier'> {
  const [measured] = findItems(item, TAG.MeasuredValueSequence);
  return {
    number: measured && readLine(measured, TAG.NumericValue, characterSet),
    unit: measured && readConcept(measured, TAG.MeasurementUnitsCodeSequence, characterSet),
    qualifier: readConcept(item, TAG.NumericValueQualifierCodeSequence, characterSet),
  };
}

/** PS3.3 §C.18.3, §C.18.4, §C.18.5 */
function readReferencedInstance(item: DataSet, characterSet: CharacterSet): ReferencedInstance | undefined {
  const [sop] = findItems(item, TAG.ReferencedSOPSequence);
  const reference = sop && readReference(sop, characterSet);
  if (sop === undefined || reference === undefined) return undefined;
  const [presentation] = findItems(sop, TAG.ReferencedSOPSequence);
  return {
    ...reference,
    frameNumbers: readFirstNumbers(sop, TAG.ReferencedFrameNumber, characterSet),
    segmentNumbers: readFirstNumbers(sop, TAG.ReferencedSegmentNumber, characterSet),
    waveformChannels: readFirstNumbers(sop, TAG.ReferencedWaveformChannels, characterSet),
    presentation: presentation && readReference(presentation, characterSet),
  };
}
