/** `nccid allow`: let what was deleted be stored again. It does not come back by that: its site has to send it. */
import { type AddCommand, withArchive } from './context.js';
import { type Level, levelArgument, uidArgument } from './resource-argument.js';

export const addAllowCommand: AddCommand = (program, context) => {
  program
    .command('allow')
    .description('let a study, series or instance that was deleted be stored again')
    .addArgument(levelArgument())
    .addArgument(uidArgument())
    .action(async (level: Level, uid: string) => {
      await withArchive(context, ({ archive }) => archive.deletions.allow({ level, uid }));
      context.print(`${level} ${uid} may be stored again`);
    });
};
