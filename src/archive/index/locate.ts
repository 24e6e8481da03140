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

export async function locateInstances(
  { read }: Database,
  scope: Scope,
  path: ResourcePath,
): Promise<readonly LocatedInstance[]> {
  let query = read
    .selectFrom('instance')
    .innerJoin('series', 'series.id', 'instance.series_row_id')
    .innerJoin('study', 'study.id', 'instance.study_row_id')
    .select([
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
    ])
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
  return (await query.execute()).map((row) => ({
    rowID: row.id,
    studyInstanceUID: path.studyInstanceUID,
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
  }));
}
