/** `nccid licence`: which project may see which part of the archive. */
import { IMAGING_KINDS, SPLITS } from '../archive/scope.js';
import {
  addLicence,
  type Licence,
  listLicences,
  type NewLicence,
  resumeLicence,
  revokeLicence,
  suspendLicence,
} from '../governance/licences.js';
import { choicesOf, commaListOf } from './comma-list.js';
import { type AddCommand, withDatabase } from './context.js';

interface AddOptions {
  readonly project: string;
  readonly modalities?: string;
  readonly splits?: string;
  readonly sites?: string;
  readonly from?: string;
  readonly until?: string;
}

interface StatusChange {
  readonly verb: string;
  readonly purpose: string;
  readonly participle: string;
  readonly change: typeof suspendLicence;
}

const STATUS_CHANGES: readonly StatusChange[] = [
  { verb: 'suspend', purpose: 'suspend a licence at once', participle: 'suspended', change: suspendLicence },
  { verb: 'resume', purpose: 'let a suspended licence hold again', participle: 'resumed', change: resumeLicence },
  { verb: 'revoke', purpose: 'revoke a licence for ever', participle: 'revoked', change: revokeLicence },
];

export const addLicenceCommand: AddCommand = (program, context) => {
  const licence = program.command('licence').description('which project may see which part of the archive');
  licence
    .command('add')
    .description('add a licence and print its reference')
    .requiredOption('--project <title>', 'title of the project')
    .option('--modalities <kinds>', `of ${IMAGING_KINDS.join(',')}; xray,ct,mri when not given`)
    .option('--splits <splits>', `of ${SPLITS.join(',')}; training when not given`)
    .option('--sites <names>', 'names with commas between, or all; every site when not given')
    .option('--from <date>', 'first day, YYYY-MM-DD; today when not given')
    .option('--until <date>', 'last day, YYYY-MM-DD; a year after the first when not given')
    .action(async (options: AddOptions) => {
      const added = newLicenceOf(options);
      context.print(await withDatabase(context, (database) => addLicence(database, added, context.now())));
    });
  licence
    .command('list')
    .description('print one line a licence: reference, status, from, until, modalities, splits, sites, project')
    .action(async () => {
      for (const listed of await withDatabase(context, listLicences)) context.print(lineOf(listed));
    });
  for (const { verb, purpose, participle, change } of STATUS_CHANGES) {
    licence
      .command(`${verb} <reference>`)
      .description(purpose)
      .action(async (reference: string) => {
        await withDatabase(context, (database) => change(database, reference));
        context.print(`${reference} ${participle}`);
      });
  }
};

const newLicenceOf = ({ project, modalities, splits, sites, from, until }: AddOptions): NewLicence => ({
  project,
  kinds: modalities === undefined ? undefined : choicesOf('--modalities', IMAGING_KINDS, modalities),
  splits: splits === undefined ? undefined : choicesOf('--splits', SPLITS, splits),
  sites: sites === undefined || sites === 'all' ? undefined : commaListOf(sites),
  from,
  until,
});

function lineOf({ reference, status, from, until, kinds, splits, sites, project }: Licence): string {
  const list = (values: readonly string[]): string => values.join(',');
  return [reference, status, from, until, list(kinds), list(splits), sites ? list(sites) : 'all', project].join('\t');
}
