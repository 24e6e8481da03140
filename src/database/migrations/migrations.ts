/** Every migration, in the order of its number. One that has landed is never changed. */
import type { Migration } from 'kysely';
import * as archive from './0001-archive.js';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-archive': archive,
};
