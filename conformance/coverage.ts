/** Which check covers each requirement, or why none does: the text of COVERAGE.md. */
import { CHECKS_BY_FILE } from './all-checks.js';
import type { Check } from './check.js';
import { LEVEL_NAMES } from './report/summary.js';
import { REQUIREMENTS, WITHOUT_CHECK } from './requirements.js';
import { GROUPS } from './sections.js';

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*');

/** @throws Error when a requirement has neither a check nor a reason, or both */
export function writeCoverage(): string {
  const checks = new Map<string, readonly [Check, string]>();
  for (const [file, list] of Object.entries(CHECKS_BY_FILE)) {
    for (const check of list) checks.set(check.id, [check, file]);
  }
  const sections = GROUPS.map(([prefixes, title]) => {
    const ids = REQUIREMENTS.filter((id) => prefixes.includes(id.slice(0, id.indexOf('-'))));
    return [
      `## ${title}`,
      '',
      '| ID | level | requirement | check |',
      '|---|---|---|---|',
      ...ids.map((id) => row(id, checks)),
      '',
    ];
  });
  return [
    '# What the suite covers',
    '',
    'Written by `npx tsx conformance/write-coverage.ts`; a test fails when it is not as that would write it.',
    `Of ${REQUIREMENTS.length} requirements, ${checks.size} have a check.`,
    '',
    ...sections.flat(),
  ].join('\n');
}

function row(id: string, checks: ReadonlyMap<string, readonly [Check, string]>): string {
  const found = checks.get(id);
  const reason = WITHOUT_CHECK[id];
  if ((found === undefined) === (reason === undefined))
    throw new Error(`${id} has neither a check nor a reason, or both.`);
  if (found !== undefined) {
    const [{ level, section, title }, file] = found;
    return `| ${id} | ${LEVEL_NAMES[level]} | ${escaped(title)} (${escaped(section)}) | [${file}](checks/${file}.ts) |`;
  }
  const [title = '', why = ''] = reason ?? [];
  return `| ${id} | | ${escaped(title)} | none: ${escaped(why)} |`;
}
