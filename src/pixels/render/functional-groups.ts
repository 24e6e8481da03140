/** Where the attributes of one frame are: in its own functional groups, in those all frames share, or in the data set. PS3.3 §C.7.6.16 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet, Tag } from '../../dicom/data-set.js';
import { itemsOf } from './lookup-table.js';

/**
 * The data set in which to look for the attributes of a functional group: its item for the frame, else the shared one, else the
 * data set itself.
 * @param frameNumber from 1
 */
export function functionalGroup(dataSet: DataSet, frameNumber: number, sequence: Tag): DataSet {
  const own = itemsOf(dataSet, TAG.PerFrameFunctionalGroupsSequence)[frameNumber - 1];
  const shared = itemsOf(dataSet, TAG.SharedFunctionalGroupsSequence)[0];
  for (const groups of [own, shared]) {
    const group = groups === undefined ? undefined : itemsOf(groups, sequence)[0];
    if (group !== undefined) return group;
  }
  return dataSet;
}
