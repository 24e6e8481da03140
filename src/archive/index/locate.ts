/** From a resource of the DICOMweb tree to the instances in it that a Scope shows, in the order in which they are answered. */
import type { Database } from '../../database/database.js';
import { decodePixelFormat, type PixelFormat } from '../../dicom/pixel-format.js';
import type { Scope } from '../scope.js';
import { visibleSeries } from './visible-series.js';

/** A study, a series or an instance. */
export interface ResourcePath {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
}

export interface LocatedSeries {
  readonly rowID: number;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly instanceCount: number;
  /** With the count, this tells one state of the series from another. */
  readonly removals: number;
}

export interface LocatedInstance {
  readonly rowID: number;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  readonly blobKey: string;
  readonly sizeBytes: number;
  /** SHA-256 of the stored file, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly crc32: number;
  readonly frameCount: number;
  /** CRC-32 of its metadata as the index keeps it; undefined where that was written before the index told. */
  readonly metadataCRC32: number | undefined;
  /** Undefined without Pixel Data, and for an instance that was stored before the index kept it. */
  readonly pixelFormat: PixelFormat | undefined;
}

export async function locateSeries(
  { read }: Database,
  scope: Scope,
  path: Omit<ResourcePath, 'sopInstanceUID'>,
): Promise<readonly LocatedSeries[]> {
  let query = read
    .selectFrom('series')
    .innerJoin('study', 'study.id', 'series.study_row_id')
    .select(['series.id', 'series.series_instance_uid', 'series.instance_count', 'series.removals'])
    .where('study.study_instance_uid', '=', path.studyInstanceUID)
    .where((eb) => visibleSeries(eb, scope))
    .orderBy('series.series_order')
    .orderBy('series.series_instance_uid');
  if (path.seriesInstanceUID !== undefined) {
    query = query.where('series.series_instance_uid', '=', path.seriesInstanceUID);
  }
  return (await query.execute()).map((row) => ({
    rowID: row.id,
    studyInstanceUID: path.studyInstanceUID,
    seriesInstanceUID: row.series_instance_uid,
    instanceCount: row.instance_count,
    removals: row.removals,
  }));
}

const LOCATED = [
  'instance.id',
  'series.series_instance_uid',
  'instance.sop_instance_uid',
  'instance.sop_class_uid',
  'instance.transfer_syntax_uid',
  'instance.blob_key',
  'instance.size_bytes',
  'instance.sha256',
  'instance.crc32',
  'instance.frame_count',
  'instance.pixel_format',
  'instance.metadata_crc32',
] as const;

export async function locateInstances(
  { read }: Database,
  scope: Scope,
  path: ResourcePath,
): Promise<readonly LocatedInstance[]> {
  let query = read
    .selectFrom('instance')
    .innerJoin('series', 'series.id', 'instance.series_row_id')
    .innerJoin('study', 'study.id', 'instance.study_row_id')
    .select(LOCATED)
    .where('study.study_instance_uid', '=', path.studyInstanceUID)
    .where((eb) => visibleSeries(eb, scope))
    .orderBy('series.series_order')
    .orderBy('series.series_instance_uid')
    .orderBy('instance.instance_order')
    .orderBy('instance.sop_instance_uid');
  if (path.seriesInstanceUID !== undefined) {
    query = query.where('series.series_instance_uid', '=', path.seriesInstanceUID);
  }
  if (path.sopInstanceUID !== undefined) query = query.where('instance.sop_instance_uid', '=', path.sopInstanceUID);
  return (await query.execute()).map((row) => located(path.studyInstanceUID, row));
}

/**
 * Locate the instance that stands for a study or a series: the middle one, in their order, of its first series that has frames;
 * when that one has none itself, the middle one of those that have. Where there are no frames at all, the middle one of the
 * first series. Undefined when there is nothing.
 */
export async function locateRepresentative(
  { read }: Database,
  scope: Scope,
  { studyInstanceUID, seriesInstanceUID }: Omit<ResourcePath, 'sopInstanceUID'>,
): Promise<LocatedInstance | undefined> {
  let query = read
    .selectFrom('series')
    .innerJoin('study', 'study.id', 'series.study_row_id')
    .select(['series.id', 'series.instance_count'])
    .select((eb) =>
      eb
        .selectFrom('instance')
        .whereRef('instance.series_row_id', '=', 'series.id')
        .where('instance.frame_count', '>', 0)
        .select('instance.id')
        .limit(1)
        .as('with_frames'),
    )
    .where('study.study_instance_uid', '=', studyInstanceUID)
    .where((eb) => visibleSeries(eb, scope))
    .orderBy('series.series_order')
    .orderBy('series.series_instance_uid');
  if (seriesInstanceUID !== undefined) query = query.where('series.series_instance_uid', '=', seriesInstanceUID);
  const all = await query.execute();
  const chosen = all.find((row) => row.with_frames !== null) ?? all[0];
  if (chosen === undefined) return undefined;
  const { id, instance_count: count, with_frames: withFrames } = chosen;
  const isOfFrames = withFrames !== null;
  const middle = await instanceAt(read, { id, isOfFrames: false, offset: Math.floor(count / 2) });
  if (middle !== undefined && (middle.frame_count > 0 || !isOfFrames)) return located(studyInstanceUID, middle);
  const { count: countOfThose } = await read
    .selectFrom('instance')
    .where('series_row_id', '=', id)
    .where('frame_count', isOfFrames ? '>' : '>=', 0)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  const row = await instanceAt(read, { id, isOfFrames, offset: Math.floor(Number(countOfThose) / 2) });
  return row && located(studyInstanceUID, row);
}

interface PlaceInSeries {
  /** Of the row of the series. */
  readonly id: number;
  /** Instances without frames are not counted. */
  readonly isOfFrames: boolean;
  readonly offset: number;
}

/** The place is found before anything is joined: it may be far into the series. */
function instanceAt(
  read: Database['read'],
  { id, isOfFrames, offset }: PlaceInSeries,
): Promise<LocatedRow | undefined> {
  let place = read
    .selectFrom('instance')
    .select('id')
    .where('series_row_id', '=', id)
    .orderBy('instance_order')
    .orderBy('sop_instance_uid')
    .limit(1)
    .offset(offset);
  if (isOfFrames) place = place.where('frame_count', '>', 0);
  return read
    .selectFrom('instance')
    .innerJoin('series', 'series.id', 'instance.series_row_id')
    .select(LOCATED)
    .where('instance.id', '=', place)
    .executeTakeFirst();
}

interface LocatedRow {
  readonly id: number;
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly sop_class_uid: string;
  readonly transfer_syntax_uid: string;
  readonly blob_key: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly crc32: number;
  readonly frame_count: number;
  readonly pixel_format: string | null;
  readonly metadata_crc32: number | null;
}

const located = (studyInstanceUID: string, row: LocatedRow): LocatedInstance => ({
  rowID: row.id,
  studyInstanceUID,
  seriesInstanceUID: row.series_instance_uid,
  sopInstanceUID: row.sop_instance_uid,
  sopClassUID: row.sop_class_uid,
  transferSyntaxUID: row.transfer_syntax_uid,
  blobKey: row.blob_key,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  crc32: row.crc32,
  frameCount: row.frame_count,
  pixelFormat: decodePixelFormat(row.pixel_format),
  metadataCRC32: row.metadata_crc32 ?? undefined,
});
