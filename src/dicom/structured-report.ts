/**
 * Structured reports, and Key Object Selections, which are some: what stands in their header, and their content. Anything may
 * be missing; nothing is judged. PS3.3 §A.35, §C.17
 */
import { TAG } from './attributes.js';
import { readLine } from './bounded-values.js';
import type { CharacterSet } from './character-sets.js';
import { type CodedConcept, findItems, readConcept } from './coded-concepts.js';
import { type ContentItem, contentItems, type OmittedItems } from './content-items.js';
import { type InstanceReference, readName, readReference } from './content-values.js';
import type { DataSet, Tag } from './data-set.js';
import type { PersonName } from './person-names.js';
import { STORAGE_SOP_CLASSES } from './sop-classes.js';
import { readCharacterSet } from './values.js';

export interface ReportObserver {
  readonly name: PersonName | undefined;
  readonly organization: string | undefined;
  /** As DICOM writes it. */
  readonly dateTime: string | undefined;
  readonly code: CodedConcept | undefined;
}

export interface ReportRequest {
  readonly accessionNumber: string | undefined;
  readonly placerOrderNumber: string | undefined;
  readonly fillerOrderNumber: string | undefined;
  readonly requestedProcedureID: string | undefined;
  readonly requestedProcedure: string | undefined;
}

/** An instance whose study and series a report tells. */
export interface LocatedReference extends InstanceReference {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
}

export interface StructuredReport {
  readonly sopInstanceUID: string | undefined;
  /** Its name: `Comprehensive SR`; undefined for a class that is not known. */
  readonly sopClass: string | undefined;
  /** The concept name of the root: `Imaging Measurement Report`. */
  readonly title: CodedConcept | undefined;
  /** Of the content, as BCP 47 writes it; undefined when the report does not say. */
  readonly language: string | undefined;
  readonly patientName: PersonName | undefined;
  readonly patientID: string | undefined;
  readonly patientBirthDate: string | undefined;
  readonly patientSex: string | undefined;
  readonly referringPhysician: PersonName | undefined;
  readonly studyDescription: string | undefined;
  readonly studyDate: string | undefined;
  readonly accessionNumber: string | undefined;
  readonly seriesDescription: string | undefined;
  readonly manufacturer: string | undefined;
  readonly institution: string | undefined;
  readonly contentDate: string | undefined;
  readonly contentTime: string | undefined;
  readonly preliminaryFlag: string | undefined;
  readonly completionFlag: string | undefined;
  readonly completionFlagDescription: string | undefined;
  readonly verificationFlag: string | undefined;
  readonly verifyingObservers: readonly ReportObserver[];
  readonly authors: readonly ReportObserver[];
  readonly requests: readonly ReportRequest[];
  /** How many documents it replaces or adds to. */
  readonly predecessorCount: number;
  /** The instances that it names, and where they are; the first ten thousand. One may come twice. PS3.3 §C.17.2.3 */
  readonly evidence: () => Generator<LocatedReference>;
  /** Its content, which begins anew at each call. @throws InvalidInstance as `contentItems` */
  readonly items: () => Generator<ContentItem | OmittedItems>;
}

/** Of observers and requests: nobody reads more. */
const MOST_LISTED = 100;
const MOST_EVIDENCE = 10_000;
/** Language of Content Item and Descendants, in CID 5000 and in what came before it. PS3.16 TID 1204 */
const LANGUAGE = '121049';
const LANGUAGE_SCHEMES: ReadonlySet<string> = new Set([
  'RFC5646',
  'RFC3066',
  'RFC4646',
  'ISO639_1',
  'ISO639_2',
  'IETF4646',
]);
const LANGUAGE_TAG = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/;
/** The language stands among the first items below the root. */
const MOST_ITEMS_BEFORE_LANGUAGE = 20;
const STORAGE = / Storage$/;

/**
 * Read the header of a report; its content is read as it is asked for.
 * @throws InvalidInstance C000H when Specific Character Set has more than 1 KiB
 */
export function readStructuredReport(dataSet: DataSet): StructuredReport {
  const characterSet = readCharacterSet(dataSet);
  const line = (tag: Tag): string | undefined => readLine(dataSet, tag, characterSet);
  return {
    sopInstanceUID: line(TAG.SOPInstanceUID),
    sopClass: STORAGE_SOP_CLASSES.get(line(TAG.SOPClassUID) ?? '')?.replace(STORAGE, ''),
    title: readConcept(dataSet, TAG.ConceptNameCodeSequence, characterSet),
    language: readLanguage(dataSet, characterSet),
    patientName: readName(dataSet, TAG.PatientName, characterSet),
    patientID: line(TAG.PatientID),
    patientBirthDate: line(TAG.PatientBirthDate),
    patientSex: line(TAG.PatientSex),
    referringPhysician: readName(dataSet, TAG.ReferringPhysicianName, characterSet),
    studyDescription: line(TAG.StudyDescription),
    studyDate: line(TAG.StudyDate),
    accessionNumber: line(TAG.AccessionNumber),
    seriesDescription: line(TAG.SeriesDescription),
    manufacturer: line(TAG.Manufacturer),
    institution: line(TAG.InstitutionName),
    contentDate: line(TAG.ContentDate),
    contentTime: line(TAG.ContentTime),
    preliminaryFlag: line(TAG.PreliminaryFlag),
    completionFlag: line(TAG.CompletionFlag),
    completionFlagDescription: line(TAG.CompletionFlagDescription),
    verificationFlag: line(TAG.VerificationFlag),
    verifyingObservers: readEach(dataSet, TAG.VerifyingObserverSequence, (item) => readVerifier(item, characterSet)),
    authors: readEach(dataSet, TAG.AuthorObserverSequence, (item) => readAuthor(item, characterSet)),
    requests: readEach(dataSet, TAG.ReferencedRequestSequence, (item) => readRequest(item, characterSet)),
    predecessorCount: countReferences(dataSet, TAG.PredecessorDocumentsSequence),
    evidence: () => evidenceOf(dataSet, characterSet),
    items: () => contentItems(dataSet, characterSet),
  };
}

const readEach = <Read>(dataSet: DataSet, tag: Tag, read: (item: DataSet) => Read): readonly Read[] =>
  findItems(dataSet, tag).slice(0, MOST_LISTED).map(read);

/** PS3.3 Table C.17-2 */
const readVerifier = (item: DataSet, characterSet: CharacterSet): ReportObserver => ({
  name: readName(item, TAG.VerifyingObserverName, characterSet),
  organization: readLine(item, TAG.VerifyingOrganization, characterSet),
  dateTime: readLine(item, TAG.VerificationDateTime, characterSet),
  code: readConcept(item, TAG.VerifyingObserverIdentificationCodeSequence, characterSet),
});

/** A person or a device. PS3.3 Table C.17-3b */
const readAuthor = (item: DataSet, characterSet: CharacterSet): ReportObserver => ({
  name: readName(item, TAG.PersonName, characterSet) ?? readName(item, TAG.StationName, characterSet),
  organization: readLine(item, TAG.InstitutionName, characterSet),
  dateTime: undefined,
  code: readConcept(item, TAG.PersonIdentificationCodeSequence, characterSet),
});

const readRequest = (item: DataSet, characterSet: CharacterSet): ReportRequest => ({
  accessionNumber: readLine(item, TAG.AccessionNumber, characterSet),
  placerOrderNumber: readLine(item, TAG.PlacerOrderNumberImagingServiceRequest, characterSet),
  fillerOrderNumber: readLine(item, TAG.FillerOrderNumberImagingServiceRequest, characterSet),
  requestedProcedureID: readLine(item, TAG.RequestedProcedureID, characterSet),
  requestedProcedure: readLine(item, TAG.RequestedProcedureDescription, characterSet),
});

function readLanguage(dataSet: DataSet, characterSet: CharacterSet): string | undefined {
  for (const item of findItems(dataSet, TAG.ContentSequence).slice(0, MOST_ITEMS_BEFORE_LANGUAGE)) {
    if (readConcept(item, TAG.ConceptNameCodeSequence, characterSet)?.value !== LANGUAGE) continue;
    const code = readConcept(item, TAG.ConceptCodeSequence, characterSet);
    return code && LANGUAGE_SCHEMES.has(code.scheme) && LANGUAGE_TAG.test(code.value) ? code.value : undefined;
  }
  return undefined;
}

function* evidenceOf(dataSet: DataSet, characterSet: CharacterSet): Generator<LocatedReference> {
  let count = 0;
  for (const tag of [TAG.CurrentRequestedProcedureEvidenceSequence, TAG.PertinentOtherEvidenceSequence]) {
    for (const { study, series, sop } of referencesIn(dataSet, tag)) {
      count += 1;
      if (count > MOST_EVIDENCE) return;
      const reference = readReference(sop, characterSet);
      const studyInstanceUID = readLine(study, TAG.StudyInstanceUID, characterSet);
      const seriesInstanceUID = readLine(series, TAG.SeriesInstanceUID, characterSet);
      if (reference === undefined || studyInstanceUID === undefined || seriesInstanceUID === undefined) continue;
      yield { ...reference, studyInstanceUID, seriesInstanceUID };
    }
  }
}

function countReferences(dataSet: DataSet, tag: Tag): number {
  let count = 0;
  for (const _ of referencesIn(dataSet, tag)) count += 1;
  return count;
}

/** The items of a Hierarchical SOP Instance Reference. PS3.3 §C.17.2.1 */
function* referencesIn(
  dataSet: DataSet,
  tag: Tag,
): Generator<{ readonly study: DataSet; readonly series: DataSet; readonly sop: DataSet }> {
  for (const study of findItems(dataSet, tag)) {
    for (const series of findItems(study, TAG.ReferencedSeriesSequence)) {
      for (const sop of findItems(series, TAG.ReferencedSOPSequence)) yield { study, series, sop };
    }
  }
}
