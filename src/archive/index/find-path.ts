/** From the UID of a study, series or instance alone to where it is in the DICOMweb tree, or was before it was deleted. */
import type { Database } from '../../database/database.js';
import type { DeletedLevel } from './delete-resource.js';
import type { ResourcePath } from './locate.js';

/** Find the path of what has this UID; undefined when nothing ever had it. */
export async function findPath(
  { read }: Database,
  { level, uid }: { readonly level: DeletedLevel; readonly uid: string },
): Promise<ResourcePath | undefined> {
  if (level === 'study') return { studyInstanceUID: uid };
  const there = read
    .selectFrom('instance')
    .innerJoin('series', 'series.id', 'instance.series_row_id')
    .innerJoin('study', 'study.id', 'instance.study_row_id')
    .select(['study.study_instance_uid', 'series.series_instance_uid'])
    .where(level === 'series' ? 'series.series_instance_uid' : 'instance.sop_instance_uid', '=', uid)
    .limit(1);
  const deleted = read
    .selectFrom('deleted_instance')
    .select(['study_instance_uid', 'series_instance_uid'])
    .where(level === 'series' ? 'series_instance_uid' : 'sop_instance_uid', '=', uid)
    .limit(1);
  const found = (await there.executeTakeFirst()) ?? (await deleted.executeTakeFirst());
  if (found === undefined) return undefined;
  return {
    studyInstanceUID: found.study_instance_uid,
    seriesInstanceUID: found.series_instance_uid,
    ...(level === 'instance' ? { sopInstanceUID: uid } : {}),
  };
}
