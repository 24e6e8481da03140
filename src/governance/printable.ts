/** Texts that people give to things, which are printed on one line of a list or a page. */

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

/**
 * Whether `text` is 1 to `maximum` printable characters that neither begin nor end with a space and are more than signs.
 * A tab, a line break or a control that turns the direction of writing would show a list other than it is.
 */
export const isPrintableName = (text: string, maximum: number): boolean =>
  text.length <= 4 * maximum &&
  [...text].length <= maximum &&
  text === text.trim() &&
  PRINTABLE.test(text) &&
  /[\p{L}\p{N}]/u.test(text);
