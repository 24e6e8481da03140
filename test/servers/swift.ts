/** OpenStack Swift for one test: a real object store that speaks S3, over a folder of its own. Debian's packages, Linux only. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseBlobsPlace } from '../../src/archive/places.js';

const SCRIPT = join(import.meta.dirname, '../../deploy/object-store/swift.sh');
const run = promisify(execFile);

export interface ObjectStore {
  /** As a setting; the credentials are in this process's environment. */
  readonly place: Extract<ReturnType<typeof parseBlobsPlace>, { kind: 's3' }>;
  start(): Promise<void>;
  /** End it; what it holds stays. */
  stop(): Promise<void>;
  /** Let it take connections and answer none, until `resume`. */
  freeze(): Promise<void>;
  resume(): Promise<void>;
  /** End it, and remove what it holds. */
  remove(): Promise<void>;
}

/** Start one on `port` and the four ports after it. Its credentials are put into the environment of this process. */
export async function startSwift(port: number): Promise<ObjectStore> {
  const folder = await mkdtemp(join(tmpdir(), 'nccid-swift-'));
  const swift = async (verb: string): Promise<string> => (await run(SCRIPT, [verb, folder, String(port)])).stdout;
  const settings = new Map((await swift('start')).split('\n').map(parseLine));
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) process.env[name] = settings.get(name);
  const place = parseBlobsPlace(settings.get('NCCID_TEST_S3') ?? '');
  if (place.kind !== 's3') throw new Error('Swift did not say how it is reached.');
  const told = async (verb: string): Promise<void> => void (await swift(verb));
  return {
    place,
    start: () => told('start'),
    stop: () => told('stop'),
    freeze: () => told('freeze'),
    resume: () => told('resume'),
    remove: async () => {
      await told('stop');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `NAME='value'` */
function parseLine(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1).replace(/^'|'$/g, '')];
}
