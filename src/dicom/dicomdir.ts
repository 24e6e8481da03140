/**
 * The DICOMDIR of a File-set: Directory Records one after the other, each telling where the next one beside it and the
 * first one below it begin. PS3.3 Annex F, PS3.10 §8
 */
import { TAG } from './attributes.js';
import { dataSet as buildDataSet, element, writeTag } from './build-data-set.js';
import type { DataElement } from './data-set.js';
import { encodeElementHeader, encodeExplicitVRLittleEndian, encodeFileMeta } from './data-set-writer.js';
import type { DirectoryRecord } from './directory-records.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from './transfer-syntaxes.js';

/** Media Storage Directory Storage. PS3.6 Table A-1 */
const DIRECTORY_SOP_CLASS = '1.2.840.10008.1.3.10';

const ITEM_HEADER_BYTES = 8;
const IN_USE = 0xffff;
/** Where the offsets stand in an encoded record, whose first three elements have fixed lengths: 12, 10 and 12 bytes. */
const NEXT_OFFSET_AT = ITEM_HEADER_BYTES + 8;
const LOWER_OFFSET_AT = ITEM_HEADER_BYTES + 12 + 10 + 8;

/** The file that a record refers to. */
export interface ReferencedFile {
  /** The components of its File ID, from the root of the File-set. */
  readonly fileID: readonly string[];
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
}

/** A record with those below it. */
export interface DirectoryEntry {
  /** Given by `encodeDirectoryRecord`; its offsets are written by `encodeDICOMDIR`. */
  readonly record: Buffer;
  readonly lower: readonly DirectoryEntry[];
}

/** Encode a record as an item of the Directory Record Sequence, its offsets left at zero. PS3.3 §F.3.2.2 */
export function encodeDirectoryRecord({ type, keys }: DirectoryRecord, file?: ReferencedFile): Buffer {
  const head = buildDataSet([
    element(TAG.OffsetOfTheNextDirectoryRecord, 0),
    element(TAG.RecordInUseFlag, IN_USE),
    element(TAG.OffsetOfReferencedLowerLevelDirectoryEntity, 0),
    element(TAG.DirectoryRecordType, type),
    ...(file === undefined ? [] : referenceTo(file)),
  ]);
  const content = [encodeExplicitVRLittleEndian(head), encodeExplicitVRLittleEndian(keys)];
  const item = Buffer.alloc(ITEM_HEADER_BYTES);
  writeTag(item, TAG.Item, 0);
  item.writeUInt32LE(sumOfLengths(content), 4);
  return Buffer.concat([item, ...content]);
}

const referenceTo = (file: ReferencedFile): readonly DataElement[] => [
  element(TAG.ReferencedFileID, [...file.fileID]),
  element(TAG.ReferencedSOPClassUIDInFile, file.sopClassUID),
  element(TAG.ReferencedSOPInstanceUIDInFile, file.sopInstanceUID),
  element(TAG.ReferencedTransferSyntaxUIDInFile, file.transferSyntaxUID),
];

export interface FileSetIdentity {
  readonly sopInstanceUID: string;
  /** Up to 16 characters of the default repertoire. */
  readonly fileSetID: string;
}

/** Encode the Part 10 file of a directory, as pieces. Offsets count from its first byte. PS3.3 §F.3 */
export function encodeDICOMDIR(
  roots: readonly DirectoryEntry[],
  { sopInstanceUID, fileSetID }: FileSetIdentity,
): readonly Buffer[] {
  const meta = encodeFileMeta({
    sopClassUID: DIRECTORY_SOP_CLASS,
    sopInstanceUID,
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
  });
  const front = (first: number, last: number): Buffer =>
    encodeExplicitVRLittleEndian(
      buildDataSet([
        element(TAG.FileSetID, fileSetID),
        element(TAG.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity, first),
        element(TAG.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity, last),
        element(TAG.FileSetConsistencyFlag, 0),
      ]),
    );
  const records: Buffer[] = [];
  const sequenceHeader = (lengthBytes: number): Buffer =>
    encodeElementHeader(TAG.DirectoryRecordSequence, 'SQ', lengthBytes);
  const start = sumOfLengths([meta, front(0, 0), sequenceHeader(0)]);
  const offsets = layOut(roots, start, records);
  return [meta, front(offsets[0] ?? 0, offsets.at(-1) ?? 0), sequenceHeader(sumOfLengths(records)), ...records];
}

/** Add the entries of one level to `records`, and what is below each right after it; gives where each of them begins. */
function layOut(entries: readonly DirectoryEntry[], start: number, records: Buffer[]): readonly number[] {
  const offsets: number[] = [];
  let at = start;
  let before: Buffer | undefined;
  for (const { record, lower } of entries) {
    before?.writeUInt32LE(at, NEXT_OFFSET_AT);
    before = record;
    offsets.push(at);
    const from = records.push(record);
    at += record.length;
    const [firstBelow] = layOut(lower, at, records);
    record.writeUInt32LE(firstBelow ?? 0, LOWER_OFFSET_AT);
    at += sumOfLengths(records, from);
  }
  return offsets;
}

function sumOfLengths(buffers: readonly Buffer[], from = 0): number {
  let sum = 0;
  for (let i = from; i < buffers.length; i++) sum += buffers[i]?.length ?? 0;
  return sum;
}
