/** How many series and instances a study has of each Modality, as the row of the study keeps it. */
import type { ImagingKind } from '../scope.js';

export interface SeriesCount {
  readonly kind: ImagingKind;
  /** Null for series without one. */
  readonly modality: string | null;
  readonly seriesCount: number;
  readonly instanceCount: number;
}

type Row = readonly [kind: ImagingKind, modality: string | null, series: number, instances: number];

/** Read the column `series_counts`. */
export function parseSeriesCounts(text: string): readonly SeriesCount[] {
  const rows: readonly Row[] = JSON.parse(text);
  return rows.map(([kind, modality, seriesCount, instanceCount]) => ({ kind, modality, seriesCount, instanceCount }));
}

export interface SeriesSum {
  readonly seriesCount: number;
  readonly instanceCount: number;
  /** Sorted, each once. */
  readonly modalities: readonly string[];
}

/** All of them together. */
export function sumOf(counts: readonly SeriesCount[]): SeriesSum {
  let seriesCount = 0;
  let instanceCount = 0;
  const modalities: string[] = [];
  for (const count of counts) {
    seriesCount += count.seriesCount;
    instanceCount += count.instanceCount;
    if (count.modality !== null) modalities.push(count.modality);
  }
  return { seriesCount, instanceCount, modalities: modalities.sort() };
}
