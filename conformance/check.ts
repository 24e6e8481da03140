/** What a check is, and the kit with which it asks, judges and remembers. */
import { isDeepStrictEqual } from 'node:util';
import type { Fixture } from './fixtures/fixture.js';
import type { Session, Subject } from './session.js';
import type { Answer, Ask } from './wire/client.js';
import { type Multipart, parseMultipart } from './wire/multipart.js';

/** Must, should, optional, or practice beyond the standard. */
export type Level = 'M' | 'S' | 'O' | 'P';

export interface Check {
  /** The requirement's ID. */
  readonly id: string;
  readonly level: Level;
  /** The section of PS3.18, or of what else asks for it. */
  readonly section: string;
  /** The requirement, in short. */
  readonly title: string;
  /** @throws Failure, Skipped, or any Error when an answer could not be had or read */
  readonly run: (trial: Trial) => Promise<void>;
}

/** A requirement that does not hold. */
export class Failure extends Error {
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`expected ${expected}; came ${came}`);
    this.expected = expected;
    this.came = came;
  }
}

/** A requirement that could not be judged, with the reason. */
export class Skipped extends Error {}

export const check = (id: string, level: Level, section: string, title: string, run: Check['run']): Check => ({
  id,
  level,
  section,
  title,
  run,
});

export const JSON_TYPE = 'application/dicom+json';
export const XML_TYPE = 'multipart/related; type="application/dicom+xml"';
export const DICOM_TYPE = 'multipart/related; type="application/dicom"';
export const AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*';
export const OCTETS_TYPE = 'multipart/related; type="application/octet-stream"';

const LONGEST_TOLD = 600;

/** One check at work. */
export class Trial {
  readonly session: Session;
  /** The last request and its answer. */
  last: Answer | undefined;
  /** What is allowed, but worth telling. */
  readonly notes: string[] = [];

  constructor(session: Session) {
    this.session = session;
  }

  async ask(target: string, ask: Ask = {}): Promise<Answer> {
    this.last = undefined;
    this.last = await this.session.client.ask(target, ask);
    return this.last;
  }

  /** GET with an Accept header; with none when it is undefined. */
  get(target: string, accept?: string, headers: Ask['headers'] = {}): Promise<Answer> {
    return this.ask(target, { headers: { ...(accept === undefined ? {} : { Accept: accept }), ...headers } });
  }

  /** GET what must be there. */
  async got(target: string, accept?: string, headers: Ask['headers'] = {}): Promise<Answer> {
    const answer = await this.get(target, accept, headers);
    this.status(answer, 200);
    return answer;
  }

  /** GET what must be multipart. */
  async parts(target: string, accept: string, headers: Ask['headers'] = {}): Promise<Multipart> {
    return parseMultipart(await this.got(target, accept, headers));
  }

  status(answer: Answer, ...expected: readonly number[]): void {
    if (expected.includes(answer.status)) return;
    throw new Failure(`status ${expected.join(' or ')}`, `status ${answer.status}${excerpt(answer)}`);
  }

  /** @throws Failure unless `holds` */
  expect(holds: boolean, expected: string, came: unknown): void {
    if (!holds) throw new Failure(expected, told(came));
  }

  equal(came: unknown, expected: unknown, what: string): void {
    if (isDeepStrictEqual(came, expected)) return;
    throw new Failure(`${what}: ${told(expected)}`, told(came));
  }

  sameBytes(came: Buffer, expected: Buffer, what: string): void {
    if (came.equals(expected)) return;
    const at = came.findIndex((byte, i) => byte !== expected[i]);
    const where = at === -1 ? '' : `, the first other one at ${at}`;
    throw new Failure(`${what}: ${expected.length} bytes as stored`, `${came.length} bytes${where}`);
  }

  /** No faults were found. */
  none(faults: readonly string[], expected: string): void {
    if (faults.length > 0) throw new Failure(expected, told(faults.join('; ')));
  }

  skip(why: string): never {
    throw new Skipped(why);
  }

  /** Whether an answer says that there are no results: 204, or an empty array, which QD-03 is the judge of. */
  isEmpty({ status, body }: Answer): boolean {
    return status === 204 || (status === 200 && /^\s*\[\s*\]\s*$/.test(body.toString('utf8')));
  }

  /** Skip an optional thing that the server answers it does not have. */
  offered(answer: Answer, what: string, ...notOffered: readonly number[]): void {
    if ([404, 405, 501, ...notOffered].includes(answer.status)) this.skip(`${what} is not offered (${answer.status})`);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** A fixture that the server stored. */
  fixture(name: string): Fixture {
    const found = this.session.fixtures.get(name);
    if (found !== undefined) return found;
    if (this.session.isReadOnly) this.skip(`read-only: the fixture ${name} is not stored`);
    this.skip(`the server did not store the fixture ${name}: ${this.session.refused.get(name) ?? 'it was not sent'}`);
  }

  /** Those of the fixtures that the server stored. @throws Skipped when it stored none of them */
  fixtures(...names: readonly string[]): readonly Fixture[] {
    const found = names.flatMap((name) => this.session.fixtures.get(name) ?? []);
    if (found.length === 0) this.fixture(names[0] ?? '');
    for (const name of names.filter((one) => !this.session.fixtures.has(one))) this.note(`without ${name}`);
    return found;
  }

  subject(): Subject {
    return this.session.subject ?? this.skip('the server holds nothing to ask for');
  }

  /** Skip what needs to store. */
  stores(): void {
    if (this.session.isReadOnly) this.skip('read-only');
  }
}

export const studyURL = ({ study }: Pick<Subject, 'study'>): string => `/studies/${study}`;
export const seriesURL = (subject: Pick<Subject, 'study' | 'series'>): string =>
  `${studyURL(subject)}/series/${subject.series}`;
export const instanceURL = (subject: Subject): string => `${seriesURL(subject)}/instances/${subject.instance}`;

/** The beginning of something, in one line for people to read. */
export function told(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
  return line.length > LONGEST_TOLD ? `${line.slice(0, LONGEST_TOLD)} … (${line.length} characters)` : line;
}

function excerpt({ body, headers }: Answer): string {
  const isText = headers('Content-Type').some((type) => /json|xml|text/i.test(type) && !/^multipart/i.test(type));
  return isText && body.length > 0 ? `: ${told(body.subarray(0, 2_000).toString('utf8'))}` : '';
}
