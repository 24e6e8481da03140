/** `nccid key`: the keys that sign tokens. */
import { type AddCommand, openKeys, withDatabase } from './context.js';

export const addKeyCommand: AddCommand = (program, context) => {
  const key = program.command('key').description('the keys that sign tokens');
  key
    .command('rotate')
    .description('add a key, which signs from now on, and print its id; older ones still verify')
    .action(async () => {
      context.print(await withDatabase(context, async (database) => (await openKeys(context, { database })).rotate()));
    });
};
