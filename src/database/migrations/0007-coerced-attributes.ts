/** The values that attributes of a site's instances are to have. */
import type { Kysely } from 'kysely';
import type { Dialect } from '../dialects.js';

export async function up(db: Kysely<unknown>, { text }: Dialect): Promise<void> {
  await db.schema.alterTable('site').addColumn('coerced_attributes', text).execute();
}
