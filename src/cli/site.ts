/** `nccid site`: the hospitals that send images. */
import { type KeptCoercion, keywordOf, type WrittenCoercion } from '../archive/coerced-attributes.js';
import type { OpenArchive } from '../archive/open-archive.js';
import { findSplitPolicy } from '../archive/split.js';
import { invalidRequest } from '../errors.js';
import { readSiteAttributes, removeSiteAttributes, setSiteAttributes } from '../governance/site-attributes.js';
import { addSite, listSites } from '../governance/sites.js';
import { type AddCommand, withDatabase } from './context.js';

type Database = OpenArchive['database'];

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
  addCoercionCommands(site, context);
};

const addCoercionCommands: AddCommand = (site, context) => {
  const printAll = async (work: (database: Database) => Promise<readonly KeptCoercion[]>): Promise<void> => {
    const attributes = await withDatabase(context, work);
    for (const attribute of attributes) context.print(`${keywordOf(attribute)}\t${attribute.value}`);
  };
  site
    .command('coerce <name> <attribute=value...>')
    .description('set attributes in all that a site sends from now on, and print all that it sets')
    .action((name: string, assignments: readonly string[]) =>
      printAll((database) => setSiteAttributes(database, name, assignments.map(assignmentOf))),
    );
  site
    .command('coerced <name>')
    .description('print each attribute that is set in what a site sends, and its value, parted by a tab')
    .action((name: string) => printAll((database) => readSiteAttributes(database, name)));
  site
    .command('uncoerce <name> <attribute...>')
    .description('set attributes no longer, and print those that are still set; what is stored stays')
    .action((name: string, attributes: readonly string[]) =>
      printAll((database) => removeSiteAttributes(database, name, attributes)),
    );
};

function assignmentOf(text: string): WrittenCoercion {
  const at = text.indexOf('=');
  if (at < 1) throw invalidRequest('An attribute is set by its keyword, an equals sign and its value.');
  return { attribute: text.slice(0, at), value: text.slice(at + 1) };
}
