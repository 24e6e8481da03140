/** `nccid restore`: make an archive of a backup, in whatever places. */
import { withArchivePair } from '../archive/copy/archive-pair.js';
import { copyArchive } from '../archive/copy/copy-archive.js';
import { placesInFolder } from '../archive/places.js';
import type { AddCommand } from './context.js';
import { tellCopy } from './copied-archive.js';
import { withCopyProgress } from './copy-progress.js';

export const addRestoreCommand: AddCommand = (program, context) => {
  program
    .command('restore <folder>')
    .description('make an archive of the backup in a folder, where there is none; again, when it broke off')
    .option('--keep-tokens', 'leave the tokens good that were good when the backup was made')
    .action(async (folder: string, { keepTokens = false }: { keepTokens?: boolean }) => {
      const pair = { from: placesInFolder(folder), to: context.config().places };
      const options = { log: context.log, now: () => new Date(context.now()) };
      const copy = await withArchivePair(pair, options, {}, ({ from, to }) =>
        withCopyProgress(context, (watch) => copyArchive(from, to, { watch, revokesTokens: !keepTokens })),
      );
      context.printError(keepTokens ? KEPT : REVOKED);
      tellCopy(context, copy);
    });
};

const REVOKED =
  'All tokens are revoked, for some may have been since the backup: issue new ones, or restore with --keep-tokens.';
const KEPT = 'Tokens that were revoked after the backup are good again: revoke them.';
