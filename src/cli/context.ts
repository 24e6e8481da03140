/** What every command is given, so that each is one file and none of them knows where its words go. */
import type { Command } from 'commander';
import { KeyStore } from '../access/keys.js';
import { type OpenArchive, openArchive, openDatabase } from '../archive/open-archive.js';
import type { ArchivePlaces } from '../archive/places.js';
import type { Log } from '../log.js';

/** The settings of a run, as far as commands need them. */
export interface Settings {
  readonly places: ArchivePlaces;
  /** What the keys that sign tokens are encrypted with. */
  readonly keyPassphrase: string | undefined;
  readonly port: number;
  readonly host: string;
  /** The URL under which clients see the archive, without a slash at its end. */
  readonly publicURL: string;
  /** Where the viewer is unpacked, or would be. */
  readonly viewerFolder: string;
  /** The origins whose pages may read answers in a browser. */
  readonly corsOrigins: '*' | ReadonlySet<string>;
  /** Whether DICOMweb is answered to the letter where clients in use break it. */
  readonly isStrict: boolean;
  /** How many bytes are kept on disk of pictures that have been made. */
  readonly cacheBytes: number;
}

/** Settings as texts from the command line: these win over the environment. */
export interface SettingFlags {
  readonly data?: string | undefined;
  readonly database?: string | undefined;
  readonly blobs?: string | undefined;
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly publicURL?: string | undefined;
}

/** Where lines go: results to standard output, sentences about errors to standard error. */
export interface Output {
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

export interface CommandContext extends Output {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  /** Whether somebody watches: standard error is a terminal, on which a line can be drawn over. */
  readonly isWatched: boolean;
  /**
   * Read the settings of this run; `--data`, `--database` and `--blobs` are already among the flags.
   * @param defaultDataFolder the archive folder when neither command line nor environment name one
   */
  readonly config: (flags?: Omit<SettingFlags, 'data' | 'database' | 'blobs'>, defaultDataFolder?: string) => Settings;
}

/** Adds one command, with its subcommands, to the program. */
export type AddCommand = (program: Command, context: CommandContext) => void;

/** Run `work` on the archive of this run, and close it again. */
export async function withArchive<T>(
  context: CommandContext,
  work: (opened: OpenArchive) => Promise<T>,
  { places }: Settings = context.config(),
): Promise<T> {
  const opened = await openArchive(places, { log: context.log, now: () => new Date(context.now()) });
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** Run `work` on the index of the archive, whether its blobs can be had or not. */
export async function withDatabase<T>(
  context: CommandContext,
  work: (database: OpenArchive['database']) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(context.config().places.database);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Open the keys of an archive, which are made when they are not there. */
export const openKeys = (
  context: CommandContext,
  { database }: Pick<OpenArchive, 'database'>,
  { keyPassphrase }: Settings = context.config(),
): Promise<KeyStore> => KeyStore.open({ database, passphrase: keyPassphrase, now: context.now });
