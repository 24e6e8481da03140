/** What every command is given, so that each is one file and none of them knows where its words go. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { KeyStore } from '../access/keys.js';
import type { Config, ConfigFlags } from '../config.js';
import { Database } from '../database/database.js';
import { ArchiveError } from '../errors.js';

/** Where lines go: results to standard output, sentences about errors to standard error. */
export interface Output {
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

export interface CommandContext extends Output {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Read the settings of this run; `--data` is already among the flags. */
  readonly config: (flags?: Omit<ConfigFlags, 'data'>) => Config;
}

/** Adds one command, with its subcommands, to the program. */
export type AddCommand = (program: Command, context: CommandContext) => void;

/** Run `work` on the index of the archive folder, which is made when it is not there, and close it again. */
export async function withDatabase<T>(context: CommandContext, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await Database.open(join(await archiveFolder(context), 'index.sqlite'));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Open the keys of the archive folder, which are made when they are not there. */
export const openKeys = async (context: CommandContext): Promise<KeyStore> =>
  KeyStore.open(join(await archiveFolder(context), 'keys'));

async function archiveFolder(context: CommandContext): Promise<string> {
  const { dataFolder } = context.config();
  try {
    await mkdir(dataFolder, { recursive: true });
  } catch (error) {
    throw new ArchiveError('unavailable', 'The archive folder can not be made or opened.', { cause: error });
  }
  return dataFolder;
}
