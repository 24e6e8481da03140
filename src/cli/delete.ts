/** `nccid delete`: delete a study, series or instance for good, also while the archive is served. */
import { findPath } from '../archive/index/find-path.js';
import { invalidRequest, notFound } from '../errors.js';
import { type AddCommand, withArchive } from './context.js';
import { type Level, levelArgument, uidArgument } from './resource-argument.js';

/** In the log, where the id of a curator's token stands otherwise. */
const BY_COMMAND = 'nccid delete';

export const addDeleteCommand: AddCommand = (program, context) => {
  program
    .command('delete')
    .description('delete a study, series or instance for good; it is refused when it is sent again')
    .addArgument(levelArgument())
    .addArgument(uidArgument())
    .option('--yes', 'do it, instead of saying what would be deleted')
    .action(async (level: Level, uid: string, { yes = false }: { yes?: boolean }) => {
      const instances = await withArchive(context, async ({ archive, database }) => {
        const path = await findPath(database, { level, uid });
        if (path === undefined) throw notFound();
        const everything = archive.as({ kind: 'everything' });
        const found = await everything.instances(path);
        if (!yes) throw invalidRequest(`${found.length} instances would be deleted for good: say --yes to do it.`);
        await everything.delete(path, BY_COMMAND);
        return found.length;
      });
      context.print(`instances deleted ${instances}`);
    });
};
