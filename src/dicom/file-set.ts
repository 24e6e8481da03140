/**
 * A File-set of the instances of one study: under which File ID each of them is, and the DICOMDIR that tells of them.
 * PS3.10 §8
 */
import { ArchiveError } from '../errors.js';
import type { DataSet } from './data-set.js';
import { type DirectoryEntry, encodeDICOMDIR, encodeDirectoryRecord } from './dicomdir.js';
import { directoryRecord, instanceRecordType } from './directory-records.js';

export interface FileSetMember {
  readonly seriesInstanceUID: string;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
}

export const DICOMDIR = 'DICOMDIR';
/** A hundred thousand images take half of it; it is held in memory until the last of them has been described. */
const MOST_DIRECTORY_BYTES = 128 * 1024 * 1024;

interface Place {
  readonly member: FileSetMember;
  /** 1-based: the series in the study, and the instance in the series. */
  readonly seriesNumber: number;
  readonly instanceNumber: number;
}

interface SeriesEntry extends DirectoryEntry {
  readonly lower: DirectoryEntry[];
}

export class FileSet {
  readonly #places: readonly Place[];
  readonly #records: (Buffer | undefined)[];
  readonly #seriesRecords = new Map<number, Buffer>();
  readonly #mostDirectoryBytes: number;
  #aboveSeries: readonly [patient: Buffer, study: Buffer] | undefined;
  #directoryBytes = 0;

  /** @param members at least one, those of a series one after the other */
  constructor(members: readonly FileSetMember[], mostDirectoryBytes = MOST_DIRECTORY_BYTES) {
    this.#mostDirectoryBytes = mostDirectoryBytes;
    this.#places = placesOf(members);
    this.#records = members.map(() => undefined);
  }

  /** The File ID of a member, by its 0-based index: components of 8 characters at most. PS3.10 §8.2 */
  fileID(index: number): readonly string[] {
    const { seriesNumber, instanceNumber } = this.#place(index);
    return [component('SE', seriesNumber), component('IM', instanceNumber)];
  }

  /**
   * Tell the directory what a member holds, in any order; once for each.
   * @throws ArchiveError `too-large` when the directory would become so
   */
  describe(index: number, instance: DataSet): void {
    const { member, seriesNumber, instanceNumber } = this.#place(index);
    const type = instanceRecordType(member.sopClassUID);
    const file = { ...member, fileID: this.fileID(index) };
    this.#records[index] = this.#counted(encodeDirectoryRecord(directoryRecord(type, instance, instanceNumber), file));
    const encoded = (above: string): Buffer =>
      this.#counted(encodeDirectoryRecord(directoryRecord(above, instance, seriesNumber)));
    if (instanceNumber === 1) this.#seriesRecords.set(seriesNumber, encoded('SERIES'));
    if (index === 0) this.#aboveSeries = [encoded('PATIENT'), encoded('STUDY')];
  }

  /** The file named DICOMDIR, as pieces, when every member has been described. */
  directory(sopInstanceUID: string): readonly Buffer[] {
    const series = new Map<number, SeriesEntry>();
    for (const [index, { seriesNumber }] of this.#places.entries()) {
      const entry = series.get(seriesNumber) ?? { record: described(this.#seriesRecords.get(seriesNumber)), lower: [] };
      series.set(seriesNumber, entry);
      entry.lower.push({ record: described(this.#records[index]), lower: [] });
    }
    const [patient, study] = described(this.#aboveSeries);
    const root = { record: patient, lower: [{ record: study, lower: [...series.values()] }] };
    return encodeDICOMDIR([root], { sopInstanceUID, fileSetID: 'NCCID' });
  }

  #place(index: number): Place {
    return described(this.#places[index]);
  }

  #counted(record: Buffer): Buffer {
    this.#directoryBytes += record.length;
    if (this.#directoryBytes > this.#mostDirectoryBytes) throw tooLarge();
    return record;
  }
}

function placesOf(members: readonly FileSetMember[]): readonly Place[] {
  let seriesNumber = 0;
  let instanceNumber = 0;
  return members.map((member, index) => {
    const isSameSeries = members[index - 1]?.seriesInstanceUID === member.seriesInstanceUID;
    if (!isSameSeries) seriesNumber += 1;
    instanceNumber = isSameSeries ? instanceNumber + 1 : 1;
    return { member, seriesNumber, instanceNumber };
  });
}

const tooLarge = (): ArchiveError => new ArchiveError('too-large', 'The directory of so many instances is too large.');

/** Two letters and six digits; enough for what may be in one answer. */
const component = (prefix: string, number: number): string => prefix + String(number).padStart(6, '0');

function described<T>(thing: T | undefined): T {
  if (thing === undefined)
    throw new Error('Every member of a File-set is described before its directory is asked for.');
  return thing;
}
