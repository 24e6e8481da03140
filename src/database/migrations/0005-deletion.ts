/**
 * What curators have deleted, so that it is told from what never was and does not come back by itself; and what hospitals
 * have asked the archive to commit to. Neither table says anything of a patient.
 */
import type { Kysely } from 'kysely';
import type { Dialect } from '../dialects.js';

export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await createDeletion(db, dialect);
  await createDeletedInstance(db, dialect);
  await db.schema
    .alterTable('series')
    .addColumn('removals', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await createCommitment(db, dialect);
}

async function createDeletion(db: Kysely<unknown>, { text, rowID }: Dialect): Promise<void> {
  await db.schema
    .createTable('deletion')
    .addColumn('deletion_id', text, (c) => c.primaryKey())
    .addColumn('level', text, (c) => c.notNull())
    .addColumn('uid', text, (c) => c.notNull())
    .addColumn('study_instance_uid', text, (c) => c.notNull())
    .addColumn('site_id', rowID, (c) => c.notNull().references('site.id'))
    .addColumn('split', text, (c) => c.notNull())
    .addColumn('deleted_at', text, (c) => c.notNull())
    .addColumn('allowed_at', text)
    .addColumn('finished_at', text)
    .execute();
  await db.schema.createIndex('deletion_by_uid').on('deletion').columns(['uid']).execute();
  await db.schema.createIndex('deletion_by_study').on('deletion').columns(['study_instance_uid']).execute();
  await db.schema.createIndex('deletion_by_finish').on('deletion').columns(['finished_at']).execute();
}

async function createDeletedInstance(db: Kysely<unknown>, { text, rowID }: Dialect): Promise<void> {
  await db.schema
    .createTable('deleted_instance')
    .addColumn('deletion_id', text, (c) => c.notNull().references('deletion.deletion_id'))
    .addColumn('sop_instance_uid', text, (c) => c.notNull())
    .addColumn('series_instance_uid', text, (c) => c.notNull())
    .addColumn('study_instance_uid', text, (c) => c.notNull())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('split', text, (c) => c.notNull())
    .addColumn('site_id', rowID, (c) => c.notNull())
    .addColumn('blob_key', text, (c) => c.notNull())
    .addPrimaryKeyConstraint('deleted_instance_key', ['deletion_id', 'sop_instance_uid'])
    .execute();
  await db.schema.createIndex('deleted_instance_by_uid').on('deleted_instance').columns(['sop_instance_uid']).execute();
  await db.schema
    .createIndex('deleted_instance_by_series')
    .on('deleted_instance')
    .columns(['series_instance_uid'])
    .execute();
  await db.schema
    .createIndex('deleted_instance_by_study')
    .on('deleted_instance')
    .columns(['study_instance_uid', 'series_instance_uid'])
    .execute();
}

async function createCommitment(db: Kysely<unknown>, { text }: Dialect): Promise<void> {
  await db.schema
    .createTable('commitment')
    .addColumn('requester', text, (c) => c.notNull())
    .addColumn('transaction_uid', text, (c) => c.notNull())
    .addColumn('requested_at', text, (c) => c.notNull())
    .addColumn('instances', text)
    .addColumn('result', text)
    .addColumn('finished_at', text)
    .addColumn('leased_until', text)
    .addPrimaryKeyConstraint('commitment_key', ['requester', 'transaction_uid'])
    .execute();
  await db.schema.createIndex('commitment_by_finish').on('commitment').columns(['finished_at']).execute();
}
