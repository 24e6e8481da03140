/** Lists on a command line: `a,b,c`. */
import { invalidRequest } from '../errors.js';

/** Split a list of names at its commas; spaces around a name are not part of it. */
export const commaListOf = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

/**
 * Split a list of which every member is one of `values`.
 * @throws ArchiveError `invalid-request`, naming the option and the values it takes
 */
export function choicesOf<T extends string>(option: string, values: readonly T[], text: string): readonly T[] {
  return commaListOf(text).map((name) => {
    const value = values.find((known) => known === name);
    if (value === undefined) throw invalidRequest(`${option} takes ${values.join(', ')}, with commas between.`);
    return value;
  });
}
