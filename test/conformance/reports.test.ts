import { describe, expect, it } from 'vitest';
import { readXML, type XMLElement } from '../../conformance/dicom/xml.js';
import { writeHTML } from '../../conformance/report/html.js';
import { writeJUnit } from '../../conformance/report/junit.js';
import { bySection, isConforming, type RunReport } from '../../conformance/report/summary.js';
import { writeText } from '../../conformance/report/text.js';
import type { Result } from '../../conformance/result.js';

const NASTY = '<script>alert("1 & 2")</script>\u0000 ]]> \ud800 é';
const result = (
  id: string,
  level: Result['level'],
  verdict: Result['verdict'],
  more: Partial<Result> = {},
): Result => ({
  id,
  level,
  section: '8.3',
  title: `title of ${id}`,
  verdict,
  notes: [],
  milliseconds: 12,
  ...more,
});
const failure = { expected: NASTY, came: NASTY, request: `GET /${NASTY}`, answer: NASTY };
const RESULTS = [
  result('QP-01', 'M', 'pass', { notes: [NASTY] }),
  result('QP-02', 'M', 'fail', failure),
  result('QD-01', 'S', 'skipped', { why: NASTY }),
  result('X-03', 'P', 'fail', failure),
];
const reportOf = (results: readonly Result[]): RunReport => ({
  url: 'http://127.0.0.1/dw',
  startedAt: '2024-05-06T07:08:09.123Z',
  milliseconds: 3_456,
  isReadOnly: false,
  refused: { J2K: NASTY },
  left: ['2.25.1.1', '2.25.1.2'],
  results,
});

const all = (element: XMLElement, name: string): readonly XMLElement[] => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => all(child, name)),
];

describe('JUnit XML', () => {
  const root = readXML(Buffer.from(writeJUnit(reportOf(RESULTS))));

  it('is a suite for each section, and a case for each check', () => {
    expect(root.name).toBe('testsuites');
    expect([root.attributes.get('tests'), root.attributes.get('failures'), root.attributes.get('skipped')]).toEqual([
      '4',
      '2',
      '1',
    ]);
    expect(all(root, 'testsuite').map((suite) => suite.attributes.get('tests'))).toEqual(['2', '1', '1']);
    expect(all(root, 'testcase').map((one) => one.attributes.get('name'))).toEqual(
      RESULTS.map(({ id, title }) => `${id} ${title}`),
    );
  });

  it('has no member that the schema does not know', () => {
    const known = new Set(['testsuites', 'testsuite', 'testcase', 'failure', 'skipped']);
    const names = (element: XMLElement): readonly string[] => [element.name, ...element.children.flatMap(names)];
    expect(names(root).filter((name) => !known.has(name))).toEqual([]);
    for (const suite of all(root, 'testsuite')) {
      for (const name of ['name', 'tests', 'failures', 'errors', 'time']) expect(suite.attributes.has(name)).toBe(true);
      expect(suite.attributes.get('timestamp')).toBe('2024-05-06T07:08:09');
    }
  });

  it('holds what came, without what XML can not hold', () => {
    const [failed] = all(root, 'failure');
    expect(failed?.text).toContain('<script>alert("1 & 2")</script>\ufffd ]]>');
  });
});

describe('the page', () => {
  const page = writeHTML(reportOf(RESULTS));

  it('needs nothing from elsewhere, and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|src=/i);
    expect(page).toMatch(/^<!doctype html>/);
  });

  it('tells of every check, and of failures first', () => {
    for (const { id } of RESULTS) expect(page).toContain(id);
    expect(page.indexOf('Failures')).toBeLessThan(page.indexOf('All requirements'));
  });
});

describe('the text', () => {
  const text = writeText(reportOf(RESULTS));

  it('has failures, then reasons, then the table', () => {
    expect(text.indexOf('FAIL QP-02')).toBe(0);
    expect(text.indexOf('FAIL QP-02')).toBeLessThan(text.indexOf('SKIP QD-01'));
    expect(text).toMatch(/URIs and queries.*1\/2!/);
    expect(text).toMatch(/all .*1\/2! .*0\/1!/);
  });

  it('says what is left on the server', () => {
    expect(text).toContain('2 studies under 2.25.1.');
  });
});

describe('the verdict of a run', () => {
  it('turns on level M alone', () => {
    expect(isConforming(RESULTS)).toBe(false);
    expect(isConforming(RESULTS.filter(({ level, verdict }) => level !== 'M' || verdict !== 'fail'))).toBe(true);
  });

  it('has every result in a section', () => {
    expect(bySection(RESULTS).flatMap(([, list]) => list)).toHaveLength(RESULTS.length);
  });
});
