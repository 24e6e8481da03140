/** Faults in searching. */
import { answering, type Fault, fault, fieldOf, heading, reply, retarget, targets, text } from './fault.js';

const changed = (
  change: (results: Record<string, unknown>[]) => unknown[],
  matches = targets(/^\/(?:studies|series|instances)/),
) =>
  text(
    (body) => {
      const parsed: unknown = JSON.parse(body);
      return Array.isArray(parsed) ? JSON.stringify(change(parsed)) : body;
    },
    (request) => matches(request) && !/metadata/.test(request.target) && request.method === 'GET',
  );
const without = (tag: string) => changed((results) => results.map(({ [tag]: _gone, ...others }) => others));
const added = (tag: string, vr: string) => changed((results) => results.map((one) => ({ ...one, [tag]: { vr } })));

/** Every second page is turned round. */
const restless = (): ((results: Record<string, unknown>[]) => unknown[]) => {
  let isOdd = false;
  return (results) => {
    isOdd = !isOdd;
    return isOdd ? results : [...results].reverse();
  };
};

export const SEARCH_FAULTS: readonly Fault[] = [
  fault(
    'QD-01',
    'instances of a study are not searched',
    answering(targets(/^\/studies\/[\d.]+\/instances/), reply(404)),
  ),
  fault('QD-03', 'no results are an empty array', {
    answer: (answer) =>
      answer.status === 204
        ? { status: 200, headers: [['Content-Type', 'application/dicom+json']], body: Buffer.from('[]') }
        : answer,
  }),
  fault('QD-04', 'offset is ignored', retarget(/&offset=\d+/, '')),
  fault('QD-05', 'limit=0 is no limit', retarget(/&limit=0$/, '')),
  fault(
    'QD-06',
    'all results are remaining ones',
    heading('Warning', (value) => value.replace(/There are \d+/, 'There are 999')),
  ),
  fault(
    'QD-06',
    'there is no Warning',
    heading('Warning', () => undefined),
  ),
  fault('QD-07', 'the order is any', changed(restless(), targets(/limit=20/))),
  fault('QD-09', 'fuzzymatching is ignored without a word', {
    ...heading('Warning', () => undefined),
    ...retarget(/&fuzzymatching=true/, ''),
  }),
  fault('QD-10', 'emptyvaluematching is ignored without a word', {
    ...heading('Warning', () => undefined),
    ...retarget(/&emptyvaluematching=true/, ''),
  }),
  fault('QD-11', 'several values are any of them', {
    ...heading('Warning', () => undefined),
    ...retarget(/&multiplevaluematching=true/, ''),
  }),
  fault('QD-12', 'an encoded comma divides nothing', retarget(/includefield=00081030%2C00100030/, 'includefield=x')),
  fault('QD-13', 'all and more is an error of the server', answering(targets(/includefield=all&/), reply(500))),
  fault('QD-15', 'bad dates are ignored', retarget(/StudyDate=yesterday/, '')),
  fault('QD-16', 'what is below an unknown study is an error', answering(targets(/2\.25\.314/), reply(500))),
  fault('QD-17', 'keys of repositories are matched', answering(targets(/00080429/), reply(204))),
  fault(
    'QD-18',
    'a key of a lower level is ignored without a word',
    heading('Warning', () => undefined),
  ),
  fault('QD-19', 'time zones are ignored without a word', {
    ...heading('Warning', () => undefined),
    ...retarget(/TimezoneOffsetFromUTC=[^&]*&/, ''),
  }),
  fault('QM-01', 'Accession Number is ignored', retarget(/AccessionNumber=[^&]*/, '')),
  fault('QM-01', 'tags are unknown', retarget(/00100020=/, '00100021=')),
  fault('QM-02', 'Modality is ignored', retarget(/(?<!\w)Modality=[^&]*/, '')),
  fault('QM-03', 'SOP Class UID is ignored', retarget(/SOPClassUID=[^&]*/, '')),
  fault('QM-04', 'all instances are searched by no study', {
    request: (request) =>
      /^\/instances.*PatientID/.test(request.target)
        ? { ...request, target: request.target.replace(/PatientID=[^&]*/, '') }
        : request,
  }),
  fault('QM-05', 'Series Description is ignored', retarget(/SeriesDescription=[^&]*/, '')),
  fault('QR-01', 'counts are missing', without('00201206')),
  fault('QR-02', 'the count of a series is missing', without('00201209')),
  fault('QR-02', 'items of requests are missing', without('00400275')),
  fault('QR-03', 'the class of an instance is missing', without('00080016')),
  fault(
    'QR-04',
    'a series does not tell its patient',
    changed((results) => results.map(({ '00100020': _gone, ...others }) => others), targets(/^\/series/)),
  ),
  fault('QR-05', 'a study tells the modality of a series', added('00080060', 'CS')),
  fault('QR-06', 'all is all there is', added('0020000E', 'UI')),
  fault(
    'QR-07',
    'what has no value is missing',
    text((body) => body.replace(/"00080050":\{"vr":"SH"\},/g, '')),
  ),
  fault(
    'QR-07',
    'what has no value is an empty text',
    text((body) => body.replace('"00080050":{"vr":"SH"}', '"00080050":{"vr":"SH","Value":[""]}')),
  ),
  fault(
    'QR-08',
    'RetrieveURL is relative',
    text((body) => body.replace(/("00081190":\{"vr":"UR","Value":\[")http:\/\/[^/]*/g, '$1')),
  ),
  fault(
    'QR-09',
    'what is stored twice counts twice',
    text((body) => body.replace(/("00201208":\{"vr":"IS","Value":\["?)1("?\])/g, '$12$2')),
  ),
  fault(
    'QR-10',
    'results are said to be in the character set of the file',
    changed((results) => results.map((one) => ({ ...one, '00080005': { vr: 'CS', Value: ['GB18030'] } }))),
  ),
  fault('MA-01', 'identifiers have no case', retarget(/PatientID=([^&]*)-Abc/, 'PatientID=$1-abc')),
  fault('MA-02', 'a name matches nothing', answering(targets(/PatientName=SMITH/), reply(204))),
  fault('MA-03', 'a question mark is any number of characters', retarget(/%3F/g, '*')),
  fault('MA-03', 'an asterisk is an asterisk', retarget(/\*/g, '%5B%2A%5D')),
  fault('MA-04', 'UIDs have wildcards', retarget(/StudyInstanceUID=[\d.]+\*/, 'limit=5')),
  fault('MA-05', 'an asterisk needs a value', answering(targets(/AccessionNumber=\*&/), reply(204))),
  fault('MA-06', 'an empty key matches what is empty', answering(targets(/PatientSex=(?:&|$)/), reply(204))),
  fault('MA-07', 'the first of several UIDs counts', retarget(/(StudyInstanceUID=[\d.]+)(?:,|%2C)[\d.]+/, '$1')),
  fault('MA-08', 'the end of a range is not in it', retarget(/20200110-20200112/, '20200110-20200111')),
  fault('MA-08', 'open ranges are single days', retarget(/20200120-/, '20200120-20200119')),
  fault('MA-09', 'times cut short are whole ones', retarget(/StudyTime=10-1130/, 'StudyTime=100000-100000')),
  fault('MA-10', 'days and times of day are two ranges', retarget(/StudyTime=2200-0600/, 'StudyTime=2200-2400')),
  fault('MA-11', 'offsets are ignored', retarget(/(?<=AcquisitionDateTime=.*)%2B0100/g, '')),
  fault(
    'MA-12',
    'each key may match another item',
    retarget(
      /ScheduledProcedureStepID=SPS-A&RequestAttributesSequence\.RequestedProcedureID=RP-2/,
      'ScheduledProcedureStepID=SPS-A',
    ),
  ),
  fault('MA-13', 'items are not returned', without('00400275')),
  fault('MA-14', 'one value is not enough', answering(targets(/ModalitiesInStudy=SR/), reply(204))),
  fault('MA-15', 'several modalities are one', answering(targets(/ModalitiesInStudy=DX(?:,|%2C)/), reply(204))),
  fault('MA-16', 'integer strings match as any', retarget(/SeriesNumber=70/, 'SeriesNumber=7')),
  fault('MA-17', 'groups of names are not matched', answering(targets(/%3D/), reply(204))),
  fault('MA-18', 'spaces count', answering(targets(/PatientID=%20/), reply(204))),
  fault('MA-19', 'a percent sign is any number of characters', retarget(/50%25/, '50*')),
  fault('MA-19', 'an underscore is any character', retarget(/A_B/, 'A%3FB')),
  fault(
    'MA-20',
    'ignored keys are not told',
    heading('Warning', () => undefined),
  ),
  fault('MA-21', 'character sets are matched', answering(targets(/SpecificCharacterSet/), reply(204))),
  fault('QD-02', 'results as XML are one document', {
    answer: (answer, request) =>
      /xml/.test(fieldOf(request, 'Accept') ?? '')
        ? { ...answer, headers: [['Content-Type', 'application/xml']] }
        : answer,
  }),
  fault('QD-14', 'the creator is not returned', without('00230010')),
];
