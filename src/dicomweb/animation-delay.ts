/** How long each frame of an image is shown when its frames are shown one after the other. PS3.3 §C.7.6.5 */
import { TAG } from '../dicom/attributes.js';
import type { DataSet } from '../dicom/data-set.js';
import { readNumber } from '../dicom/values.js';

const DEFAULT_MS = 100;
/** Browsers take less for a mistake. */
const LEAST_MS = 20;
const MOST_MS = 5_000;

/** In milliseconds; what the data set says, within reason. */
export function animationDelayMs(dataSet: DataSet): number {
  const perSecond = readNumber(dataSet, TAG.RecommendedDisplayFrameRate) ?? readNumber(dataSet, TAG.CineRate);
  const delayMs = perSecond === undefined ? readNumber(dataSet, TAG.FrameTime) : 1_000 / perSecond;
  if (delayMs === undefined || !(delayMs > 0)) return DEFAULT_MS;
  return Math.min(Math.max(Math.round(delayMs), LEAST_MS), MOST_MS);
}
