/** The results as JUnit XML, as CI servers read it: a suite for each section, a case for each check. */
import { escapeXML } from '../dicom/xml.js';
import type { Result } from '../result.js';
import { bySection, countsOf, type RunReport } from './summary.js';

/** What XML 1.0 allows, without the characters that it does not. */
const lawful = (text: string): string =>
  text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
const attribute = (text: string): string => escapeXML(lawful(text));

const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(3);

export function writeJUnit(report: RunReport): string {
  const suites = bySection(report.results).map(([title, results]) => {
    const time = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    return [
      `  <testsuite name="${attribute(title)}" ${countsTold(results)} errors="0" time="${seconds(time)}" timestamp="${attribute(report.startedAt.slice(0, 19))}">`,
      ...results.map(caseOf),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="DICOMweb conformance of ${attribute(report.url)}" ${countsTold(report.results)} errors="0" time="${seconds(report.milliseconds)}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n');
}

function countsTold(results: readonly Result[]): string {
  const { fail, skipped } = countsOf(results);
  return `tests="${results.length}" failures="${fail}" skipped="${skipped}"`;
}

function caseOf(result: Result): string {
  const { id, level, section, title, verdict, expected = '', came = '', why = '', milliseconds } = result;
  const head = `    <testcase classname="${attribute(`${level} ${section}`)}" name="${attribute(`${id} ${title}`)}" time="${seconds(milliseconds)}"`;
  if (verdict === 'pass') return `${head}/>`;
  if (verdict === 'skipped') return `${head}><skipped message="${attribute(why)}"/></testcase>`;
  const detail = `expected ${expected}\ncame ${came}\n\n${result.request ?? ''}\n\n${result.answer ?? ''}`;
  const message = attribute(`expected ${expected}; came ${came}`);
  return `${head}><failure type="${level}" message="${message}">${escapeXML(lawful(detail)).replaceAll('&#10;', '\n')}</failure></testcase>`;
}
