/** The rows that a received instance becomes: what is searched, what is answered, and what a retrieval needs. */
import { promisify } from 'node:util';
import { crc32, deflateRaw, deflateRawSync } from 'node:zlib';
import type { Insertable } from 'kysely';
import type {
  InstanceContentTable,
  InstanceTable,
  SeriesRequestTable,
  SeriesTable,
  StudyTable,
} from '../../database/schema.js';
import { PIXEL_DATA_TAGS, TAG } from '../../dicom/attributes.js';
import { type DataSet, findBytes, findElement, isSequence, type Tag } from '../../dicom/data-set.js';
import { type BulkdataEntry, instanceMetadata } from '../../dicom/dicom-json.js';
import { documentBytes, documentMediaType } from '../../dicom/encapsulated-document.js';
import { encodeFrameTable, type FrameTable } from '../../dicom/frame-table.js';
import { personNameKeys } from '../../dicom/matching-names.js';
import { dateTimeBounds, normaliseValue } from '../../dicom/matching-values.js';
import type { Part10Header } from '../../dicom/part10-reader.js';
import { encodePixelFormat } from '../../dicom/pixel-format.js';
import { swapUnitBytes } from '../../dicom/swap-bytes.js';
import { offsetMinutes } from '../../dicom/timezones.js';
import { readCharacterSet, readNumber, readString } from '../../dicom/values.js';
import type { VR } from '../../dicom/vr.js';
import { encodeBulkdata, type StoredBulkdata } from '../read/stored-bulkdata.js';
import { answeredAttributes, type EncodedText, searchedRequests } from './answered-attributes.js';

const deflate = promisify<string, { level: number }, Buffer>(deflateRaw);
const DEFLATE = { level: 1 };
/** Metadata of up to so many characters is deflated on the spot: a few hundred microseconds, less than a thread costs. */
const DEFLATED_AT_ONCE = 64 * 1024;

/** Where an instance or series without a number stands: after all that have one. */
const WITHOUT_NUMBER = Number.MAX_SAFE_INTEGER;

type Given<Table, Columns extends keyof Table> = Omit<Insertable<Table>, Columns | 'id'>;

/** What an instance says of its study and its series. */
export interface LevelsDescription {
  readonly study: Given<
    StudyTable,
    'study_instance_uid' | 'patient_row_id' | 'site_id' | 'split' | 'modality_bits' | 'stored_at'
  > & { id?: never };
  readonly series: Given<
    SeriesTable,
    'series_instance_uid' | 'study_row_id' | 'kind' | 'split' | 'site_id' | 'instance_count'
  > & { readonly modality: string | null; id?: never };
  readonly requests: readonly Omit<SeriesRequestTable, 'series_row_id' | 'item_index'>[];
}

export interface InstanceDescription extends LevelsDescription {
  readonly instance: Pick<
    Insertable<InstanceTable>,
    | 'instance_number'
    | 'instance_order'
    | 'transfer_syntax_uid'
    | 'attributes'
    | 'frame_count'
    | 'pixel_format'
    | 'metadata_crc32'
  >;
  readonly content: Omit<InstanceContentTable, 'instance_row_id'>;
}

export interface InstanceSource {
  readonly header: Part10Header;
  readonly trailer: DataSet | undefined;
  readonly frames: FrameTable | undefined;
  /** CRC-32 of the value of native Pixel Data. */
  readonly pixelDataCRC32: number;
  /** By how many bytes the stored file's data set stands later than the received one's. */
  readonly shiftBytes: number;
}

/** Describe an instance for the index. @throws InvalidInstance when its metadata would be beyond all reason */
export async function describeInstance(source: InstanceSource): Promise<InstanceDescription> {
  const { dataSet } = source.header;
  const text = encodedText(dataSet);
  const kept = await content(source);
  return {
    ...levelsOf(text),
    instance: {
      instance_number: searched(text, TAG.InstanceNumber, 'IS'),
      instance_order: readNumber(dataSet, TAG.InstanceNumber) ?? WITHOUT_NUMBER,
      transfer_syntax_uid: source.header.transferSyntax.uid,
      attributes: answeredAttributes(text, 'instance'),
      frame_count: source.frames?.frameCount ?? 0,
      pixel_format: encodePixelFormat(source.header),
      metadata_crc32: crc32(kept.metadata),
    },
    content: kept,
  };
}

/** Patient ID as it stands in the data set; empty when there is none. */
export const sentPatientID = (dataSet: DataSet): string =>
  readString(dataSet, TAG.PatientID, readCharacterSet(dataSet)) ?? '';

/** Describe the study and the series of an instance. */
export const describeLevels = (dataSet: DataSet): LevelsDescription => levelsOf(encodedText(dataSet));

const encodedText = (dataSet: DataSet): EncodedText => ({ dataSet, characterSet: readCharacterSet(dataSet) });

const levelsOf = (text: EncodedText): LevelsDescription => ({
  study: studyColumns(text),
  series: seriesColumns(text),
  requests: requestRows(text),
});

function studyColumns(text: EncodedText): InstanceDescription['study'] {
  const patient = nameColumns(text, TAG.PatientName);
  const physician = nameColumns(text, TAG.ReferringPhysicianName);
  return {
    study_date: searched(text, TAG.StudyDate, 'DA') ?? '',
    study_time: searched(text, TAG.StudyTime, 'TM'),
    study_instant: instant(text, TAG.StudyDate, TAG.StudyTime),
    accession_number: searched(text, TAG.AccessionNumber, 'SH'),
    study_id: searched(text, TAG.StudyID, 'SH'),
    study_description: searched(text, TAG.StudyDescription, 'LO'),
    patient_id: searched(text, TAG.PatientID, 'LO'),
    patient_birth_date: searched(text, TAG.PatientBirthDate, 'DA'),
    patient_sex: searched(text, TAG.PatientSex, 'CS'),
    patient_name: patient.alphabetic,
    patient_name_ideographic: patient.ideographic,
    patient_name_phonetic: patient.phonetic,
    referring_physician_name: physician.alphabetic,
    referring_physician_name_ideographic: physician.ideographic,
    referring_physician_name_phonetic: physician.phonetic,
    attributes: answeredAttributes(text, 'study'),
  };
}

function seriesColumns(text: EncodedText): InstanceDescription['series'] {
  return {
    modality: searched(text, TAG.Modality, 'CS'),
    series_number: searched(text, TAG.SeriesNumber, 'IS'),
    series_order: readNumber(text.dataSet, TAG.SeriesNumber) ?? WITHOUT_NUMBER,
    series_description: searched(text, TAG.SeriesDescription, 'LO'),
    series_date: searched(text, TAG.SeriesDate, 'DA'),
    body_part_examined: searched(text, TAG.BodyPartExamined, 'CS'),
    manufacturer: searched(text, TAG.Manufacturer, 'LO'),
    manufacturer_model_name: searched(text, TAG.ManufacturerModelName, 'LO'),
    performed_procedure_step_start_date: searched(text, TAG.PerformedProcedureStepStartDate, 'DA'),
    performed_procedure_step_start_time: searched(text, TAG.PerformedProcedureStepStartTime, 'TM'),
    performed_procedure_step_start_instant: instant(
      text,
      TAG.PerformedProcedureStepStartDate,
      TAG.PerformedProcedureStepStartTime,
    ),
    attributes: answeredAttributes(text, 'series'),
  };
}

function requestRows(text: EncodedText): InstanceDescription['requests'] {
  return searchedRequests(text).map(({ item }) => ({
    scheduled_procedure_step_id: searched(item, TAG.ScheduledProcedureStepID, 'SH'),
    requested_procedure_id: searched(item, TAG.RequestedProcedureID, 'SH'),
  }));
}

/** The first value in the form in which it is searched; none of one with a NUL, which is in no text that PostgreSQL takes. */
function searched({ dataSet, characterSet }: EncodedText, tag: Tag, vr: VR): string | null {
  const value = readString(dataSet, tag, characterSet);
  return value === undefined || value.includes('\0') ? null : (normaliseValue(vr, value) ?? null);
}

/** A date and a time in UTC, where the instance says in what offset from UTC they are. */
function instant(text: EncodedText, dateTag: Tag, timeTag: Tag): string | null {
  const timezone = searched(text, TAG.TimezoneOffsetFromUTC, 'SH');
  if (timezone === null || offsetMinutes(timezone) === undefined) return null;
  const [date, time] = [searched(text, dateTag, 'DA'), searched(text, timeTag, 'TM')];
  return date === null || time === null ? null : (dateTimeBounds(`${date}${time}`, timezone)?.from ?? null);
}

function nameColumns({ dataSet, characterSet }: EncodedText, tag: Tag) {
  const { alphabetic, ideographic, phonetic } = personNameKeys(readString(dataSet, tag, characterSet) ?? '');
  return { alphabetic: alphabetic || null, ideographic: ideographic || null, phonetic: phonetic || null };
}

async function content(source: InstanceSource): Promise<InstanceDescription['content']> {
  const { header, trailer, frames } = source;
  const { json, bulkdata } = instanceMetadata({ dataSet: header.dataSet, pixelData: header.pixelData, trailer });
  return {
    metadata: json.length <= DEFLATED_AT_ONCE ? deflateRawSync(json, DEFLATE) : await deflate(json, DEFLATE),
    bulkdata: encodeBulkdata(bulkdata.map((entry) => storedBulkdata(entry, source))),
    frame_table: frames === undefined ? null : encodeFrameTable(frames),
  };
}

function storedBulkdata(entry: BulkdataEntry, source: InstanceSource): StoredBulkdata {
  const { header, trailer, shiftBytes } = source;
  const isPixelData = PIXEL_DATA_TAGS.has(Number.parseInt(entry.path, 16)) && !entry.path.includes('/');
  const bytes = isPixelData ? undefined : (valueAt(header.dataSet, entry.path) ?? valueAt(trailer, entry.path));
  const bitsAllocated = isPixelData ? readNumber(header.dataSet, TAG.BitsAllocated) : undefined;
  const stored = {
    path: entry.path,
    offset: entry.valueOffset + shiftBytes,
    lengthBytes: entry.lengthBytes,
    crc32: bytes === undefined ? source.pixelDataCRC32 : crc32(bytes),
    swapUnitBytes: entry.byteOrder === 'big' ? swapUnitBytes(entry.vr, bitsAllocated) : 1,
  };
  return { ...stored, ...(entry.path === DOCUMENT_PATH ? documentOf(header.dataSet, bytes) : {}) };
}

const DOCUMENT_PATH = '00420011';

/** An encapsulated document goes out as what it is, without the byte that pads it. PS3.3 §C.24.2 */
function documentOf(dataSet: DataSet, padded: Buffer | undefined): Partial<StoredBulkdata> {
  const mediaType = documentMediaType(dataSet);
  const bytes = documentBytes(dataSet);
  const isPadded = bytes !== undefined && bytes.length !== padded?.length;
  return {
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(isPadded ? { lengthBytes: bytes.length, crc32: crc32(bytes) } : {}),
  };
}

/** The bytes of the value that a bulkdata path names. */
function valueAt(dataSet: DataSet | undefined, path: string): Buffer | undefined {
  let level = dataSet;
  const steps = path.split('/');
  while (steps.length > 1 && level !== undefined) {
    const element = findElement(level, Number.parseInt(steps.shift() ?? '', 16));
    const index = Number(steps.shift());
    level = element !== undefined && isSequence(element) ? element.items[index] : undefined;
  }
  return level === undefined ? undefined : findBytes(level, Number.parseInt(steps[0] ?? '', 16));
}
