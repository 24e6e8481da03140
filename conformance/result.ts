/** What became of each check, in plain values. */
import { type Check, Failure, type Level, Skipped, Trial, told } from './check.js';
import type { Session } from './session.js';
import type { Answer } from './wire/client.js';

export type Verdict = 'pass' | 'fail' | 'skipped';

export interface Result {
  readonly id: string;
  readonly level: Level;
  readonly section: string;
  readonly title: string;
  readonly verdict: Verdict;
  /** Of a failure: what the requirement asks for. */
  readonly expected?: string;
  /** Of a failure: what came instead. */
  readonly came?: string;
  /** Of what was skipped: the reason. */
  readonly why?: string;
  readonly notes: readonly string[];
  /** The last request that the check made, and what was answered. */
  readonly request?: string;
  readonly answer?: string;
  readonly milliseconds: number;
}

const MAX_HEADER_CHARACTERS = 200;
const MAX_TARGET_CHARACTERS = 300;
const MAX_EXCERPT_BYTES = 400;

/** Run one check to its verdict; it never throws. */
export async function resultOf({ id, level, section, title, run }: Check, session: Session): Promise<Result> {
  const trial = new Trial(session);
  const started = performance.now();
  const verdict = await (async () => run(trial))().then(() => ({ verdict: 'pass' as const }), judged);
  return {
    id,
    level,
    section,
    title,
    ...verdict,
    notes: trial.notes,
    ...(trial.last === undefined ? {} : { request: requestTold(trial.last), answer: answerTold(trial.last) }),
    milliseconds: Math.round(performance.now() - started),
  };
}

function judged(error: unknown): Pick<Result, 'verdict' | 'expected' | 'came' | 'why'> {
  if (error instanceof Skipped) return { verdict: 'skipped', why: error.message };
  if (error instanceof Failure) return { verdict: 'fail', expected: error.expected, came: error.came };
  const came = error instanceof Error ? error.message : String(error);
  return { verdict: 'fail', expected: 'an answer that can be read', came: told(came) };
}

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);

const requestTold = ({ method, target, sent }: Answer): string =>
  [`${method} ${cut(target, MAX_TARGET_CHARACTERS)}`, ...sent.map((one) => cut(one, MAX_HEADER_CHARACTERS))].join('\n');

function answerTold({ status, rawHeaders, body }: Answer): string {
  const fields = rawHeaders.map(([name, value]) => cut(`${name}: ${value}`, MAX_HEADER_CHARACTERS));
  const start = body.subarray(0, MAX_EXCERPT_BYTES).toString('latin1');
  const excerpt = /[\u0000-\u0008\u000e-\u001f]/.test(start)
    ? ''
    : told(body.subarray(0, MAX_EXCERPT_BYTES).toString('utf8'));
  return [String(status), ...fields, `(${body.length} bytes)`, ...(excerpt === '' ? [] : [excerpt])].join('\n');
}
