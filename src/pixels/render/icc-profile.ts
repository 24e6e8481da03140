/** The ICC profile that a data set has for its colours. PS3.3 §C.11.15, §C.8.12.5 */
import { TAG } from '../../dicom/attributes.js';
import { type DataSet, findBytes } from '../../dicom/data-set.js';
import { itemsOf } from './lookup-table.js';

const HEADER_BYTES = 128;
/** Where `acsp` is in the header of every profile. ICC.1 §7.2 */
const SIGNATURE_AT = 36;
const MOST_BYTES = 4 * 1024 * 1024;

/** Find the profile, of the image or of its first optical path; none when it is no profile or has more than 4 MiB. */
export function findICCProfile(dataSet: DataSet): Uint8Array<ArrayBuffer> | undefined {
  const path = itemsOf(dataSet, TAG.OpticalPathSequence)[0];
  const bytes = findBytes(dataSet, TAG.ICCProfile) ?? (path && findBytes(path, TAG.ICCProfile));
  if (bytes === undefined || bytes.length < HEADER_BYTES || bytes.length > MOST_BYTES) return undefined;
  const isProfile = bytes.toString('latin1', SIGNATURE_AT, SIGNATURE_AT + 4) === 'acsp';
  const lengthBytes = bytes.readUInt32BE(0);
  // A copy: a view would take the whole of the file's bytes along to a worker.
  return isProfile && lengthBytes <= bytes.length ? new Uint8Array(bytes.subarray(0, lengthBytes)) : undefined;
}
