/** `nccid migrate-archive`: copy a whole archive from one pair of places to another, and back. */
import { withArchivePair } from '../archive/copy/archive-pair.js';
import { copyArchive } from '../archive/copy/copy-archive.js';
import { type ArchivePlaces, parseBlobsPlace, parseDatabasePlace, placesInFolder } from '../archive/places.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import type { AddCommand } from './context.js';
import { tellCopy } from './copied-archive.js';
import { withCopyProgress } from './copy-progress.js';

const FROM = '--from <place...>';
const TO = '--to <place...>';

export const addMigrateArchiveCommand: AddCommand = (program, context) => {
  program
    .command('migrate-archive')
    .description(
      'copy a whole archive to other places; again, when it broke off. Places are an archive folder, or two: an index (sqlite:PATH or postgres://…) and the files (a folder or s3://BUCKET/PREFIX)',
    )
    .requiredOption(FROM, 'where it is; it must not be served meanwhile')
    .requiredOption(TO, 'where it should be')
    .action(async ({ from, to }: { from: readonly string[]; to: readonly string[] }) => {
      const pair = { from: placesOf(from, '--from'), to: placesOf(to, '--to') };
      if (pair.from.database.kind === 'postgres') context.printError(UNTOLD);
      const options = { log: context.log, now: () => new Date(context.now()) };
      const copy = await withArchivePair(pair, options, { from: '--from', to: '--to' }, (opened) =>
        withCopyProgress(context, (watch) => copyArchive(opened.from, opened.to, { watch, revokesTokens: false })),
      );
      tellCopy(context, copy);
    });
};

const UNTOLD = 'Whether nodes serve from that database can not be told: see to it that none does until this has ended.';

function placesOf(texts: readonly string[], option: string): ArchivePlaces {
  const [first = '', second, ...others] = texts;
  try {
    if (others.length > 0) throw invalidRequest('These are more than two places.');
    if (second !== undefined) return { database: parseDatabasePlace(first), blobs: parseBlobsPlace(second) };
    const folder = /^(?:sqlite|postgres(?:ql)?):/.test(first) ? undefined : parseBlobsPlace(first);
    if (folder?.kind !== 'folder')
      throw invalidRequest('Beside an index stands where the files are, or one archive folder alone.');
    return placesInFolder(folder.path);
  } catch (error) {
    throw error instanceof ArchiveError ? invalidRequest(`${error.message} (${option})`) : error;
  }
}
