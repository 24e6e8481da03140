/** `nccid site`: the hospitals that send images. */
import { findSplitPolicy } from '../archive/split.js';
import { invalidRequest } from '../errors.js';
import { addSite, listSites } from '../governance/sites.js';
import { type AddCommand, withDatabase } from './context.js';

export const addSiteCommand: AddCommand = (program, context) => {
  const site = program.command('site').description('the hospitals that send images');
  site
    .command('add <name>')
    .description('add a site and print its name')
    .option('--split <policy>', 'training, validation, or the percentage of its patients that goes to training', '50')
    .action(async (name: string, { split }: { split: string }) => {
      const splitPolicy = findSplitPolicy(split);
      if (splitPolicy === undefined) throw invalidRequest('--split takes training, validation, or 0 to 100.');
      const added = await withDatabase(context, (database) => addSite(database, { name, splitPolicy }, context.now()));
      context.print(added.name);
    });
  site
    .command('list')
    .description('print each site and its split, parted by a tab')
    .action(async () => {
      const sites = await withDatabase(context, listSites);
      for (const { name, splitPolicy } of sites) context.print(`${name}\t${splitPolicy}`);
    });
};
