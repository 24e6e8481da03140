/** What metadata an instance has, without reading it. Of what was stored before it is not known until a reindex has written it anew. */
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('instance').addColumn('metadata_crc32', 'bigint').execute();
}
