/** `nccid backup`: copy the archive into a folder that is an archive by itself, also while it is served. */
import { expectThere } from '../archive/copy/archive-pair.js';
import { backUpArchive } from '../archive/copy/backup.js';
import { type AddCommand, withArchive } from './context.js';
import { expectAllCopied, tellFiles } from './copied-archive.js';
import { withCopyProgress } from './copy-progress.js';

export const addBackupCommand: AddCommand = (program, context) => {
  program
    .command('backup <folder>')
    .description('copy the archive, also while it is served, into a folder; again into the same, only what is new')
    .action(async (folder: string) => {
      await expectThere(context.config().places);
      const files = await withArchive(context, (opened) =>
        withCopyProgress(context, (watch) => backUpArchive(opened, folder, { watch, log: context.log })),
      );
      tellFiles(context.print, files);
      expectAllCopied(files);
    });
};
