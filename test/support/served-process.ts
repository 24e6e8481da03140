/** The built server as a process of its own, over an archive at any places: a node among others. Linux only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ArchivePlaces } from '../../src/archive/places.js';
import { freePort } from './free-port.js';
import { settingsOf } from './settings-of.js';

const PROGRAM = fileURLToPath(new URL('../../dist/start.cjs', import.meta.url));
/** USER_HZ, which Linux fixes for what it tells of processes. */
const CLOCK_TICKS_PER_SECOND = 100;

export class ServedProcess {
  readonly port: number;
  readonly url: string;
  /** What it has written to its log, a line each. */
  readonly log: string[] = [];
  readonly #places: ArchivePlaces;
  #server: ChildProcess | undefined;

  private constructor(places: ArchivePlaces, port: number) {
    this.#places = places;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Start a server on a port of its own, and wait until it listens. */
  static async start(places: ArchivePlaces): Promise<ServedProcess> {
    const node = new ServedProcess(places, await freePort());
    await node.start();
    return node;
  }

  /** @throws Error when it is not running */
  get pid(): number {
    if (this.#server?.pid === undefined) throw new Error('The node is not running.');
    return this.#server.pid;
  }

  /** Start it again on its port, and wait until it listens. */
  async start(): Promise<void> {
    const server = spawn(process.execPath, [PROGRAM, 'serve', '--port', String(this.port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...settingsOf(this.#places) },
    });
    this.#server = server;
    createInterface(server.stderr).on('line', (line) => this.log.push(line));
    const lines = createInterface(server.stdout);
    const [line = ''] = await Promise.race([once(lines, 'line'), once(server, 'exit').then(() => [])]);
    if (!String(line).startsWith('listening on ')) throw new Error(`No server: ${this.log.join('\n')}`);
  }

  /** End it as `kill -9` does. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Tell it to finish, and wait until it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ask the DICOMweb services; `path` begins with a slash. */
  fetch(token: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(`${this.url}/dicom-web${path}`, { ...init, headers });
  }

  /** Processor time used so far, in milliseconds: user and system, the 12th and 13th fields after the name in parentheses. */
  get processorMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  }
}
