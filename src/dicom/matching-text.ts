/** Keys of text: literal, or a pattern of `*` and `?`. PS3.4 §C.2.2.2.1, §C.2.2.2.4 */

/** A piece of a pattern: any run of characters, any one character, or these very characters. */
export type WildcardToken = '*' | '?' | { readonly literal: string };

export type TextMatch =
  | { readonly kind: 'any-of'; readonly values: readonly string[] }
  | { readonly kind: 'wildcard'; readonly tokens: readonly WildcardToken[] };

/** Whether a pattern is some characters, and then anything: what an ordered index finds by itself. */
export const isBeginning = ([first, second, ...rest]: readonly WildcardToken[]): boolean =>
  typeof first === 'object' && second === '*' && rest.length === 0;

/** Read a key that may hold wildcards; `fold` brings its characters into the form they are compared in, and keeps `*` and `?`. */
export function parseText(key: string, fold: (text: string) => string = (text) => text): TextMatch {
  if (!/[*?]/.test(key)) return { kind: 'any-of', values: [fold(key)] };
  const tokens: WildcardToken[] = [];
  for (const piece of fold(key).split(/([*?])/)) {
    if (piece === '*' && tokens.at(-1) === '*') continue;
    if (piece === '*' || piece === '?') tokens.push(piece);
    else if (piece !== '') tokens.push({ literal: piece });
  }
  return { kind: 'wildcard', tokens };
}

/** Whether a key is empty or of stars alone: it matches every entity, even one without the attribute. PS3.4 §C.2.2.2.3 */
export const isUniversal = (key: string): boolean => /^\**$/.test(key);

/** Whether a value, in the form the key was folded into, matches. */
export function matchesText(match: TextMatch, value: string): boolean {
  return match.kind === 'any-of' ? match.values.includes(value) : matchesPattern(match.tokens, value);
}

/**
 * Whether a value matches a pattern. Greedy, with the last `*` as the one point of return: time is at most pattern × value,
 * whatever the pattern.
 */
export function matchesPattern(tokens: readonly WildcardToken[], value: string): boolean {
  const pattern = tokens.flatMap((token) => (typeof token === 'string' ? [token] : [...token.literal].map(literal)));
  const characters = [...value];
  let at = 0;
  let token = 0;
  let star = -1;
  let starAt = 0;
  while (at < characters.length) {
    const expected = pattern[token];
    if (expected === '*') {
      star = token++;
      starAt = at;
    } else if (expected === '?' || (typeof expected === 'object' && expected.literal === characters[at])) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (pattern[token] === '*') token += 1;
  return token === pattern.length;
}

const literal = (character: string): WildcardToken => ({ literal: character });
