/** What a search of the index gives. */
import type { PixelFormat } from '../../dicom/pixel-format.js';
import type { SeriesSum } from './series-counts.js';

export interface FoundStudy extends SeriesSum {
  readonly rowID: number;
  readonly studyInstanceUID: string;
  /** The attributes of the study level as one DICOM JSON object. */
  readonly attributes: string;
}

export interface FoundSeries {
  readonly rowID: number;
  readonly seriesInstanceUID: string;
  readonly attributes: string;
  readonly instanceCount: number;
}

export interface FoundInstance {
  readonly rowID: number;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly pixelFormat: PixelFormat | undefined;
  readonly frameCount: number;
  readonly attributes: string;
}

/** One answer: the study it belongs to, and down to the level of the query the series and the instance. */
export interface FoundEntity {
  readonly study: FoundStudy;
  readonly series: FoundSeries | undefined;
  readonly instance: FoundInstance | undefined;
  /** By its id, each added attribute that was asked for and has a value, as an element of DICOM JSON. */
  readonly values: ReadonlyMap<number, string>;
}

export interface Found {
  readonly entities: readonly FoundEntity[];
  /** How many more match after this page. */
  readonly remaining: number;
}
