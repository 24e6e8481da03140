/**
 * What the conformance suite found in the archive itself: once as it is by default, once in strict mode. Nothing of it tells
 * when or where that was, so that two runs that found the same are told in the same words.
 */
import { bySection, countsOf, LEVEL_NAMES, LEVELS, type RunReport } from '../../../conformance/report/summary.js';
import type { Result } from '../../../conformance/result.js';
import { markdownTable } from './markdown-table.js';

export interface OwnServerReports {
  readonly byDefault: RunReport;
  readonly strict: RunReport;
  /** By ID why a requirement does not hold. */
  readonly reasons: Readonly<Record<string, string>>;
}

export const suiteValues = ({ byDefault, strict, reasons }: OwnServerReports) => ({
  'suite-levels': levelsTable(byDefault.results, strict.results),
  'suite-sections': sectionsTable(byDefault.results, strict.results),
  'suite-by-default': exceptions(byDefault, reasons),
  'suite-strict': exceptions(strict, reasons),
});

const HEAD = ['pass', 'fail', 'not judged', 'pass', 'fail', 'not judged'] as const;

const levelsTable = (byDefault: readonly Result[], strict: readonly Result[]): string =>
  markdownTable(
    ['level', ...HEAD],
    LEVELS.map((level) => {
      const counted = [byDefault, strict].flatMap((results) => counts(results.filter((one) => one.level === level)));
      return [LEVEL_NAMES[level], ...counted];
    }),
  );

function sectionsTable(byDefault: readonly Result[], strict: readonly Result[]): string {
  const strictly = new Map(bySection(strict));
  return markdownTable(
    ['section', ...HEAD],
    bySection(byDefault).map(([title, results]) => [title, ...counts(results), ...counts(strictly.get(title) ?? [])]),
  );
}

function counts(results: readonly Result[]): readonly string[] {
  const { pass, fail, skipped } = countsOf(results);
  return [pass, fail, skipped].map(String);
}

/** All that did not just pass. */
function exceptions({ results }: RunReport, reasons: Readonly<Record<string, string>>): string {
  const rows = results.flatMap((result) => {
    if (result.verdict === 'pass') return [];
    const [told, why] =
      result.verdict === 'fail' ? ['fail', failureTold(result, reasons)] : ['not judged', whyTold(result)];
    return [[result.id, LEVEL_NAMES[result.level], result.title, told, why]];
  });
  return markdownTable(['ID', 'level', 'requirement', 'result', 'why'], rows);
}

/** Of an answer its first words: what comes after them is of this run alone. */
const start = (text = ''): string => text.split(':')[0] ?? '';

const failureTold = ({ id, expected, came }: Result, reasons: Readonly<Record<string, string>>): string =>
  `${reasons[id] ?? 'Not explained.'} Expected ${expected}; came ${start(came)}.`;

const whyTold = ({ why }: Result): string => start(why);
