/** What a clinical document says beside its text, in words for people. */
import type { CDAPart } from '../../dicom/cda-document.js';
import { dateTimeText } from './report-times.js';

/** What is said of a document that has no title. */
export const CLINICAL_DOCUMENT = 'Clinical document';

const FILE = 'The body of this document is a file of another type. It is within what text/xml gives.';
const UNREADABLE = 'What follows can not be read as a clinical document. It is within what text/xml gives.';

export type CDANote = Extract<CDAPart, { kind: 'fact' | 'file' | 'unreadable' }>;

/** A line about the document. */
export function noteWords(note: CDANote): string {
  if (note.kind === 'fact') return `${note.name}: ${note.name === 'Date' ? dateTimeText(note.text) : note.text}`;
  return note.kind === 'file' ? FILE : UNREADABLE;
}
