/**
 * `nccid import`: store a folder of files in the name of a site. Each file goes the way of a part of a STOW request; so the
 * command may run while the archive is served, and again after it broke off: what is stored already is only read.
 */
import { createReadStream } from 'node:fs';
import type { OpenArchive } from '../archive/open-archive.js';
import type { StoreOutcome } from '../archive/store-outcome.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import { findSite } from '../governance/sites.js';
import { type AddCommand, type CommandContext, withArchive } from './context.js';
import { filesBelow } from './files-below.js';
import { type Progress, startProgress } from './progress.js';

/** Enough for files to be flushed side by side and their rows to be written together. */
const FILES_IN_FLIGHT = 16;
const READ_BYTES = 256 * 1024;

const OUTCOMES = ['stored', 'already-stored', 'refused'] as const;
type Tally = Record<(typeof OUTCOMES)[number], number>;

export const addImportCommand: AddCommand = (program, context) => {
  program
    .command('import <folder>')
    .description('store all files of a folder and the folders in it; what is stored already is passed over')
    .requiredOption('--site <name>', 'the site they come from')
    .action(async (folder: string, { site }: { site: string }) => {
      const tally = await withArchive(context, (opened) => importFolder(opened, context, folder, site));
      for (const outcome of OUTCOMES) context.print(`${outcome} ${tally[outcome]}`);
      if (tally.refused > 0) throw invalidRequest(`${tally.refused} files were refused.`);
    });
};

async function importFolder(opened: OpenArchive, context: CommandContext, folder: string, siteName: string) {
  const site = await findSite(opened.database, siteName);
  if (site === undefined) throw new ArchiveError('not-found', 'There is no site of this name.');
  let total = 0;
  for await (const _ of filesBelow(folder)) total += 1;
  const progress = startProgress(context, total, 'files');
  try {
    return await new FolderImport(opened, context, progress, site.id).run(filesBelow(folder));
  } finally {
    progress.stop();
  }
}

class FolderImport {
  readonly #archive: ReturnType<OpenArchive['archive']['as']>;
  readonly #context: CommandContext;
  readonly #progress: Progress;
  readonly #tally: Tally = { stored: 0, 'already-stored': 0, refused: 0 };
  /** What keeps every other file from being stored too. */
  #failure: { readonly error: unknown } | undefined;

  constructor({ archive }: OpenArchive, context: CommandContext, progress: Progress, siteID: number) {
    this.#archive = archive.as({ kind: 'site', siteID });
    this.#context = context;
    this.#progress = progress;
  }

  /** Store files, several at a time. @throws whatever keeps the archive from storing, when no file is on its way any more */
  async run(paths: AsyncGenerator<string>): Promise<Tally> {
    await Promise.all(Array.from({ length: FILES_IN_FLIGHT }, () => this.#storeAll(paths)));
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#tally;
  }

  /** One of those that take from the same paths, each what no other has taken. */
  async #storeAll(paths: AsyncGenerator<string>): Promise<void> {
    try {
      for await (const path of paths) {
        if (this.#failure !== undefined) return;
        await this.#store(path);
        this.#progress.advance();
      }
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  async #store(path: string): Promise<void> {
    const { outcomes, failure, diskFailure } = await this.#archive.store({
      expectedStudy: undefined,
      parts: onePart(path),
    });
    const [outcome] = outcomes;
    if (diskFailure !== undefined) throw diskFailure;
    if (failure !== undefined && !isOfFile(failure)) throw failure;
    this.#tally[outcome?.outcome ?? 'refused'] += 1;
    const complaint = complaintOf(outcome, failure);
    if (complaint !== undefined) this.#context.printError(`${printable(path)}\t${complaint}`);
  }
}

async function* onePart(path: string): AsyncGenerator<AsyncIterable<Buffer>> {
  yield createReadStream(path, { highWaterMark: READ_BYTES });
}

/** Whether it is the file that can not be read, not the archive that can not be written. */
const isOfFile = (failure: unknown): failure is Error => failure instanceof Error && 'syscall' in failure;

function complaintOf(outcome: StoreOutcome | undefined, failure: unknown): string | undefined {
  if (outcome?.outcome === 'refused') return `${hexOf(outcome.reason)} ${outcome.explanation}`;
  return isOfFile(failure) ? failure.message : undefined;
}

/** `A900H` */
const hexOf = (reason: number): string => `${reason.toString(16).toUpperCase().padStart(4, '0')}H`;

/** A path on one line, whatever characters whoever named the file chose. */
const printable = (path: string): string =>
  /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(path) ? path : JSON.stringify(path);
