/** The document that an instance holds as one value. PS3.3 §C.24.2 */
import { TAG } from './attributes.js';
import { type DataSet, findBytes } from './data-set.js';
import { readNumber, readString } from './values.js';

/** What could stand in a Content-Type, without parameters. RFC 6838 §4.2 */
const MEDIA_TYPE = /^[a-z]{1,16}\/[a-z0-9.+-]{1,100}$/i;

/** The media type that the document says it is; undefined when that is none. */
export function documentMediaType(dataSet: DataSet): string | undefined {
  const mediaType = readString(dataSet, TAG.MIMETypeOfEncapsulatedDocument);
  return mediaType !== undefined && MEDIA_TYPE.test(mediaType) ? mediaType : undefined;
}

/** The document without the byte that pads it; undefined when there is none. */
export function documentBytes(dataSet: DataSet): Buffer | undefined {
  const bytes = findBytes(dataSet, TAG.EncapsulatedDocument);
  if (bytes === undefined) return undefined;
  const isPadded = readNumber(dataSet, TAG.EncapsulatedDocumentLength) === bytes.length - 1;
  return isPadded ? bytes.subarray(0, -1) : bytes;
}
