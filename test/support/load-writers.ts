/**
 * Hospitals that send without pause, through whatever befalls the server: each writer keeps a note of what was acknowledged to
 * him, and sends again what was not. Two writers at a time send the very same, so that they meet at every key.
 */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../http/wire.js';
import { ctFile } from './part10.js';
import { multipartBody } from './running-archive.js';
import { Seeded } from './seeded.js';

const STUDIES_OF_WRITER = 5;
const INSTANCES_OF_REQUEST = 5;
/** Of 16 bits each: from 0.1 to 0.5 MB, and now and then more than a blob that is written in one piece. */
const SIDES_IN_PIXELS = [224, 256, 320, 384, 512, 512, 512, 800];
const RETRY_MS = 10;

/** Where the writers send to, and whoever looks for what they sent asks. */
export interface LoadedArchive {
  readonly url: string;
  readonly siteToken: string;
  readonly curatorToken: string;
}

/** What a client comes back after: a node that is gone, or says that it can not now. */
const COME_BACK = new Set([502, 503, 504]);

export interface SentInstance {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly sha256: string;
}

/** What writers know of an archive. */
type StoredInto = Pick<LoadedArchive, 'url' | 'siteToken'>;

interface SentRequest {
  readonly instances: readonly SentInstance[];
  readonly body: Buffer;
}

export class LoadWriters {
  /** In the order in which they were acknowledged; one that two writers sent is in it twice. */
  readonly acknowledged: SentInstance[] = [];
  readonly #writers: readonly Writer[];

  /**
   * @param count of writers, an even number
   * @param final reasons of refusal with which a writer is content, and goes on to something else
   */
  constructor(seed: string, count: number, final: readonly number[] = []) {
    this.#writers = Array.from({ length: count }, (_, n) => new Writer(`${seed} ${Math.floor(n / 2)}`, final));
  }

  /** Send to the archive until `signal` says that the server is gone, or about to go. */
  async run(archive: StoredInto, signal: AbortSignal): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.run(archive, signal, this.acknowledged)));
  }

  /** Send again what has not been acknowledged to its writer. */
  async settle(archive: LoadedArchive): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.settle(archive, this.acknowledged)));
  }
}

class Writer {
  readonly #seed: string;
  readonly #chance: Seeded;
  #count = 0;
  /** What was sent and not answered. */
  #pending: SentRequest | undefined;

  readonly #final: readonly number[];

  constructor(seed: string, final: readonly number[]) {
    this.#final = final;
    this.#seed = seed;
    this.#chance = new Seeded(seed);
  }

  async run(archive: StoredInto, signal: AbortSignal, acknowledged: SentInstance[]): Promise<void> {
    const agent = new Agent({ keepAlive: true });
    while (!signal.aborted) if (!(await this.#send(archive, agent, acknowledged))) await sleep(RETRY_MS);
    agent.destroy();
  }

  async settle(archive: StoredInto, acknowledged: SentInstance[]): Promise<void> {
    if (this.#pending === undefined) return;
    const agent = new Agent();
    const isSettled = await this.#send(archive, agent, acknowledged);
    agent.destroy();
    if (!isSettled) throw new Error('A server that nobody disturbs did not answer.');
  }

  /** Send what has not been acknowledged, or something new. Returns whether all of it is acknowledged now. */
  async #send(archive: StoredInto, agent: Agent, acknowledged: SentInstance[]): Promise<boolean> {
    this.#pending ??= this.#next();
    const { stored, refused } = await send(archive, this.#pending, { agent, final: this.#final });
    acknowledged.push(...stored);
    const isWhole = stored.length + refused === this.#pending.instances.length;
    if (isWhole) this.#pending = undefined;
    return isWhole;
  }

  #next(): SentRequest {
    const made = Array.from({ length: 1 + this.#chance.below(INSTANCES_OF_REQUEST) }, () => this.#makeInstance());
    return {
      instances: made.map(({ instance }) => instance),
      body: multipartBody(
        made.map(({ file }) => file),
        'parts',
      ),
    };
  }

  #makeInstance(): { readonly instance: SentInstance; readonly file: Buffer } {
    this.#count += 1;
    const writer = BigInt(`0x${createHash('sha256').update(this.#seed).digest('hex').slice(0, 16)}`);
    const studyInstanceUID = `2.25.${writer}.${this.#chance.below(STUDIES_OF_WRITER) + 1}`;
    const seriesInstanceUID = `${studyInstanceUID}.${1 + this.#chance.below(2)}`;
    const sopInstanceUID = `${seriesInstanceUID}.${this.#count}`;
    const side = SIDES_IN_PIXELS[this.#chance.below(SIDES_IN_PIXELS.length)] ?? 256;
    const file = ctFile({
      StudyInstanceUID: studyInstanceUID,
      SeriesInstanceUID: seriesInstanceUID,
      SOPInstanceUID: sopInstanceUID,
      PatientID: studyInstanceUID.slice(-60),
      InstanceNumber: this.#count,
      Rows: side,
      Columns: side,
      BitsStored: 16,
      HighBit: 15,
      PixelData: this.#chance.bytes(side * side * 2),
    });
    const sha256 = createHash('sha256').update(file).digest('hex');
    return { instance: { studyInstanceUID, seriesInstanceUID, sopInstanceUID, sha256 }, file };
  }
}

/** Send a request; what of it was acknowledged, and how much of it was refused for good. @throws Error for a refusal after which it makes no sense to come back */
async function send(
  archive: StoredInto,
  { body, instances }: SentRequest,
  { agent, final }: { readonly agent: Agent; readonly final: readonly number[] },
): Promise<{ readonly stored: readonly SentInstance[]; readonly refused: number }> {
  const headers = {
    Authorization: `Bearer ${archive.siteToken}`,
    'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts',
    'Content-Length': String(body.length),
  };
  const options = { method: 'POST', headers, body, agent };
  const answer = await ask(archive.url, '/dicom-web/studies', options).catch(() => undefined);
  if (answer === undefined || !answer.isComplete || COME_BACK.has(answer.status)) return { stored: [], refused: 0 };
  const text = answer.body.toString();
  if (answer.status === 200) return { stored: instances, refused: 0 };
  const isAnswer = answer.status === 202 || (answer.status === 409 && final.length > 0);
  const reasons = isAnswer ? reasonsIn(text) : [];
  if (!isAnswer || reasons.some((reason) => reason !== OUT_OF_RESOURCES && !final.includes(Number(reason)))) {
    throw new Error(`Not stored: ${answer.status} ${text}`);
  }
  const stored = new Set(uidsIn(JSON.parse(text)['00081199']));
  return {
    stored: instances.filter(({ sopInstanceUID }) => stored.has(sopInstanceUID)),
    refused: reasons.filter((reason) => final.includes(Number(reason))).length,
  };
}

/** The archive could not keep the instance now. */
const OUT_OF_RESOURCES = 0xa700;

interface Sequence {
  readonly Value?: readonly Readonly<Record<string, { readonly Value?: readonly unknown[] }>>[];
}

const valuesIn = (sequence: Sequence | undefined, tag: string): readonly unknown[] =>
  (sequence?.Value ?? []).flatMap((item) => item[tag]?.Value ?? []);

const uidsIn = (sequence: Sequence | undefined): readonly unknown[] => valuesIn(sequence, '00081155');

/** The Failure Reasons of a Status Report. */
function reasonsIn(text: string): readonly unknown[] {
  const report: Readonly<Record<string, Sequence>> = JSON.parse(text);
  return ['00081198', '0008119A'].flatMap((tag) => valuesIn(report[tag], '00081197'));
}

/** Retrieve instances as they are stored; those of which anything else came than what was sent, with a word why. */
export async function findLost(archive: LoadedArchive, sent: readonly SentInstance[]): Promise<readonly string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const lost = await Promise.all(
    sent.map(async ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID, sha256 }) => {
      const path = `/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`;
      const headers = {
        Authorization: `Bearer ${archive.curatorToken}`,
        Accept: 'application/dicom; transfer-syntax=*',
      };
      const answer = await ask(archive.url, `/dicom-web${path}`, { headers, agent });
      const isSame = createHash('sha256').update(answer.body).digest('hex') === sha256;
      const isWhole = answer.status === 200 && answer.isComplete && isSame;
      return isWhole ? [] : [`${sopInstanceUID}: ${answer.status} ${isSame ? 'same' : 'other'} bytes`];
    }),
  );
  agent.destroy();
  return lost.flat();
}

/** Each instance once. */
export const distinct = (sent: readonly SentInstance[]): readonly SentInstance[] => [
  ...new Map(sent.map((instance) => [instance.sopInstanceUID, instance])).values(),
];
