/** The built product as its keepers run it: `nccid serve` as a process of its own, and its commands, on one archive folder. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';

const COMMAND = join(import.meta.dirname, '../../dist/start.cjs');
const SITE = 'Site A';
const LIFETIME = '12h';
/** More than the lines of any test's findings. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface CommandOutcome {
  readonly status: number;
  readonly lines: readonly string[];
  readonly errors: string;
}

export interface Verification {
  readonly status: number;
  /** What was found, in the order of the keys. */
  readonly findings: readonly { readonly kind: string; readonly key: string }[];
  /** What it says at its end. */
  readonly sentence: string;
}

/** Run `nccid ARGS --data FOLDER` to its end. */
export function runCommand(folder: string, ...args: readonly string[]): Promise<CommandOutcome> {
  if (!existsSync(COMMAND)) throw new Error('These tests run the built product: `npm run build` comes first.');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [COMMAND, ...args, '--data', folder],
      { maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ status, lines: stdout.split('\n').filter((line) => line !== ''), errors: stderr });
      },
    );
  });
}

async function resultOf(folder: string, ...args: readonly string[]): Promise<string> {
  const { status, lines, errors } = await runCommand(folder, ...args);
  const [line] = lines;
  if (status !== 0 || line === undefined) throw new Error(`nccid ${args.join(' ')}: ${errors}`);
  return line;
}

export class ServedArchive {
  readonly folder: string;
  readonly url: string;
  readonly siteToken: string;
  readonly curatorToken: string;
  readonly #port: number;
  #server: ChildProcess | undefined;
  #log: string[] = [];

  private constructor(folder: string, port: number, siteToken: string, curatorToken: string) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    this.siteToken = siteToken;
    this.curatorToken = curatorToken;
    this.#port = port;
  }

  /** Make an archive with one site in `folder`; it is not served yet. */
  static async make(folder: string): Promise<ServedArchive> {
    await resultOf(folder, 'site', 'add', SITE);
    const siteToken = await resultOf(folder, 'token', '--site', SITE, '--ttl', LIFETIME);
    const curatorToken = await resultOf(folder, 'token', '--curator', '--ttl', LIFETIME);
    return new ServedArchive(folder, await freePort(), siteToken, curatorToken);
  }

  /** The same archive in another folder, as a copy of its disk; it is not served yet. */
  async copiedTo(folder: string): Promise<ServedArchive> {
    return new ServedArchive(folder, await freePort(), this.siteToken, this.curatorToken);
  }

  /** The server's process. @throws Error when it is not running */
  get pid(): number {
    if (this.#server?.pid === undefined) throw new Error('The archive is not served.');
    return this.#server.pid;
  }

  /** What all servers so far have written to their log, a line each. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Resident memory of the server, in bytes. */
  get memoryBytes(): number {
    return this.#memory('VmRSS');
  }

  /** The most resident memory that the server has had since it was started, in bytes. */
  get peakMemoryBytes(): number {
    return this.#memory('VmHWM');
  }

  /** How many files and sockets the server has open. */
  get openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Start a server, and wait until it listens. */
  async start(): Promise<void> {
    const server = spawn(process.execPath, [COMMAND, 'serve', '--data', this.folder, '--port', String(this.#port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#server = server;
    createInterface(server.stderr).on('line', (line) => this.#log.push(line));
    const lines = createInterface(server.stdout);
    const [line = ''] = await Promise.race([once(lines, 'line'), once(server, 'exit').then(() => [])]);
    if (!String(line).startsWith('listening on ')) throw new Error(`No server: ${this.#log.join('\n')}`);
  }

  /** End the server as `kill -9` does. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Tell the server to finish, and wait until it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Let the server do nothing more, not even end. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** Run `nccid verify`. */
  async verify(): Promise<Verification> {
    const { status, lines, errors } = await runCommand(this.folder, 'verify');
    const findings = lines.map((line) => {
      const [kind = '', key = ''] = line.split('\t');
      return { kind, key };
    });
    findings.sort((a, b) => (a.key < b.key ? -1 : 1));
    return { status, findings, sentence: errors.trim().split('\n').at(-1) ?? '' };
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  }

  #memory(line: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const [, kib = '0'] = new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(status) ?? [];
    return Number(kib) * 1024;
  }
}
