/** What stands above the content of a report, as names and values. */
import type { PersonName } from '../../dicom/person-names.js';
import type { ReportObserver, ReportRequest, StructuredReport } from '../../dicom/structured-report.js';
import { dateText, dateTimeText, timeText } from './report-times.js';
import { meaningOf, nameWords } from './report-words.js';

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** What a report is called: by itself, or else by its kind. */
export const reportTitle = ({ title, sopClass }: StructuredReport): string =>
  (title && meaningOf(title)) ?? sopClass ?? 'Structured report';

/** The lines of the header that have something to say. Of the patient they tell what the instance does: pseudonyms. */
export function headerLines(report: StructuredReport): readonly HeaderLine[] {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Patient', patientWords(report)],
    ['Study', joined([report.studyDescription, dated(report.studyDate)])],
    ['Accession number', report.accessionNumber],
    ['Series', report.seriesDescription],
    ['Referring physician', named(report.referringPhysician)],
    ['Institution', report.institution],
    ['Manufacturer', report.manufacturer],
    ['Report of', joined([dated(report.contentDate), report.contentTime && timeText(report.contentTime)], ' ')],
    ['Preliminary', report.preliminaryFlag],
    ['Completion', joined([report.completionFlag, report.completionFlagDescription])],
    ['Verification', report.verificationFlag],
    ...report.verifyingObservers.map((observer) => ['Verified by', observerWords(observer)] as const),
    ...report.authors.map((observer) => ['Author', observerWords(observer)] as const),
    ...report.requests.map((request) => ['Request', requestWords(request)] as const),
    ['Earlier documents', report.predecessorCount === 0 ? undefined : `${report.predecessorCount}`],
  ];
  return lines.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]));
}

const patientWords = (report: StructuredReport): string =>
  joined([
    named(report.patientName),
    report.patientID && `ID ${report.patientID}`,
    dated(report.patientBirthDate) && `born ${dated(report.patientBirthDate)}`,
    report.patientSex,
  ]);

const observerWords = ({ name, organization, dateTime, code }: ReportObserver): string =>
  joined([named(name), organization, code && meaningOf(code), dateTime && dateTimeText(dateTime)]);

const requestWords = (request: ReportRequest): string =>
  joined([
    request.requestedProcedure,
    request.requestedProcedureID,
    request.accessionNumber && `accession ${request.accessionNumber}`,
    request.placerOrderNumber && `placer ${request.placerOrderNumber}`,
    request.fillerOrderNumber && `filler ${request.fillerOrderNumber}`,
  ]);

const joined = (parts: readonly (string | undefined)[], by = ', '): string =>
  parts.filter((part) => part !== undefined && part !== '').join(by);

const named = (name: PersonName | undefined): string | undefined => name && nameWords(name);

const dated = (date: string | undefined): string | undefined => date && dateText(date);
