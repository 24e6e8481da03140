/** The shape of pixels. PS3.3 §C.7.6.3.1.7, §10.7.1.3 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet } from '../../dicom/data-set.js';
import { readFirst } from '../../dicom/values.js';
import { functionalGroup } from './functional-groups.js';

/** Shapes beyond these are mistakes. */
const MOST_ASPECT = 100;

/** The height of a pixel by its width, from spacing or ratio; 1 when the data set does not say, or says what can not be. */
export function readPixelAspect(dataSet: DataSet, frameNumber: number): number {
  const measures = functionalGroup(dataSet, frameNumber, TAG.PixelMeasuresSequence);
  const ratios = [
    readFirst(measures, TAG.PixelSpacing, 2),
    readFirst(dataSet, TAG.ImagerPixelSpacing, 2),
    readFirst(dataSet, TAG.PixelAspectRatio, 2),
  ];
  return ratios.map(aspectOf).find((aspect) => aspect !== undefined) ?? 1;
}

/** Of two values, down and across. */
export function aspectOf([down = 0, across = 0]: readonly number[]): number | undefined {
  const aspect = down / across;
  return aspect >= 1 / MOST_ASPECT && aspect <= MOST_ASPECT ? aspect : undefined;
}
