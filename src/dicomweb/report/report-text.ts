/** A structured report as plain text: 78 columns, one step to the right a level. PS3.18 Table 8.7.4-1 */
import type { ContentItem, OmittedItems } from '../../dicom/content-items.js';
import type { InstanceReference } from '../../dicom/content-values.js';
import type { StructuredReport } from '../../dicom/structured-report.js';
import { headerLines, reportTitle } from './report-header.js';
import type { ReportOptions } from './report-links.js';
import { dateTimeText } from './report-times.js';
import {
  classWords,
  codeOf,
  conceptWords,
  instanceWords,
  meaningOf,
  omissionWords,
  relationshipWords,
  shown,
  valueWords,
} from './report-words.js';
import { wrapped } from './wrapped-text.js';

const COLUMNS = 78;
const STEP = 2;
/** Deeper levels stand no further to the right, for the text needs room. */
const MOST_INDENT = 30;
const NAME_COLUMNS = 22;

/** Write the text line by line. Lines end with a line feed. */
export function* reportAsText(report: StructuredReport, options: ReportOptions): Generator<string> {
  const title = shown(reportTitle(report)).replaceAll('\n', ' ');
  yield* wrapped(title, { indent: 0, columns: COLUMNS });
  yield `${'='.repeat(Math.min([...title].length, COLUMNS))}\n`;
  if (report.sopClass !== undefined) yield `${report.sopClass}\n`;
  yield '\n';
  for (const { name, value } of headerLines(report)) {
    // The name is no word, for the spaces behind it shall stay.
    const [first = '', ...others] = wrapped(shown(value), { indent: NAME_COLUMNS, columns: COLUMNS });
    yield `${name}:`.padEnd(NAME_COLUMNS) + first.trimStart();
    yield* others;
  }
  yield '\n';
  for (const item of report.items()) yield* itemText(item, options);
}

function* itemText(item: ContentItem | OmittedItems, options: ReportOptions): Generator<string> {
  // The root is what the whole text is about, and takes no step of its own.
  const indent = Math.min(Math.max(item.level - 1, 0) * STEP, MOST_INDENT);
  const place = { indent, columns: COLUMNS };
  if (item.position === undefined) {
    yield* wrapped(`[${omissionWords(item)}]`, place);
    return;
  }
  const when = item.observationDateTime === undefined ? '' : ` [observed ${dateTimeText(item.observationDateTime)}]`;
  const text = shown(valueText(item, options) + when);
  if (item.level === 0) {
    if (text !== '') yield* wrapped(text.trim(), place);
    return;
  }
  const relationship = relationshipWords(item);
  const name = shown(conceptWords(item) + (relationship === undefined ? '' : ` [${relationship}]`));
  if (item.value.type === 'CONTAINER') {
    yield '\n';
    yield* wrapped(`# ${name}${text}`, { ...place, hanging: indent + STEP });
  } else if (text.includes('\n')) {
    yield* wrapped(`${name}:`, place);
    yield* wrapped(text, { ...place, indent: indent + 2 * STEP });
  } else {
    yield* wrapped(`${name}: ${text}`, { ...place, hanging: indent + 2 * STEP });
  }
}

function valueText({ value }: ContentItem, options: ReportOptions): string {
  switch (value.type) {
    case 'TEXT':
      return value.text === undefined ? '' : value.text.text + (value.text.isCut ? ' [cut here: too long]' : '');
    case 'CODE':
      return value.code === undefined ? '' : `${meaningOf(value.code)} ${codeOf(value.code)}`;
    case 'COMPOSITE':
    case 'IMAGE':
    case 'WAVEFORM': {
      if (value.instance === undefined) return '';
      const { presentation } = value.instance;
      const shownWith = presentation && `, shown with ${named(presentation, classWords(presentation), options)}`;
      return named(value.instance, instanceWords(value.instance), options) + (shownWith ?? '');
    }
    default:
      return valueWords(value);
  }
}

function named(reference: InstanceReference, words: string, options: ReportOptions): string {
  return `${words} <${options.linkOf(reference) ?? reference.sopInstanceUID}>`;
}
