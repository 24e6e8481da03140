/** Records for the index, made up without files. */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { IndexRecord, StoringSite } from '../../src/archive/index/index-record.js';

export interface MadeUp {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly site: StoringSite;
  readonly modality?: string | null;
  readonly studyDate?: string;
  readonly patientID?: string;
  readonly patientName?: string;
  /** What the file holds; by default something of its own. */
  readonly content?: string;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A record as a received instance of that study, series and instance would give it. */
export function madeUpRecord(about: MadeUp): IndexRecord {
  const { study, series, instance, site, modality = 'CT', studyDate = '20200401', patientID = 'P1' } = about;
  const sha256 = hash(about.content ?? instance);
  return {
    identity: {
      studyInstanceUID: study,
      seriesInstanceUID: series,
      sopInstanceUID: instance,
      sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
    },
    site,
    patientID,
    blobKey: `studies/${study}/${series}/${instance}.${sha256.slice(0, 16)}.dcm`,
    generation: 0,
    sha256,
    sha256AsSent: sha256,
    crc32: 4_294_967_295,
    sizeBytes: 5_000_000_000,
    description: {
      study: {
        study_date: studyDate,
        study_time: null,
        study_instant: null,
        accession_number: null,
        study_id: null,
        study_description: null,
        patient_id: patientID,
        patient_birth_date: null,
        patient_sex: null,
        patient_name: about.patientName ?? null,
        patient_name_ideographic: null,
        patient_name_phonetic: null,
        referring_physician_name: null,
        referring_physician_name_ideographic: null,
        referring_physician_name_phonetic: null,
        attributes: '{}',
      },
      series: {
        modality,
        series_number: '1',
        series_order: 1,
        series_description: null,
        series_date: null,
        body_part_examined: null,
        manufacturer: null,
        manufacturer_model_name: null,
        performed_procedure_step_start_date: null,
        performed_procedure_step_start_time: null,
        performed_procedure_step_start_instant: null,
        attributes: '{}',
      },
      requests: [],
      instance: {
        instance_number: null,
        instance_order: Number.MAX_SAFE_INTEGER,
        transfer_syntax_uid: '1.2.840.10008.1.2.1',
        attributes: '{}',
        frame_count: 1,
      },
      content: {
        metadata: metadataOf({ modality, studyDate, patientID, patientName: about.patientName }),
        bulkdata: '[]',
        frame_table: null,
      },
    },
  };
}

interface Told extends Pick<MadeUp, 'modality'> {
  readonly studyDate: string;
  readonly patientID: string;
  readonly patientName: string | undefined;
}

/** The same in DICOM JSON: what is left of a study when its first instance goes is told by that of the next. */
function metadataOf({ modality, studyDate, patientID, patientName }: Told): Buffer {
  const element = (vr: string, value: unknown) =>
    value === undefined || value === '' ? { vr } : { vr, Value: [value] };
  return deflateRawSync(
    JSON.stringify({
      '00080020': element('DA', studyDate),
      '00080060': element('CS', modality ?? ''),
      '00100010': element('PN', patientName && { Alphabetic: patientName }),
      '00100020': element('LO', patientID),
      '00200011': element('IS', 1),
    }),
  );
}
