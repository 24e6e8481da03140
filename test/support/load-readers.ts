/** Researchers and radiologists who read without pause what has been acknowledged, and note every answer that is wrong. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type WireAnswer } from '../http/wire.js';
import type { LoadedArchive, SentInstance } from './load-writers.js';
import { Seeded } from './seeded.js';

/** What a reader comes back after: a node that is gone, or says that it can not now. */
const COME_BACK = new Set([502, 503, 504]);
const RETRY_MS = 50;
/** So often a reader asks again before he says that he failed. */
const TRIES = 200;

export class LoadReaders {
  /** What was answered wrongly, or never. */
  readonly wrong: string[] = [];
  /** Answers that were right. */
  answers = 0;
  /** Times that a reader had to come back. */
  retries = 0;
  readonly #sent: readonly SentInstance[];
  readonly #count: number;

  /** @param sent what has been acknowledged by now; it may grow */
  constructor(sent: readonly SentInstance[], count: number) {
    this.#sent = sent;
    this.#count = count;
  }

  /** Read until `signal` says that it is enough. */
  async run(archive: LoadedArchive, signal: AbortSignal): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#count }, (_, n) => this.#read(archive, signal, new Seeded(`reader ${n}`))),
    );
  }

  async #read(archive: LoadedArchive, signal: AbortSignal, chance: Seeded): Promise<void> {
    const agent = new Agent({ keepAlive: true });
    while (!signal.aborted) {
      const one = this.#sent.length === 0 ? undefined : this.#sent[chance.below(this.#sent.length)];
      if (one === undefined) await sleep(RETRY_MS);
      else if (chance.below(2) === 0) await this.#search(archive, one, agent);
      else await this.#retrieve(archive, one, agent);
    }
    agent.destroy();
  }

  async #search(archive: LoadedArchive, { sopInstanceUID }: SentInstance, agent: Agent): Promise<void> {
    const path = `/dicom-web/instances?SOPInstanceUID=${sopInstanceUID}`;
    const answer = await this.#ask(archive, path, 'application/dicom+json', agent);
    const isRight = answer?.status === 200 && JSON.parse(answer.body.toString()).length === 1;
    this.#note(`${path}: ${answer?.status} ${answer?.body.toString().slice(0, 200)}`, isRight);
  }

  async #retrieve(archive: LoadedArchive, one: SentInstance, agent: Agent): Promise<void> {
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID, sha256 } = one;
    const path = `/dicom-web/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`;
    const answer = await this.#ask(archive, path, 'application/dicom; transfer-syntax=*', agent);
    const isRight = answer?.status === 200 && createHash('sha256').update(answer.body).digest('hex') === sha256;
    this.#note(`${path}: ${answer?.status}, ${answer?.body.length} bytes`, isRight);
  }

  async #ask(archive: LoadedArchive, path: string, accept: string, agent: Agent): Promise<WireAnswer | undefined> {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: accept };
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await ask(archive.url, path, { headers, agent }).catch(() => undefined);
      if (answer?.isComplete === true && !COME_BACK.has(answer.status)) return answer;
      this.retries += 1;
      await sleep(RETRY_MS);
    }
    return undefined;
  }

  #note(what: string, isRight: boolean): void {
    if (isRight) this.answers += 1;
    else this.wrong.push(what);
  }
}
