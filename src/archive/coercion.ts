/**
 * What the archive changes in a file before it keeps it: the preamble is emptied, for it can hold a program or a name
 * (CVE-2019-11687), and File Meta elements that tell where the file has been are removed. The data set is not touched.
 */
import { TAG } from '../dicom/attributes.js';
import type { DataSet } from '../dicom/data-set.js';
import { encodeExplicitVRLittleEndian } from '../dicom/data-set-writer.js';
import type { Part10Header } from '../dicom/part10-reader.js';

/** Elements of the File Meta Information that are not kept. PS3.10 Table 7.1-1 */
export const REMOVED_FROM_FILE_META: ReadonlySet<number> = new Set<number>([
  TAG.SourceApplicationEntityTitle,
  TAG.SendingApplicationEntityTitle,
  TAG.ReceivingApplicationEntityTitle,
  TAG.SourcePresentationAddress,
  TAG.SendingPresentationAddress,
  TAG.ReceivingPresentationAddress,
  TAG.PrivateInformationCreatorUID,
  TAG.PrivateInformation,
]);

const PREAMBLE_BYTES = 128;
const GROUP_LENGTH_ELEMENT_BYTES = 12;

export interface Coercion {
  /** Replaces everything before the data set. */
  readonly fileStart: Buffer;
  /** By how many bytes everything from the data set on moves. */
  readonly shiftBytes: number;
}

/** The change this file needs; undefined when it is kept byte for byte as sent. */
export function coercionOf(header: Part10Header): Coercion | undefined {
  const isPreambleEmpty = header.preamble?.every((byte) => byte === 0) ?? false;
  const kept = header.fileMeta.elements.filter((element) => !REMOVED_FROM_FILE_META.has(element.tag));
  if (isPreambleEmpty && kept.length === header.fileMeta.elements.length) return undefined;
  const fileStart = encodeFileStart({ ...header.fileMeta, elements: kept });
  return { fileStart, shiftBytes: fileStart.length - header.dataSetOffset };
}

function encodeFileStart(fileMeta: DataSet): Buffer {
  const group = encodeExplicitVRLittleEndian(fileMeta);
  const start = Buffer.alloc(PREAMBLE_BYTES + 4 + GROUP_LENGTH_ELEMENT_BYTES);
  start.write('DICM', PREAMBLE_BYTES, 'latin1');
  start.writeUInt16LE(TAG.FileMetaInformationGroupLength >>> 16, PREAMBLE_BYTES + 4);
  start.write('UL', PREAMBLE_BYTES + 8, 'latin1');
  start.writeUInt16LE(4, PREAMBLE_BYTES + 10);
  start.writeUInt32LE(group.length, PREAMBLE_BYTES + 12);
  return Buffer.concat([start, group]);
}
