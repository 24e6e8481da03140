/**
 * May this data set enter, as far as its form goes: a Part 10 file of a storage SOP Class, with lawful UIDs that agree
 * with its File Meta Information, and text in the searched attributes that is text. Identifying content is not judged here.
 */
import { TAG } from '../dicom/attributes.js';
import { type DataSet, findBytes } from '../dicom/data-set.js';
import { cannotUnderstand, doesNotMatch, FAILURE_REASON, InvalidInstance } from '../dicom/failure-reasons.js';
import type { Part10Header } from '../dicom/part10-reader.js';
import { QUERYABLE_ATTRIBUTES } from '../dicom/queryable-attributes.js';
import { isStorageSOPClass } from '../dicom/sop-classes.js';
import { isUID } from '../dicom/uids.js';
import { readString, readStrings } from '../dicom/values.js';
import { CHARACTER_SET_VRS } from '../dicom/vr.js';
import type { SentIdentity } from './store-outcome.js';

/**
 * Longest value of a searched attribute: generous against VR limits of 64 characters, which real files exceed, and far
 * below what could burden a search.
 */
export const MAX_SEARCHED_BYTES = 1_024;
const MAX_CHARACTER_SETS = 16;
const ESCAPE = 0x1b;

/** The UIDs as they stand in the data set, lawful or not; a UID that is not lawful is left out. */
export function sentIdentity(dataSet: DataSet): SentIdentity {
  const uid = (tag: number): string | undefined => {
    const text = readString(dataSet, tag);
    return text !== undefined && isUID(text) ? text : undefined;
  };
  const entries = Object.entries({
    studyInstanceUID: uid(TAG.StudyInstanceUID),
    seriesInstanceUID: uid(TAG.SeriesInstanceUID),
    sopInstanceUID: uid(TAG.SOPInstanceUID),
    sopClassUID: uid(TAG.SOPClassUID),
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What whoever sends has bound himself to, beyond what every instance must be. */
export interface Expectation {
  /** The only study that is accepted, when there is one. PS3.18 §10.5.1.1 */
  readonly expectedStudy: string | undefined;
  readonly refusedTransferSyntaxes?: ReadonlySet<string | undefined> | undefined;
}

/**
 * Check what can be checked before Pixel Data; the identity under which the instance may be stored.
 * @throws InvalidInstance with the Failure Reason that fits best
 */
export function admit(header: Part10Header, expectation: Expectation): Required<SentIdentity> {
  const { expectedStudy, refusedTransferSyntaxes } = expectation;
  if (refusedTransferSyntaxes?.has(header.transferSyntax.uid)) {
    throw new InvalidInstance(FAILURE_REASON.transferSyntaxNotSupported, 'The Transfer Syntax is not taken here.');
  }
  if (header.deviations.includes('no-preamble')) {
    throw cannotUnderstand('The file has no preamble with the prefix DICM (PS3.10 §7.1).');
  }
  if (header.deviations.includes('no-group-length')) {
    throw cannotUnderstand('The File Meta Information has no group length (PS3.10 §7.1).');
  }
  const identity = {
    studyInstanceUID: requireUID(header.dataSet, TAG.StudyInstanceUID, 'Study Instance UID'),
    seriesInstanceUID: requireUID(header.dataSet, TAG.SeriesInstanceUID, 'Series Instance UID'),
    sopInstanceUID: requireUID(header.dataSet, TAG.SOPInstanceUID, 'SOP Instance UID'),
    sopClassUID: requireUID(header.dataSet, TAG.SOPClassUID, 'SOP Class UID'),
  };
  if (!isStorageSOPClass(identity.sopClassUID)) {
    throw new InvalidInstance(FAILURE_REASON.sopClassNotSupported, 'The SOP Class is not one this archive stores.');
  }
  checkFileMeta(header.fileMeta, identity);
  if (expectedStudy !== undefined && identity.studyInstanceUID !== expectedStudy) {
    throw doesNotMatch('The instance belongs to another Study than the one it was sent to.');
  }
  checkSearchedText(header.dataSet);
  return identity;
}

function requireUID(dataSet: DataSet, tag: number, name: string): string {
  const values = readStrings(dataSet, tag);
  const [uid = ''] = values;
  if (uid === '') throw doesNotMatch(`The data set has no ${name}.`);
  if (values.length > 1 || !isUID(uid)) throw doesNotMatch(`The ${name} is not a valid UID (PS3.5 §9.1).`);
  return uid;
}

function checkFileMeta(fileMeta: DataSet, identity: Required<SentIdentity>): void {
  if (readString(fileMeta, TAG.MediaStorageSOPInstanceUID) !== identity.sopInstanceUID) {
    throw doesNotMatch('The SOP Instance UID of the File Meta Information is not that of the data set.');
  }
  if (readString(fileMeta, TAG.MediaStorageSOPClassUID) !== identity.sopClassUID) {
    throw doesNotMatch('The SOP Class UID of the File Meta Information is not that of the data set.');
  }
}

/** What is searched and listed must be text of a sane length: a search never meets megabytes, a page no control characters. */
function checkSearchedText(dataSet: DataSet): void {
  if (readStrings(dataSet, TAG.SpecificCharacterSet).length > MAX_CHARACTER_SETS) {
    throw cannotUnderstand('The Specific Character Set has more values than there are character sets.');
  }
  for (const { tag, vr, keyword } of QUERYABLE_ATTRIBUTES) {
    const bytes = findBytes(dataSet, tag);
    if (bytes === undefined) continue;
    if (bytes.length > MAX_SEARCHED_BYTES)
      throw cannotUnderstand(`The value of ${keyword} is longer than any lawful one.`);
    if (CHARACTER_SET_VRS.has(vr) && hasControlCharacter(bytes)) {
      throw cannotUnderstand(`The value of ${keyword} holds control characters (PS3.5 §6.1.3).`);
    }
  }
}

/** Whether text holds a control character other than ESC and the NULs that pad it. PS3.5 §6.1.3 */
export function hasControlCharacter(bytes: Buffer): boolean {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 && byte !== ESCAPE) return true;
  }
  return false;
}
