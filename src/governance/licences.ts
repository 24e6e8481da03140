/** Licences: which project may see which part of the archive, from when until when. Written here, judged in `access`. */
import type { Transaction } from 'kysely';
import { licencePredicateOf, predicateColumnsOf } from '../access/licence-predicate.js';
import type { ImagingKind, Split } from '../archive/scope.js';
import type { Database } from '../database/database.js';
import type { LicenceTable, Schema } from '../database/schema.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import { calendarDateOf, isCalendarDate, oneYearAfter } from './calendar-date.js';
import { isPrintableName } from './printable.js';

const MAXIMUM_PROJECT_CHARACTERS = 250;

export type LicenceStatus = LicenceTable['status'];

export interface NewLicence {
  /** Title of the project. */
  readonly project: string;
  /** Without it: xray, ct and mri. */
  readonly kinds?: readonly ImagingKind[] | undefined;
  /** Without it: training. */
  readonly splits?: readonly Split[] | undefined;
  /** Names; without it, every site there is or will be. */
  readonly sites?: readonly string[] | undefined;
  /** First and last day, `YYYY-MM-DD`; without them, today in UTC and one year after the first. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

export interface Licence {
  /** `NCCID-00001-v1.0` */
  readonly reference: string;
  readonly project: string;
  readonly kinds: readonly ImagingKind[];
  readonly splits: readonly Split[];
  /** Names, in order; undefined for every site. */
  readonly sites: readonly string[] | undefined;
  readonly from: string;
  /** The last day on which the licence holds. */
  readonly until: string;
  readonly status: LicenceStatus;
}

/**
 * Add a licence, active from its first day, and give its reference.
 * @throws ArchiveError `invalid-request` when a value is none, `not-found` for a site that is not there
 */
export async function addLicence(database: Database, licence: NewLicence, nowMs: number): Promise<string> {
  const { project, kinds = ['xray', 'ct', 'mri'], splits = ['training'], sites } = licence;
  if (!isPrintableName(project, MAXIMUM_PROJECT_CHARACTERS)) {
    throw invalidRequest('The title of a project is 1 to 250 printable characters on one line.');
  }
  refuseEmptyOrRepeated('kinds of imaging', kinds);
  refuseEmptyOrRepeated('splits', splits);
  if (sites !== undefined) refuseEmptyOrRepeated('sites', sites);
  const term = termOf(licence, calendarDateOf(nowMs));
  return database.write(async (transaction) => {
    const siteIDs = sites && (await siteIDsOf(transaction, sites));
    const row = { project, ...predicateColumnsOf({ kinds, splits, siteIDs }), ...term, created_at: isoOf(nowMs) };
    return insertNumbered(transaction, row);
  });
}

/** Give all licences, in the order in which they were added. */
export async function listLicences(database: Database): Promise<readonly Licence[]> {
  const rows = await database.read.selectFrom('licence').selectAll().orderBy('id').execute();
  const sites = await database.read.selectFrom('site').select(['id', 'name']).orderBy('name').execute();
  return rows.map((row) => {
    const { kinds, splits, siteIDs } = licencePredicateOf(row);
    const names = siteIDs && sites.filter(({ id }) => siteIDs.includes(id)).map(({ name }) => name);
    const { reference, project, starts_on: from, ends_on: until, status } = row;
    return { reference, project, kinds, splits, sites: names, from, until, status };
  });
}

/**
 * Suspend a licence until it is resumed: its tokens are refused from the next request on.
 * @throws ArchiveError `not-found` for an unknown reference, `conflict` when the licence is revoked
 */
export const suspendLicence = (database: Database, reference: string): Promise<void> =>
  changeStatus(database, reference, 'suspended');

/**
 * Let a suspended licence hold again.
 * @throws ArchiveError `not-found` for an unknown reference, `conflict` when the licence is revoked
 */
export const resumeLicence = (database: Database, reference: string): Promise<void> =>
  changeStatus(database, reference, 'active');

/**
 * Revoke a licence for ever.
 * @throws ArchiveError `not-found` for an unknown reference
 */
export const revokeLicence = (database: Database, reference: string): Promise<void> =>
  changeStatus(database, reference, 'revoked');

function changeStatus(database: Database, reference: string, status: LicenceStatus): Promise<void> {
  return database.write(async (transaction) => {
    const row = await transaction
      .selectFrom('licence')
      .select('status')
      .where('reference', '=', reference)
      .executeTakeFirst();
    if (row === undefined) throw new ArchiveError('not-found', 'There is no licence with this reference.');
    if (row.status === 'revoked' && status !== 'revoked') {
      throw new ArchiveError('conflict', 'The licence is revoked, and that is for ever.');
    }
    await transaction.updateTable('licence').set({ status }).where('reference', '=', reference).execute();
  });
}

function refuseEmptyOrRepeated(what: string, values: readonly string[]): void {
  if (values.length === 0) throw invalidRequest(`A licence without ${what} would cover nothing.`);
  if (new Set(values).size < values.length) throw invalidRequest(`The ${what} of a licence are named once each.`);
}

function termOf({ from, until }: NewLicence, today: string): Pick<LicenceTable, 'starts_on' | 'ends_on'> {
  const startsOn = calendarDate(from ?? today);
  const endsOn = calendarDate(until ?? oneYearAfter(startsOn));
  if (endsOn < startsOn) throw invalidRequest('The licence would end before it begins.');
  return { starts_on: startsOn, ends_on: endsOn };
}

function calendarDate(text: string): string {
  if (!isCalendarDate(text)) throw invalidRequest('A date of a licence is a day of the calendar, written YYYY-MM-DD.');
  return text;
}

async function siteIDsOf(transaction: Transaction<Schema>, names: readonly string[]): Promise<readonly number[]> {
  const rows = await transaction.selectFrom('site').select('id').where('name', 'in', names).orderBy('id').execute();
  if (rows.length < names.length) throw new ArchiveError('not-found', 'A site that the licence names is not there.');
  return rows.map(({ id }) => id);
}

type UnnumberedRow = Pick<
  LicenceTable,
  'project' | 'kinds' | 'splits' | 'site_ids' | 'starts_on' | 'ends_on' | 'created_at'
>;

/** The reference is made from the row's id, which is only known once the row is there. */
async function insertNumbered(transaction: Transaction<Schema>, row: UnnumberedRow): Promise<string> {
  const { id } = await transaction
    .insertInto('licence')
    .values({ ...row, reference: '', status: 'active' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const reference = `NCCID-${String(id).padStart(5, '0')}-v1.0`;
  await transaction.updateTable('licence').set({ reference }).where('id', '=', id).execute();
  return reference;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();
