import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JSONEvents, JSONText } from '../../src/dicom/json-text.js';

/** Puts the events together to what `JSON.parse` would have made of the text, numbers as they were written. */
class Built implements JSONEvents {
  readonly #open: (unknown[] | Map<string, unknown>)[] = [];
  readonly #names: string[] = [];
  value: unknown;
  openObject(): void {
    this.#open.push(new Map());
  }
  name(name: string): void {
    this.#names.push(name);
  }
  closeObject(): void {
    const map = this.#open.pop();
    this.#add(map instanceof Map ? Object.fromEntries(map) : undefined);
  }
  openArray(): void {
    this.#open.push([]);
  }
  closeArray(): void {
    this.#add(this.#open.pop());
  }
  string(text: string): void {
    this.#add(text);
  }
  number(literal: string): void {
    this.#add(Number(literal));
  }
  word(word: string): void {
    this.#add(word === 'null' ? null : word === 'true');
  }
  #add(value: unknown): void {
    const around = this.#open.at(-1);
    if (around === undefined) this.value = value;
    else if (around instanceof Map) around.set(this.#names.pop() ?? '', value);
    else around.push(value);
  }
}

function read(text: string, cuts: readonly number[] = [], mostDepth = 100): unknown {
  const built = new Built();
  const reader = new JSONText(built, mostDepth);
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (text.length + 1)).sort((a, b) => a - b), text.length]) {
    reader.write(text.slice(from, cut));
    from = cut;
  }
  reader.end();
  return built.value;
}

const parsed = (text: string): unknown => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return 'unlawful';
  }
};
const readOrNot = (text: string, cuts?: readonly number[]): unknown => {
  try {
    return { value: read(text, cuts) };
  } catch (error) {
    if (error instanceof Error && error.name === 'ArchiveError') return 'unlawful';
    throw error;
  }
};

const cuts = fc.array(fc.nat());

describe('JSONText', () => {
  it('reads whatever JSON.stringify writes as JSON.parse does, however it is cut', () => {
    const written = fc
      .tuple(fc.json(), fc.constantFrom(undefined, 1, '\t'))
      .map(([text, space]) => JSON.stringify(JSON.parse(text), undefined, space));
    fc.assert(
      fc.property(written, cuts, (text, at) => {
        expect(read(text, at)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('calls unlawful what JSON.parse does, and nothing else', () => {
    const pieces = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '"\\u00e4"', '\\u12', 'true', 'null', 'nul', '0', '01', '-1'],
      ...['-', '1.', '.5', '1e5', '1E+', ' ', '\n', '\u0000', '\u00a0', '"\t"', 'é', '"é"'],
    );
    const almost = fc.array(pieces, { maxLength: 8 }).map((some) => some.join(''));
    fc.assert(
      fc.property(almost, cuts, (text, at) => {
        expect(readOrNot(text, at)).toEqual(parsed(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it('undoes every escape, half characters too', () => {
    const text = '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\ud83d\\ude00\\ud800"';
    for (let cut = 0; cut <= text.length; cut += 1) expect(read(text, [cut])).toBe(JSON.parse(text));
  });

  it('tells a name again that comes again, and makes no object of names', () => {
    const names: string[] = [];
    const ignore = (): void => undefined;
    const events = { openObject: ignore, closeObject: ignore, openArray: ignore, closeArray: ignore };
    const reader = new JSONText(
      { ...events, string: ignore, number: ignore, word: ignore, name: (name) => names.push(name) },
      3,
    );
    reader.write('{"__proto__":{"a":1,"a":2}}');
    reader.end();
    expect(names).toEqual(['__proto__', 'a', 'a']);
  });

  it('J-26 is bounded in depth and in the length of a number', () => {
    expect(read('[[[]]]', [], 3)).toEqual([[[]]]);
    expect(() => read('[[[[]]]]', [], 3)).toThrow('nested more than 3 deep');
    expect(() => read('['.repeat(100_000), [], 100)).toThrow('nested');
    expect(() => read(`[${'1'.repeat(1_000)}]`)).toThrow('no lawful JSON');
  });
});
