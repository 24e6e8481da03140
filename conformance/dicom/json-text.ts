/** A JSON reader that keeps what JSON.parse loses: the order and repetition of members, and the digits of numbers. RFC 8259 */

export type JSONNode =
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: JSONNode])[] }
  | { readonly kind: 'array'; readonly items: readonly JSONNode[] }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'word'; readonly word: 'true' | 'false' | 'null' };

const TOKEN =
  /[ \t\n\r]*(?:([[\]{},:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

/** @throws Error when the bytes are not UTF-8, begin with a byte order mark, or are no JSON */
export function readJSONText(bytes: Buffer): JSONNode {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])))
    throw new Error('the JSON begins with a byte order mark');
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const reader = new TextReader(text);
  const node = reader.value();
  reader.end();
  return node;
}

class TextReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): JSONNode {
    const [, mark, quoted, digits, word] = this.#next();
    if (quoted !== undefined) return { kind: 'string', text: JSON.parse(quoted) };
    if (digits !== undefined) return { kind: 'number', digits };
    if (word === 'true' || word === 'false' || word === 'null') return { kind: 'word', word };
    if (mark === '[') return { kind: 'array', items: this.#list(']', () => this.value()) };
    if (mark === '{') return { kind: 'object', members: this.#list('}', () => this.#member()) };
    throw new Error(`the JSON has ${JSON.stringify(mark)} where a value begins`);
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw new Error('something follows the JSON');
  }

  #member(): readonly [string, JSONNode] {
    const [, , quoted] = this.#next();
    const [, colon] = this.#next();
    if (quoted === undefined || colon !== ':') throw new Error('the JSON has a member without a name');
    return [JSON.parse(quoted), this.value()];
  }

  #list<T>(end: string, read: () => T): readonly T[] {
    const list: T[] = [];
    const start = this.#at;
    if (this.#next()[1] === end) return list;
    this.#at = start;
    for (;;) {
      list.push(read());
      const [, mark] = this.#next();
      if (mark === end) return list;
      if (mark !== ',') throw new Error(`the JSON lacks a comma or ${end}`);
    }
  }

  #next(): RegExpExecArray {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text);
    if (token === null)
      throw new Error(`no JSON at character ${this.#at}: ${JSON.stringify(this.#text.slice(this.#at, this.#at + 20))}`);
    this.#at = TOKEN.lastIndex;
    return token;
  }
}
