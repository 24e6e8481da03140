/** The members of a stored DICOM JSON object, each as the text it is: to answer a thousand studies none need be parsed. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** `"00080020":` */
const NAME_CHARACTERS = 11;

/** What stands in no JSON text without white space; a damaged row would break the whole answer with it. */
const CONTROL = /[\u0000-\u001f]/;

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * Part an object as the index keeps it, without white space, at its own members: by tag, `00080020`, the text of its
 * element. Of a text that is no such object the attributes are unknown, which is no reason to answer nobody anything.
 */
export function memberTexts(text = '{}'): ReadonlyMap<string, string> {
  if (text.charCodeAt(0) !== OPEN || text.charCodeAt(text.length - 1) !== CLOSE || CONTROL.test(text)) return NONE;
  const members = new Map<string, string>();
  for (let at = 1; at < text.length - 1; ) {
    const from = at + NAME_CHARACTERS;
    const end = text.charCodeAt(at) === QUOTE && text.charCodeAt(from) === OPEN ? endOfObject(text, from) : undefined;
    if (end === undefined) return NONE;
    members.set(text.slice(at + 1, at + 9), text.slice(from, end));
    at = end + 1;
  }
  return members;
}

/** Where the object that opens at `at` has ended; undefined when it does not. */
function endOfObject(text: string, at: number): number | undefined {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) {
      i = endOfString(text, i);
    } else if (character === OPEN) {
      depth += 1;
    } else if (character === CLOSE) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}

/** Where the closing quotation mark is of the string that opens at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
