/** The results for a terminal: failures in detail, then a table. */
import type { Result } from '../result.js';
import { bySection, countsOf, isConforming, LEVEL_NAMES, LEVELS, type RunReport } from './summary.js';

const indented = (text: string, first: string): string =>
  first + text.split('\n').join(`\n${' '.repeat(first.length)}`);

function failureTold({ id, level, section, title, expected, came, request }: Result): string {
  return [
    `FAIL ${id} (${LEVEL_NAMES[level]}, ${section}): ${title}`,
    ...(request === undefined ? [] : [indented(request, '     request   ')]),
    indented(expected ?? '', '     expected  '),
    indented(came ?? '', '     came      '),
  ].join('\n');
}

/** Whole text, without a line end at its end. */
export function writeText(report: RunReport): string {
  const { results, refused, left } = report;
  const failures = results.filter(({ verdict }) => verdict === 'fail').map(failureTold);
  const skipped = results.filter(({ verdict }) => verdict === 'skipped').map(({ id, why }) => `SKIP ${id}: ${why}`);
  const notes = results.filter((one) => one.notes.length > 0).map(({ id, notes }) => `NOTE ${id}: ${notes.join('; ')}`);
  const unstored = Object.entries(refused).map(([name, why]) => `The fixture ${name} was not stored: ${why}`);
  const { pass, fail, skipped: skips } = countsOf(results);
  return [
    ...failures.flatMap((text) => [text, '']),
    ...skipped,
    ...notes,
    ...unstored,
    '',
    table(results),
    '',
    `${report.url}: ${pass} hold, ${fail} do not, ${skips} could not be judged.`,
    isConforming(results)
      ? 'Every requirement of level M that was judged holds.'
      : 'Not every requirement of level M holds.',
    ...(left.length > 0
      ? [`Left on the server, for it does not delete: ${left.length} studies under ${commonStart(left)}.`]
      : []),
  ].join('\n');
}

/** `passed/judged` of each level, section by section. */
function table(results: readonly Result[]): string {
  const rows = [...bySection(results), ['all', [...results]] as const].map(([title, list]) => [
    title,
    ...LEVELS.map((level) => cell(list.filter((one) => one.level === level))),
    String(countsOf(list).skipped || ''),
  ]);
  const all = [['', ...LEVELS.map((level) => LEVEL_NAMES[level]), 'skipped'], ...rows];
  const widths = all[0]?.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cell(results: readonly Result[]): string {
  const { pass, fail } = countsOf(results);
  return pass + fail === 0 ? '' : `${pass}/${pass + fail}${fail > 0 ? '!' : ''}`;
}

const commonStart = ([first = '', ...others]: readonly string[]): string => {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
};
