/**
 * A structured report as XML for programs: its items nested as they are, with what they say as DICOM writes it. It is of no
 * namespace and has no schema elsewhere; whoever wants every attribute asks for the metadata as `application/dicom+xml`.
 * PS3.18 Table 8.7.4-1
 */
import type { BoundedNumbers } from '../../dicom/bounded-values.js';
import type { CodedConcept } from '../../dicom/coded-concepts.js';
import type { ContentItem } from '../../dicom/content-items.js';
import type { ContentValue, InstanceReference, ReferencedInstance } from '../../dicom/content-values.js';
import { joinPersonName, type PersonName } from '../../dicom/person-names.js';
import type { ReportObserver, StructuredReport } from '../../dicom/structured-report.js';
import { xmlText } from '../../dicom/xml-text.js';
import type { ReportOptions } from './report-links.js';

type Attributes = Readonly<Record<string, string | undefined>>;

/** Write the document in pieces, none of them much longer than what one item says. */
export function* reportAsXML(report: StructuredReport, options: ReportOptions): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<report${attributes({ sopInstanceUID: report.sopInstanceUID, kind: report.sopClass, language: report.language })}>\n`;
  for (const line of headerElements(report)) yield line === '' ? '' : `${line}\n`;
  let open = 0;
  for (const item of report.items()) {
    for (; open > item.level; open -= 1) yield '</item>\n';
    if (item.position === undefined) {
      yield `<omitted${attributes({ reason: item.reason })}/>\n`;
      continue;
    }
    yield itemStart(item, options);
    open += 1;
  }
  for (; open > 0; open -= 1) yield '</item>\n';
  yield '</report>\n';
}

function* headerElements(report: StructuredReport): Generator<string> {
  yield concept('title', report.title);
  yield element('patientName', written(report.patientName));
  yield element('patientID', report.patientID);
  yield element('patientBirthDate', report.patientBirthDate);
  yield element('patientSex', report.patientSex);
  yield element('studyDescription', report.studyDescription);
  yield element('studyDate', report.studyDate);
  yield element('accessionNumber', report.accessionNumber);
  yield element('seriesDescription', report.seriesDescription);
  yield element('referringPhysician', written(report.referringPhysician));
  yield element('institution', report.institution);
  yield element('manufacturer', report.manufacturer);
  yield element('contentDate', report.contentDate);
  yield element('contentTime', report.contentTime);
  yield element('preliminaryFlag', report.preliminaryFlag);
  yield element('completionFlag', report.completionFlag, { description: report.completionFlagDescription });
  yield element('verificationFlag', report.verificationFlag);
  for (const observer of report.verifyingObservers) yield observerElement('verifyingObserver', observer);
  for (const observer of report.authors) yield observerElement('author', observer);
  for (const request of report.requests) yield `<request${attributes({ ...request })}/>`;
  if (report.predecessorCount > 0) yield element('predecessorCount', `${report.predecessorCount}`);
}

function itemStart(item: ContentItem, options: ReportOptions): string {
  const { position, relationship, observationDateTime, value } = item;
  const valueType = value.type === 'OTHER' ? value.valueType : value.type;
  const isContinuous = value.type === 'CONTAINER' && value.isContinuous;
  const start = attributes({
    position,
    relationship,
    valueType,
    observationDateTime,
    continuity: isContinuous ? 'CONTINUOUS' : undefined,
  });
  const name = concept('concept', item.concept);
  return `<item${start}>${name}${valueElement(value, options)}\n`;
}

function valueElement(value: ContentValue, options: ReportOptions): string {
  switch (value.type) {
    case 'CONTAINER':
    case 'OTHER':
      return '';
    case 'TEXT':
      return element('text', value.text?.text, { isCut: value.text?.isCut === true ? 'true' : undefined });
    case 'CODE':
      return concept('code', value.code);
    case 'NUM':
      return element('number', value.number) + concept('unit', value.unit) + concept('qualifier', value.qualifier);
    case 'PNAME':
      return element('name', written(value.name));
    case 'DATE':
    case 'TIME':
    case 'DATETIME':
    case 'UIDREF':
      return element('value', value.text);
    case 'COMPOSITE':
    case 'IMAGE':
    case 'WAVEFORM':
      return value.instance === undefined ? '' : instanceElement(value.instance, options);
    case 'SCOORD':
    case 'SCOORD3D':
      return numbers('coordinates', value.coordinates, {
        graphicType: value.graphicType,
        frameOfReferenceUID: value.frameOfReferenceUID,
      });
    case 'TCOORD':
      return (
        element('range', value.rangeType) +
        numbers('samplePositions', value.samplePositions) +
        numbers('timeOffsets', value.timeOffsets) +
        value.dateTimes.map((dateTime) => element('dateTime', dateTime)).join('')
      );
    case 'BY-REFERENCE':
      return `<reference${attributes({ position: value.position })}/>`;
  }
}

function instanceElement(instance: ReferencedInstance, options: ReportOptions): string {
  return (
    `<instance${attributes(referenceAttributes(instance, options))}>` +
    numbers('frames', instance.frameNumbers) +
    numbers('segments', instance.segmentNumbers) +
    numbers('channels', instance.waveformChannels) +
    (instance.presentation === undefined
      ? ''
      : `<presentation${attributes(referenceAttributes(instance.presentation, options))}/>`) +
    '</instance>'
  );
}

const referenceAttributes = (reference: InstanceReference, { linkOf }: ReportOptions): Attributes => ({
  sopClassUID: reference.sopClassUID,
  sopInstanceUID: reference.sopInstanceUID,
  href: linkOf(reference),
});

const observerElement = (name: string, observer: ReportObserver): string =>
  `<${name}${attributes({ organization: observer.organization, dateTime: observer.dateTime })}>` +
  element('name', written(observer.name)) +
  concept('code', observer.code) +
  `</${name}>`;

const concept = (name: string, code: CodedConcept | undefined): string =>
  code === undefined ? '' : element(name, code.meaning, { value: code.value, scheme: code.scheme });

const numbers = (name: string, list: BoundedNumbers, others: Attributes = {}): string =>
  list.numbers.length === 0
    ? ''
    : element(name, list.numbers.join(' '), { ...others, isCut: list.isCut ? 'true' : undefined });

const element = (name: string, text: string | undefined, others: Attributes = {}): string =>
  text === undefined ? '' : `<${name}${attributes(others)}>${xmlText(text)}</${name}>`;

const attributes = (all: Attributes): string =>
  Object.entries(all)
    .flatMap(([name, text]) => (text === undefined ? [] : [` ${name}="${xmlText(text)}"`]))
    .join('');

const written = (name: PersonName | undefined): string | undefined => name && joinPersonName(name);
