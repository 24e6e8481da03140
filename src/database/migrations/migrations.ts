/** Every migration, in the order of its number. One that has landed is never changed in what it makes. */
import type { Kysely, Migration } from 'kysely';
import type { Dialect } from '../dialects.js';
import * as archive from './0001-archive.js';
import * as nodes from './0002-nodes.js';
import * as studySeries from './0003-study-series.js';
import * as search from './0004-search.js';
import * as deletion from './0005-deletion.js';
import * as pixelFormat from './0006-pixel-format.js';
import * as coercedAttributes from './0007-coerced-attributes.js';
import * as metadataCRC32 from './0008-metadata-crc32.js';
import * as nameIndexes from './0009-name-indexes.js';

interface DialectMigration {
  up(db: Kysely<unknown>, dialect: Dialect): Promise<void>;
}

const MIGRATIONS: Readonly<Record<string, DialectMigration>> = {
  '0001-archive': archive,
  '0002-nodes': nodes,
  '0003-study-series': studySeries,
  '0004-search': search,
  '0005-deletion': deletion,
  '0006-pixel-format': pixelFormat,
  '0007-coerced-attributes': coercedAttributes,
  '0008-metadata-crc32': metadataCRC32,
  '0009-name-indexes': nameIndexes,
};

/** The migrations as they run on a database of that dialect. */
export const migrationsFor = (dialect: Dialect): Readonly<Record<string, Migration>> =>
  Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, { up }]) => [name, { up: (db: Kysely<unknown>) => up(db, dialect) }]),
  );
