import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

class Server {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: string[] = [];

  /** Run `nccid serve ARGS` as a process of its own. */
  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'serve', ...args], { cwd: import.meta.dirname });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
    if (this.#child.stdout === null || this.#child.stderr === null) throw new Error('The process has pipes.');
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    createInterface(this.#child.stderr).on('line', (line) => this.#errors.push(line));
  }

  async line(): Promise<unknown> {
    return (await this.#lines.next()).value;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit status and what it said on standard error, when it has ended. */
  async ended(): Promise<{ readonly status: unknown; readonly errors: readonly string[] }> {
    const [status] = this.#child.exitCode === null ? await once(this.#child, 'close') : [this.#child.exitCode];
    return { status, errors: this.#errors };
  }
}

describe('nccid serve', () => {
  it('says where it listens, answers there, and ends well when it is told to', async () => {
    const port = String(await freePort());
    const server = new Server('--data', temporaryFolder(), '--port', port);
    expect(await server.line()).toBe(`listening on http://127.0.0.1:${port}`);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    server.signal('SIGTERM');
    expect(await server.ended()).toMatchObject({ status: 0 });
  });

  it('F23: refuses a folder that another server has', async () => {
    const folder = temporaryFolder();
    const first = new Server('--data', folder, '--port', String(await freePort()));
    await first.line();
    const second = new Server('--data', folder, '--port', String(await freePort()));
    expect(await second.ended()).toEqual({
      status: 1,
      errors: ['Another server already serves this archive folder.'],
    });
    first.signal('SIGINT');
    expect(await first.ended()).toMatchObject({ status: 0 });
  });

  it('F15: ends at once when it is told twice', async () => {
    const port = String(await freePort());
    const server = new Server('--data', temporaryFolder(), '--port', port);
    await server.line();
    // A request whose body never comes would be waited for.
    const socket = connect(Number(port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {}).write('POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n');
    await once(socket, 'connect');
    server.signal('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.signal('SIGTERM');
    expect(await server.ended()).toMatchObject({ status: 130 });
  });

  it('says that its port is taken, and ends', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const server = new Server('--data', temporaryFolder(), '--port', String(port));
    expect(await server.ended()).toEqual({
      status: 1,
      errors: [`The server can not listen on 127.0.0.1:${port}.`],
    });
  });
});
