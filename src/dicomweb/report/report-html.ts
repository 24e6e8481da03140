/**
 * A structured report as a page: headings by nesting, lists of what is said, no script, no outside resource. Every value is
 * text of strangers: escaped, set apart from the direction of writing around it, and cleared of what deceives the eye.
 * PS3.18 Table 8.7.4-1
 */
import type { CodedConcept } from '../../dicom/coded-concepts.js';
import type { ContentItem, OmittedItems } from '../../dicom/content-items.js';
import type { InstanceReference, ReferencedInstance } from '../../dicom/content-values.js';
import type { StructuredReport } from '../../dicom/structured-report.js';
import { escapeHTML } from '../../http/escape-html.js';
import { headerLines, reportTitle } from './report-header.js';
import type { ReportOptions } from './report-links.js';
import { PAGE_END, pageStart } from './report-page.js';
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

const LOWEST_HEADING = 6;

/** One item whose element is open: a section, or an entry in the list of the item above it. */
interface OpenElement {
  readonly end: string;
  hasOpenList: boolean;
}

/** Write the page in pieces, none of them much longer than what one item says. */
export function* reportAsHTML(report: StructuredReport, options: ReportOptions): Generator<string> {
  yield pageStart(shown(reportTitle(report)));
  yield* reportHeader(report);
  const open: OpenElement[] = [];
  for (const item of report.items()) {
    while (open.length > item.level) yield closed(open.pop());
    yield openItem(item, { open, options });
  }
  while (open.length > 0) yield closed(open.pop());
  yield `</main>\n${PAGE_END}`;
}

function* reportHeader(report: StructuredReport): Generator<string> {
  yield `<header>\n<h1>${isolated(reportTitle(report))}</h1>\n`;
  if (report.sopClass !== undefined) yield `<p>${value(report.sopClass)}</p>\n`;
  yield '<dl>\n';
  for (const line of headerLines(report)) yield `<dt>${line.name}</dt><dd>${isolated(line.value)}</dd>\n`;
  yield `</dl>\n</header>\n<main${report.language === undefined ? '' : ` lang="${report.language}"`}>\n`;
}

interface Page {
  readonly open: OpenElement[];
  readonly options: ReportOptions;
}

function openItem(item: ContentItem | OmittedItems, page: Page): string {
  const above = page.open.at(-1);
  if (item.position === undefined) return `${closeList(above)}<p>${omissionWords(item)}</p>\n`;
  if (item.value.type === 'CONTAINER' || above === undefined) {
    page.open.push({ end: '</section>\n', hasOpenList: false });
    return `${closeList(above)}<section id="item-${item.position}">\n${sectionStart(item, page)}`;
  }
  page.open.push({ end: '</dd>\n', hasOpenList: false });
  return `${openList(above)}<dt id="item-${item.position}">${nameOf(item)}</dt>\n<dd>${said(item, page)}\n`;
}

const closed = (element: OpenElement | undefined): string => closeList(element) + (element?.end ?? '');

function openList(element: OpenElement): string {
  if (element.hasOpenList) return '';
  element.hasOpenList = true;
  return '<dl>\n';
}

function closeList(element: OpenElement | undefined): string {
  if (element?.hasOpenList !== true) return '';
  element.hasOpenList = false;
  return '</dl>\n';
}

/** The root has its heading above the header; a section without a name needs none. */
function sectionStart(item: ContentItem, page: Page): string {
  const isRoot = item.level === 0;
  const heading = Math.min(item.level + 1, LOWEST_HEADING);
  const name = isRoot || item.concept === undefined ? '' : `<h${heading}>${nameOf(item)}</h${heading}>\n`;
  return item.value.type === 'CONTAINER' ? name + observed(item, 'p') : `${name}<p>${said(item, page)}</p>\n`;
}

function nameOf(item: ContentItem): string {
  const relationship = relationshipWords(item);
  return isolated(conceptWords(item)) + (relationship === undefined ? '' : ` <small>${value(relationship)}</small>`);
}

const said = (item: ContentItem, page: Page): string => content(item, page) + observed(item, 'small');

function content({ value: own }: ContentItem, page: Page): string {
  switch (own.type) {
    case 'TEXT':
      return own.text === undefined
        ? ''
        : `<bdi class="text">${value(own.text.text)}</bdi>${own.text.isCut ? ' <small>[cut here: too long]</small>' : ''}`;
    case 'CODE':
      return own.code === undefined ? '' : coded(own.code);
    case 'COMPOSITE':
    case 'IMAGE':
    case 'WAVEFORM':
      return own.instance === undefined ? '' : instance(own.instance, page);
    case 'BY-REFERENCE':
      return `<a href="#item-${own.position}">${valueWords(own)}</a>`;
    default:
      return isolated(valueWords(own));
  }
}

const coded = (code: CodedConcept): string => `${isolated(meaningOf(code))} <small>${isolated(codeOf(code))}</small>`;

function instance(reference: ReferencedInstance, page: Page): string {
  const shownWith = reference.presentation;
  return (
    linked(reference, instanceWords(reference), page) +
    (shownWith === undefined ? '' : `, shown with ${linked(shownWith, classWords(shownWith), page)}`)
  );
}

function linked(reference: InstanceReference, words: string, { options }: Page): string {
  const link = options.linkOf(reference);
  const text = value(words);
  const named = link === undefined ? text : `<a href="${escapeHTML(link)}">${text}</a>`;
  return `${named} <small>${isolated(reference.sopInstanceUID)}</small>`;
}

function observed({ observationDateTime }: ContentItem, element: 'p' | 'small'): string {
  if (observationDateTime === undefined) return '';
  return ` <${element}>observed ${value(dateTimeText(observationDateTime))}</${element}>`;
}

const value = (text: string): string => escapeHTML(shown(text));

const isolated = (text: string): string => `<bdi>${value(text)}</bdi>`;
