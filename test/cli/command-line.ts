/** The commands of the archive's keepers, run in this process on an archive folder of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddCommand, SettingFlags } from '../../src/cli/context.js';
import { addKeyCommand } from '../../src/cli/key.js';
import { addLicenceCommand } from '../../src/cli/licence.js';
import { buildProgram, runProgram } from '../../src/cli/program.js';
import { addSiteCommand } from '../../src/cli/site.js';
import { addTokenCommand } from '../../src/cli/token.js';
import { loadConfig } from '../../src/config.js';
import { silentLog } from '../../src/log.js';

export const NOW_MS = Date.UTC(2026, 2, 10, 12);

const COMMANDS: readonly AddCommand[] = [addSiteCommand, addLicenceCommand, addTokenCommand, addKeyCommand];

export interface Outcome {
  readonly status: number;
  /** Lines on standard output, and on standard error. */
  readonly printed: readonly string[];
  readonly errors: readonly string[];
}

export class CommandLine {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<CommandLine> {
    return new CommandLine(join(await mkdtemp(join(tmpdir(), 'nccid-cli-')), 'archive'));
  }

  close(): Promise<void> {
    return rm(join(this.folder, '..'), { recursive: true });
  }

  /** Run `nccid ARGS --data FOLDER`. */
  run(...args: readonly string[]): Promise<Outcome> {
    return runCommands(COMMANDS, [...args, '--data', this.folder]);
  }

  /** Run a command that should succeed, and give the one line that it prints. */
  async result(...args: readonly string[]): Promise<string> {
    const { status, printed, errors } = await this.run(...args);
    const [line, ...others] = printed;
    if (status !== 0 || line === undefined || others.length > 0) throw new Error([...printed, ...errors].join('\n'));
    return line;
  }
}

export async function runCommands(
  commands: readonly AddCommand[],
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  now: () => number = () => NOW_MS,
): Promise<Outcome> {
  const printed: string[] = [];
  const errors: string[] = [];
  const output = { print: (line: string) => printed.push(line), printError: (line: string) => errors.push(line) };
  const readSettings = (flags: SettingFlags, folder?: string) => loadConfig(env, flags, folder);
  const program = buildProgram({ commands, output, readSettings, log: silentLog, isWatched: false, now });
  return { status: await runProgram(program, args, output), printed, errors };
}
