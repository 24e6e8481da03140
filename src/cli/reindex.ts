/** `nccid reindex`: rebuild the index from the files of the archive. */
import { reindexArchive } from '../archive/reindex.js';
import { ArchiveError } from '../errors.js';
import { type AddCommand, withArchive } from './context.js';

export const addReindexCommand: AddCommand = (program, context) => {
  program
    .command('reindex')
    .description(
      'rebuild the index of patients, studies and images from the files of the archive; may run while it is served',
    )
    .action(async () => {
      let untaken = 0;
      const { studies, instances, removedRows } = await withArchive(context, async (opened) => {
        const run = reindexArchive(opened);
        for (let step = await run.next(); ; step = await run.next()) {
          if (step.done) return step.value;
          untaken += 1;
          context.printError(`${step.value.key}\t${step.value.reason}`);
        }
      });
      context.print(`studies ${studies}`);
      context.print(`instances ${instances}`);
      context.print(`rows without a file, removed ${removedRows}`);
      if (untaken > 0)
        throw new ArchiveError('corrupt', `${untaken} files or studies could not be taken into the index.`);
    });
};
