import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_CHECKS, CHECKS_BY_FILE } from '../../conformance/all-checks.js';
import { writeCoverage } from '../../conformance/coverage.js';
import { USAGE } from '../../conformance/options.js';
import { REQUIREMENTS, WITHOUT_CHECK } from '../../conformance/requirements.js';
import { GROUPS } from '../../conformance/sections.js';
import { localLinksIn, readDocument } from '../docs/markdown.js';

const prefixOf = (id: string): string => id.slice(0, id.indexOf('-'));

describe('the checks', () => {
  it('are one for each requirement that has no reason to have none', () => {
    const ids = ALL_CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids, ...Object.keys(WITHOUT_CHECK)].sort()).toEqual([...REQUIREMENTS].sort());
  });

  it('are of a section that the reports know', () => {
    const known = GROUPS.flatMap(([prefixes]) => prefixes);
    expect([...new Set(REQUIREMENTS.map(prefixOf))].filter((prefix) => !known.includes(prefix))).toEqual([]);
    expect(known.filter((prefix) => !REQUIREMENTS.some((id) => prefixOf(id) === prefix))).toEqual([]);
  });

  it('are in the files that are named', () => {
    for (const [file, checks] of Object.entries(CHECKS_BY_FILE)) {
      const text = readFileSync(`conformance/checks/${file}.ts`, 'utf8');
      for (const { id } of checks) expect(text, id).toContain(`'${id}'`);
    }
  });
});

it('COVERAGE.md is as the checks are', () => {
  expect(readFileSync('conformance/COVERAGE.md', 'utf8')).toBe(writeCoverage());
});

it.each(['README.md', 'COVERAGE.md', 'peers.md'])('%s links to files that are there', (name) => {
  const links = localLinksIn(readDocument(join('conformance', name)));
  expect(links.length + Number(name === 'README.md')).toBeGreaterThan(0);
  expect(links.filter((target) => !existsSync(join('conformance', target)))).toEqual([]);
});

it('README.md tells of every option', () => {
  const page = readDocument('conformance/README.md');
  const options = [...USAGE.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, option]) => option ?? '');
  expect(options.filter((option) => option !== '--help' && !page.includes(`\`${option}`))).toEqual([]);
});
