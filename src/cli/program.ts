/** The command `nccid`, put together from its commands. Every command prints its one result, or one sentence that says why not. */
import { Command, CommanderError } from 'commander';
import type { Log } from '../log.js';
import type { AddCommand, CommandContext, Output, SettingFlags, Settings } from './context.js';
import { isRefusal } from './refusal.js';

export interface ProgramOptions {
  readonly commands: readonly AddCommand[];
  readonly output: Output;
  /** Read the settings from flags and environment; `defaultDataFolder` holds when neither names one. */
  readonly readSettings: (flags: SettingFlags, defaultDataFolder?: string) => Settings;
  readonly log: Log;
  /** Whether standard error is a terminal. */
  readonly isWatched: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Exit statuses: done, refused, and not understood. */
const DONE = 0;
const REFUSED = 1;
const MISUSED = 2;

/** Build the program. It neither prints nor ends the process by itself; `runProgram` runs it. */
export function buildProgram({ commands, output, readSettings, log, isWatched, now }: ProgramOptions): Command {
  const program = new Command('nccid');
  program
    .description('An archive of de-identified images: DICOMweb, access by licence.')
    .option('--data <folder>', 'the archive folder (NCCID_DATA)')
    .option('--database <url>', 'the index elsewhere: sqlite:PATH or postgres://… (NCCID_DATABASE_URL)')
    .option('--blobs <place>', 'the files elsewhere: a folder or s3://BUCKET/PREFIX (NCCID_BLOBS)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => output.print(text.trimEnd()),
      writeErr: (text) => output.printError(text.trimEnd()),
    })
    .exitOverride();
  const context: CommandContext = {
    ...output,
    now,
    log,
    isWatched,
    config: (flags = {}, defaultDataFolder) =>
      readSettings(
        { ...flags, ...program.opts<Pick<SettingFlags, 'data' | 'database' | 'blobs'>>() },
        defaultDataFolder,
      ),
  };
  for (const addCommand of commands) addCommand(program, context);
  return program;
}

/**
 * Run the program and give its exit status: 0 when done, 1 when the archive refused, 2 when the command line was wrong.
 * @param args the words after the program's name
 */
export async function runProgram(program: Command, args: readonly string[], output: Output): Promise<number> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return DONE;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : MISUSED;
    output.printError(sentenceOf(error));
    return REFUSED;
  }
}

/** Only a bug is worth its stack. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isRefusal(error) ? error.message : (error.stack ?? error.message);
}
