/** How the pixels of an instance lie. Of what was stored before it is not known until a reindex has looked. */
import type { Kysely } from 'kysely';
import type { Dialect } from '../dialects.js';

export async function up(db: Kysely<unknown>, { text }: Dialect): Promise<void> {
  await db.schema.alterTable('instance').addColumn('pixel_format', text).execute();
}
