/** Values that say how an image is to be rendered, alike in the Studies Service and the URI service. PS3.18 §8.3.5.1, §9.5.1.2 */
import { invalidRequest } from '../errors.js';

export const MOST_QUALITY = 100;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const WORD = /^[\w-]+$/;

/** Read a decimal number; not a finite one when it is none, or larger than any. */
export const readDecimal = (text: string): number => (DECIMAL.test(text) ? Number(text) : Number.NaN);

/** Read what is to be written on the image. @throws ArchiveError `invalid-request` for what is no list of keywords. PS3.18 §8.3.5.1.1 */
export function readAnnotations(text: string | undefined): readonly string[] {
  const words = text?.split(',') ?? [];
  if (words.every((word) => WORD.test(word))) return words;
  throw invalidRequest('The parameter annotation is not a list of keywords, such as patient,technique.');
}
