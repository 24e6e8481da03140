/**
 * The index of names tells who sees a study too, so that the studies of a name are found and counted without their rows. And
 * the indexes of names hold no more what has no such name: of the ideographic and the phonetic ones that is most studies.
 */
import type { Kysely } from 'kysely';

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  patient_name: ['site_id', 'split', 'modality_bits'],
  patient_name_ideographic: [],
  patient_name_phonetic: [],
  referring_physician_name: ['site_id', 'split', 'modality_bits'],
  referring_physician_name_ideographic: [],
  referring_physician_name_phonetic: [],
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, columns] of Object.entries(COLUMNS)) {
    await db.schema.dropIndex(`study_by_${name}`).execute();
    await db.schema
      .createIndex(`study_by_${name}`)
      .on('study')
      .columns([name, 'study_date', 'id', ...columns])
      .where(name, 'is not', null)
      .execute();
  }
}
