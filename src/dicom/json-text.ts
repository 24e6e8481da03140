/**
 * Reads JSON text as it arrives, in pieces of any size, and tells what comes by: nothing is held but the token that is not
 * whole yet. Strict as RFC 8259 is, bounded in depth, and no object is made that a name could do harm to.
 */
import { invalidRequest } from '../errors.js';

/** What is told, in the order of the text. */
export interface JSONEvents {
  openObject(): void;
  /** The name of the member whose value comes next. Names may repeat: it is for the reader of names to mind. */
  name(name: string): void;
  closeObject(): void;
  openArray(): void;
  closeArray(): void;
  string(text: string): void;
  /** A number as it is written. */
  number(literal: string): void;
  word(word: JSONWord): void;
}

export type JSONWord = 'true' | 'false' | 'null';

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'nothing';

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LONGEST_NUMBER = 128;
const LONGEST_ESCAPE = 6;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const BARE = /[-+.\w]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const malformed = (): Error => invalidRequest('The body is no lawful JSON.');

export class JSONText {
  readonly #events: JSONEvents;
  readonly #mostDepth: number;
  /** What is open, outermost first: objects or arrays. */
  readonly #open: ('object' | 'array')[] = [];
  #expected: Expected = 'value';
  /** What has come of a string that has not ended; undefined outside of strings. */
  #string: string[] | undefined;
  /** A reverse solidus and what has come of its escape. */
  #escape = '';
  /** What has come of a number or word. */
  #bare = '';

  constructor(events: JSONEvents, mostDepth: number) {
    this.#events = events;
    this.#mostDepth = mostDepth;
  }

  /** Read the next characters. @throws ArchiveError `invalid-request` when they make the text unlawful */
  write(chunk: string): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#escape !== '') at = this.#readEscape(chunk, at);
      else if (this.#string !== undefined) at = this.#readString(chunk, at, this.#string);
      else at = this.#readToken(chunk, at);
    }
  }

  /** Say that no more comes. @throws ArchiveError `invalid-request` when something is open or there was nothing */
  end(): void {
    if (this.#string !== undefined) throw malformed();
    this.#endBare();
    if (this.#expected !== 'nothing') throw malformed();
  }

  #readString(chunk: string, at: number, pieces: string[]): number {
    const end = endOf(PLAIN, chunk, at);
    if (end > at) pieces.push(chunk.slice(at, end));
    if (end === chunk.length) return end;
    const character = chunk[end];
    if (character === '\\') this.#escape = '\\';
    else if (character === '"') this.#endString(pieces.length === 1 ? (pieces[0] ?? '') : pieces.join(''));
    else throw malformed();
    return end + 1;
  }

  #readEscape(chunk: string, at: number): number {
    this.#escape += chunk[at];
    const isUnicode = this.#escape[1] === 'u';
    if (!isUnicode || this.#escape.length === LONGEST_ESCAPE) {
      this.#string?.push(unescaped(this.#escape));
      this.#escape = '';
    }
    return at + 1;
  }

  #endString(text: string): void {
    this.#string = undefined;
    if (this.#expected === 'name' || this.#expected === 'name or end') {
      this.#expected = 'colon';
      this.#events.name(text);
      return;
    }
    this.#takeValue();
    this.#events.string(text);
  }

  #readToken(chunk: string, at: number): number {
    const bareEnd = endOf(BARE, chunk, at);
    if (bareEnd > at) {
      if (this.#bare === '') this.#expectValue();
      this.#bare += chunk.slice(at, bareEnd);
      if (this.#bare.length > LONGEST_NUMBER) throw malformed();
      return bareEnd;
    }
    this.#endBare();
    const spaceEnd = endOf(SPACE, chunk, at);
    if (spaceEnd > at) return spaceEnd;
    this.#readMark(chunk[at]);
    return at + 1;
  }

  #endBare(): void {
    const bare = this.#bare;
    if (bare === '') return;
    this.#bare = '';
    this.#takeValue();
    if (bare === 'true' || bare === 'false' || bare === 'null') this.#events.word(bare);
    else if (NUMBER.test(bare)) this.#events.number(bare);
    else throw malformed();
  }

  #readMark(mark: string | undefined): void {
    switch (mark) {
      case '"':
        if (this.#expected !== 'name' && this.#expected !== 'name or end') this.#expectValue();
        this.#string = [];
        return;
      case '{':
        this.#openContainer('object', 'name or end');
        return;
      case '[':
        this.#openContainer('array', 'value or end');
        return;
      case '}':
        this.#closeContainer('object', 'name or end');
        return;
      case ']':
        this.#closeContainer('array', 'value or end');
        return;
      case ':':
        if (this.#expected !== 'colon') throw malformed();
        this.#expected = 'value';
        return;
      case ',':
        if (this.#expected !== 'comma or end') throw malformed();
        this.#expected = this.#open.at(-1) === 'object' ? 'name' : 'value';
        return;
      default:
        throw malformed();
    }
  }

  #openContainer(kind: 'object' | 'array', expected: Expected): void {
    this.#takeValue();
    if (this.#open.length >= this.#mostDepth) {
      throw invalidRequest(`The JSON of the body is nested more than ${this.#mostDepth} deep.`);
    }
    this.#open.push(kind);
    this.#expected = expected;
    if (kind === 'object') this.#events.openObject();
    else this.#events.openArray();
  }

  #closeContainer(kind: 'object' | 'array', whenEmpty: Expected): void {
    const mayEnd = this.#expected === 'comma or end' || this.#expected === whenEmpty;
    if (this.#open.at(-1) !== kind || !mayEnd) throw malformed();
    this.#open.pop();
    this.#expected = this.#open.length === 0 ? 'nothing' : 'comma or end';
    if (kind === 'object') this.#events.closeObject();
    else this.#events.closeArray();
  }

  #expectValue(): void {
    if (this.#expected !== 'value' && this.#expected !== 'value or end') throw malformed();
  }

  #takeValue(): void {
    this.#expectValue();
    this.#expected = this.#open.length === 0 ? 'nothing' : 'comma or end';
  }
}

/** Where the run of characters ends that begins at `at`. */
function endOf(run: RegExp, text: string, at: number): number {
  run.lastIndex = at;
  run.test(text);
  return run.lastIndex;
}

function unescaped(written: string): string {
  const code = /^\\u([\dA-Fa-f]{4})$/.exec(written)?.[1];
  const text = code === undefined ? ESCAPES[written[1] ?? ''] : String.fromCharCode(Number.parseInt(code, 16));
  if (text === undefined) throw malformed();
  return text;
}
