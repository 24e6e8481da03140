/** Another Node process that runs a few lines against the sources: what one process may do to another can only be seen so. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
  }

  /**
   * Start a process that runs `code`, an ES module. In it `source(path)` imports a file of `src`, `say(text)` writes a line to
   * this side, and `await told()` waits for one from here. It is killed when the test ends.
   */
  static run(code: string): OtherProcess {
    const script = join(temporaryFolder(), 'script.mjs');
    writeFileSync(script, PRELUDE + code);
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return new OtherProcess(child, createInterface(child.stdout)[Symbol.asyncIterator]());
  }

  /** The next line it says; undefined when it has said its last. */
  async line(): Promise<string | undefined> {
    const { value } = await this.#lines.next();
    return typeof value === 'string' ? value : undefined;
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Kill it as `kill -9` does, and wait until it is gone. */
  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Tell it nothing more, and wait until it has ended by itself; its exit code. */
  async ended(): Promise<number | null> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

const PRELUDE = `
const source = (path) => import(new URL(path, '${new URL('../../src/', import.meta.url)}'));
import { createInterface } from 'node:readline';
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const told = async () => (await lines.next()).value;
const say = (text) => process.stdout.write(text + '\\n');
`;
