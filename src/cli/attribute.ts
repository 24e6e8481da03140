/** `nccid attribute`: what the archive is searched by beyond what every archive is. */
import { setTimeout as pause } from 'node:timers/promises';
import type { OpenArchive } from '../archive/open-archive.js';
import { AttributeIndexing } from '../archive/query-attributes/attribute-indexing.js';
import {
  addQueryAttribute,
  readQueryAttributes,
  removeQueryAttribute,
} from '../archive/query-attributes/definitions.js';
import {
  defineAttribute,
  keywordsOf,
  pathText,
  type QueryAttribute,
} from '../archive/query-attributes/query-attribute.js';
import { ArchiveError } from '../errors.js';
import { type AddCommand, type CommandContext, withDatabase } from './context.js';
import { type Progress, startProgress } from './progress.js';

/** Another process may be indexing; how often it is looked how far that is. */
const LOOK_MS = 500;

interface Options {
  readonly level: string;
  readonly creator?: string;
  readonly vr?: string;
}

type Database = OpenArchive['database'];

export const addAttributeCommand: AddCommand = (program, context) => {
  const attribute = program
    .command('attribute')
    .description('attributes that searches know beyond those they always know');
  attribute
    .command('add <attribute>')
    .description('search by an attribute, a keyword or tag or a path of them, and index what is stored by it')
    .requiredOption('--level <level>', 'study, series or instance')
    .option('--creator <name>', 'the Private Creator of a private attribute')
    .option('--vr <vr>', 'the VR of a private attribute; LO when not given')
    .action(async (name: string, options: Options) => {
      const definition = defineAttribute({ attribute: name, ...options });
      const added = await withDatabase(context, async (database) => {
        const { id } = await addQueryAttribute(database, definition, new Date(context.now()));
        return indexBy(database, context, id);
      });
      context.print(lineOf(added));
    });
  attribute
    .command('list')
    .description(
      'print one line an attribute: name, level, VR, Private Creator, how much of what is stored is indexed by it',
    )
    .action(async () => {
      const listed = await withDatabase(context, (database) => readQueryAttributes(database.read));
      for (const one of listed) context.print(lineOf(one));
    });
  attribute
    .command('remove <attribute>')
    .description('search by an added attribute no longer')
    .requiredOption('--level <level>', 'study, series or instance')
    .option('--creator <name>', 'the Private Creator of a private attribute')
    .action(async (name: string, { level, creator }: Options) => {
      await withDatabase(context, async (database) => {
        const all = await readQueryAttributes(database.read);
        const found = all.find((one) => one.level === level && one.creator === creator && isNamed(one, name));
        if (found === undefined) throw new ArchiveError('not-found', 'No such attribute has been added.');
        await removeQueryAttribute(database, found.id);
        for await (const _ of indexingOf(database, context).run());
      });
      context.print(`${name} removed`);
    });
};

const indexingOf = (database: Database, { now }: CommandContext): AttributeIndexing =>
  new AttributeIndexing({ database, now: () => new Date(now()) });

/** Index all there is, or watch another process do it. Whoever ends the command leaves the rest to the server. */
async function indexBy(database: Database, context: CommandContext, id: number): Promise<QueryAttribute> {
  const indexing = indexingOf(database, context);
  let progress: Progress | undefined;
  let shown = 0;
  const look = async (): Promise<QueryAttribute> => {
    const attribute = (await readQueryAttributes(database.read)).find((one) => one.id === id);
    if (attribute === undefined) throw new ArchiveError('not-found', 'The attribute has been removed meanwhile.');
    const { done, total } = attribute.indexed;
    if (total !== undefined && total > 0) {
      progress ??= startProgress(context, total, attribute.level === 'instance' ? 'instances' : 'series');
    }
    for (; shown < done; shown++) progress?.advance();
    return attribute;
  };
  try {
    for (;;) {
      for await (const _ of indexing.run()) await look();
      const attribute = await look();
      if (attribute.indexed.isWhole) return attribute;
      await pause(LOOK_MS);
    }
  } finally {
    progress?.stop();
  }
}

/** By keyword or tag, whatever the block of a private one. */
const isNamed = (attribute: QueryAttribute, name: string): boolean =>
  name === keywordsOf(attribute) ||
  pathText(attribute).replace('xx', '10') === name.toUpperCase().replace('XX', '10') ||
  (attribute.creator !== undefined && pathText(attribute) === `${name.slice(0, 4)}xx${name.slice(6)}`);

function lineOf(attribute: QueryAttribute): string {
  const { level, vr, creator = '-', indexed } = attribute;
  const state = indexed.isWhole ? 'all' : `${indexed.done} of ${indexed.total ?? 'all'}`;
  return [keywordsOf(attribute), level, vr, creator, state].join('\t');
}
