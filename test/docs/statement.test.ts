/** CAP-07: what PS3.18 wants declared is declared. That it is true is held by test/http/conformance.test.ts, which writes it. */
import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../conformance/report/summary.js';
import { STORAGE_SOP_CLASSES } from '../../src/dicom/sop-classes.js';
import { TRANSFER_SYNTAXES } from '../../src/dicom/transfer-syntaxes.js';
import { RouteTable } from '../../src/dicomweb/route-table.js';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { ArchiveError } from '../../src/errors.js';
import { NOT_HELD, NOT_HELD_STRICTLY } from '../conformance/own-server-lists.js';
import { readDocument, sectionOf, tableOf } from './markdown.js';
import { fillTemplate } from './statement/fill-template.js';
import { suiteValues } from './statement/suite-result.js';

const statement = readDocument('conformance/STATEMENT.md');

/** A section up to the next one of its rank. */
function section(heading: string): string {
  const rank = heading.slice(0, heading.indexOf(' ') + 1);
  const [text = ''] = sectionOf(statement, heading)
    .slice(heading.length + 1)
    .split(`\n${rank}`);
  return text;
}

describe('CAP-07 conformance/STATEMENT.md', () => {
  it.each([
    ['the services and their roles', '## Overview', ['Studies Service', 'Storage Commitment Service', 'Notifications']],
    ['what is not offered', '## Overview', ['Worklist Service', 'Non-Patient Instance Service']],
    ['the meaning of quality', '### Rendered resources', ['`quality`', 'libjpeg']],
    ['method and sizes of thumbnails', '### Rendered resources', ['thumbnail', '256', 'middle instance']],
    ['the most results', '## Search', ['at most 1,000 results', '`limit`', '`offset`']],
    ['fuzzy matching and its rules', '### Matching', ['`fuzzymatching`', 'begin a word of the name', 'accents']],
    ['matching of empty values and its rules', '### Matching', ['`emptyvaluematching`', '`""`']],
    ['matching of several values and its rules', '### Matching', ['`multiplevaluematching`', 'AE, AS, AT, CS']],
    ['time zones', '### Matching', ['TimezoneOffsetFromUTC']],
    ['Warnings of searches', '### Matching', ['not supported and have been ignored', 'additional results']],
    ['parameters that are optional', '## Search', ['`includefield`', '`accept`', '`charset`', '`fuzzymatching`']],
    ['the URI service', '### URI service', ['`GET /wado?', '`transferSyntax`', '`anonymize=yes`', '406']],
    ['extensions', '## Extensions', ['DELETE', '/count', 'text/csv', 'application/zip', '/attributes']],
    ['private attributes', '### Private attributes', ['(0009,xx01)', '`NCCID`', 'no private transfer syntax']],
    ['character sets', '## Support of character sets', ['UTF-8', '`ISO_IR 192`', '`GB18030`', '`ISO_IR 87`']],
    ['media types', '### Media types', ['application/dicom+xml', 'application/dicom+json', 'application/zip']],
    ['coercion', '## Store', ['SourceApplicationEntityTitle', '`B000`', 'Original Attributes Sequence']],
    ['failure and warning codes', '## Store', ['`0111`', '`A700`', '`C122`', '`B000`']],
    ['strict mode', '### Strict', ['406', '`C122`', 'ignored, with a Warning']],
    ['settings', '## Network interfaces and configuration', ['`NCCID_STRICT`', '`NCCID_CORS_ORIGINS`']],
    ['security', '## Security', ['Bearer', 'ES256', 'curator']],
    ['media', '## Media interchange', ['No Application Profile']],
  ])('tells of %s', (_, heading, features) => {
    const text = section(heading);
    expect(features.filter((feature) => !text.includes(feature))).toEqual([]);
  });

  it('lists every SOP Class, transfer syntax and route', () => {
    const firstCells = (text: string, ...head: readonly string[]) => tableOf(text, ...head).map(([first]) => first);
    expect(firstCells(section('## SOP Classes'), 'UID')).toEqual([...STORAGE_SOP_CLASSES.keys()]);
    expect(firstCells(section('## Transfer syntaxes'), 'UID')).toEqual(TRANSFER_SYNTAXES.map(({ uid }) => uid));
    expect(tableOf(statement, 'method', 'path').map(([method, path]) => `${method} ${path}`)).toEqual(
      ROUTES.map(({ method, template }) => `${method} ${template}`),
    );
  });

  it.each(['/studies/1/renderedmpr', '/studies/1/rendered3d', '/workitems'])(
    'says rightly that %s is not offered',
    (path) => {
      expect(() => new RouteTable(ROUTES).match('GET', path)).toThrow(ArchiveError);
    },
  );

  it('explains all that does not hold', () => {
    const results = section('## Result of the conformance suite');
    const untold = Object.entries({ ...NOT_HELD, ...NOT_HELD_STRICTLY }).filter(
      ([, reason]) => !results.includes(reason),
    );
    expect(untold).toEqual([]);
    expect(results).not.toContain('Not explained.');
  });

  it('tells nothing of the one run that was written down', () => {
    const results = section('## Result of the conformance suite');
    expect(results).not.toMatch(/2\.25\.\d|127\.0\.0\.1|\d{4}-\d{2}-\d{2}|[0-9a-f]{8}-[0-9a-f]{4}/);
  });
});

describe('what the suite found', () => {
  const run = (uid: string): RunReport => ({
    url: `http://127.0.0.1/${uid}`,
    startedAt: uid,
    milliseconds: uid.length,
    isReadOnly: false,
    refused: {},
    left: [],
    results: [
      {
        ...{
          id: 'MT-18',
          level: 'M',
          section: '8.7.3.4',
          title: 'decoded',
          verdict: 'fail',
          notes: [],
          milliseconds: 1,
        },
        ...{ expected: 'status 200', came: `status 406: {"compressed":["${uid}"]}`, request: uid, answer: uid },
      },
      {
        ...{ id: 'NT-01', level: 'O', section: '8.10', title: 'told', verdict: 'skipped', notes: [], milliseconds: 1 },
        why: `not stored: ${uid}`,
      },
    ],
  });
  const valuesOf = (report: RunReport) => suiteValues({ byDefault: report, strict: report, reasons: {} });

  it('is told in the same words whenever it was found', () => {
    expect(valuesOf(run('2.25.1'))).toEqual(valuesOf(run('2.25.98765')));
  });

  it('is told with what was expected and what came', () => {
    const told = valuesOf(run('2.25.1'));
    expect(told['suite-by-default']).toContain('Not explained. Expected status 200; came status 406.');
    expect(told['suite-by-default']).toContain('| NT-01 | optional | told | not judged | not stored |');
    expect(told['suite-levels']).toContain('| must | 0 | 1 | 0 | 0 | 1 | 0 |');
  });
});

describe('a template', () => {
  it('gets all values, each in every place of its name', () => {
    expect(fillTemplate('{{a}} and {{b-c}} and {{a}}', { a: '1', 'b-c': '$&' })).toBe('1 and $& and 1');
  });

  it('is refused with a name that nothing stands for, and with a value that has no place', () => {
    expect(() => fillTemplate('{{a}} {{b}}', { a: '1' })).toThrow('{{b}}');
    expect(() => fillTemplate('{{a}}', { a: '1', b: '2' })).toThrow('no place for b');
  });
});
