/** Text in lines of some columns, a column a character. */

export interface Place {
  /** Spaces before the first line. */
  readonly indent: number;
  /** Of spaces and text together. */
  readonly columns: number;
  /** Spaces before every other line; as many as before the first without it. */
  readonly hanging?: number;
}

/**
 * The lines of a text, wrapped between words, each with its line feed. A word that is too long stands by itself, so that a UID
 * or URL stays whole; one that is not of ASCII is cut, for there are scripts that write without spaces.
 */
export function* wrapped(text: string, { indent, columns, hanging = indent }: Place): Generator<string> {
  let before = ' '.repeat(indent);
  for (const line of text.split('\n')) {
    let current = '';
    let length = 0;
    for (const word of wordsOf(line, columns - Math.max(indent, hanging))) {
      const wordLength = lengthOf(word);
      if (length > 0 && before.length + length + 1 + wordLength > columns) {
        yield `${before}${current}\n`;
        before = ' '.repeat(hanging);
        current = '';
        length = 0;
      }
      current += length > 0 ? ` ${word}` : word;
      length += wordLength + (length > 0 ? 1 : 0);
    }
    yield current === '' ? '\n' : `${before}${current}\n`;
    before = ' '.repeat(hanging);
  }
}

const ASCII = /^[\u0000-\u007f]*$/;

const lengthOf = (word: string): number => (ASCII.test(word) ? word.length : [...word].length);

function* wordsOf(line: string, most: number): Generator<string> {
  for (const word of line.split(/[ \t]+/)) {
    if (ASCII.test(word) || word.length <= most) {
      if (word !== '') yield word;
      continue;
    }
    const characters = [...word];
    for (let at = 0; at < characters.length; at += most) yield characters.slice(at, at + most).join('');
  }
}
