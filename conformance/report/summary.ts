/** The results of a run, counted. */
import type { Level } from '../check.js';
import type { Result, Verdict } from '../result.js';
import { GROUPS } from '../sections.js';

export interface RunReport {
  readonly url: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly milliseconds: number;
  readonly isReadOnly: boolean;
  /** Fixtures that the server did not store, and why. */
  readonly refused: Readonly<Record<string, string>>;
  /** Studies that are still there. */
  readonly left: readonly string[];
  readonly results: readonly Result[];
}

export const LEVELS: readonly Level[] = ['M', 'S', 'O', 'P'];
export const LEVEL_NAMES: Readonly<Record<Level, string>> = { M: 'must', S: 'should', O: 'optional', P: 'practice' };

export type Counts = Readonly<Record<Verdict, number>>;

export const countsOf = (results: readonly Result[]): Counts => ({
  pass: results.filter(({ verdict }) => verdict === 'pass').length,
  fail: results.filter(({ verdict }) => verdict === 'fail').length,
  skipped: results.filter(({ verdict }) => verdict === 'skipped').length,
});

/** The results of each section that has any, in the order of the sections. */
export const bySection = (results: readonly Result[]): readonly (readonly [title: string, Result[]])[] =>
  GROUPS.map(
    ([prefixes, title]) => [title, results.filter(({ id }) => prefixes.includes(prefixOf(id)))] as const,
  ).filter(([, found]) => found.length > 0);

const prefixOf = (id: string): string => id.slice(0, id.indexOf('-'));

/** Whether every requirement of level M holds that was checked. */
export const isConforming = (results: readonly Result[]): boolean =>
  results.every(({ level, verdict }) => level !== 'M' || verdict !== 'fail');
