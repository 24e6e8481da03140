/** Structured reports for tests, item by item. */
import { dataSetOfKeywords, type PlainValue } from '../../src/dicom/build-data-set.js';
import type { DataSet } from '../../src/dicom/data-set.js';

export type Attributes = Readonly<Record<string, PlainValue | undefined>>;

/** The item of a code sequence. */
export const code = (CodeMeaning: string, CodeValue = '1', CodingSchemeDesignator = '99TEST'): readonly DataSet[] => [
  dataSetOfKeywords({ CodeValue, CodingSchemeDesignator, CodeMeaning }),
];

/** A content item that its container contains, unless the attributes say otherwise. */
export const item = (
  ValueType: string,
  name: string,
  attributes: Attributes = {},
  children: readonly DataSet[] = [],
): DataSet =>
  dataSetOfKeywords({
    RelationshipType: 'CONTAINS',
    ValueType,
    ConceptNameCodeSequence: code(name),
    ...attributes,
    ...(children.length === 0 ? {} : { ContentSequence: children }),
  });

/** A report whose root is a container with this name. */
export const report = (name: string, children: readonly DataSet[], attributes: Attributes = {}): DataSet =>
  dataSetOfKeywords({
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.33',
    SOPInstanceUID: '1.2.3',
    ValueType: 'CONTAINER',
    ContinuityOfContent: 'SEPARATE',
    ConceptNameCodeSequence: code(name),
    ContentSequence: children,
    ...attributes,
  });
