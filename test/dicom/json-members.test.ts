import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JSONMembers } from '../../src/dicom/json-members.js';

function membersOf(text: string, wanted: readonly string[], cut = 1_000_000, maxBytes = 1_000): unknown {
  const members = new JSONMembers((tag) => wanted.includes(tag), maxBytes);
  const bytes = Buffer.from(text);
  const scratch = Buffer.alloc(cut);
  for (let at = 0; at < bytes.length; at += cut) {
    const length = bytes.copy(scratch, 0, at, at + cut);
    members.write(scratch.subarray(0, length));
  }
  return Object.fromEntries([...members.found].map(([tag, element]) => [tag, JSON.parse(element)]));
}

describe('JSONMembers', () => {
  const name = fc.constantFrom('00080020', '00080030', '00100010', '00400275');
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant('"{}\\'));
  const leaf = fc.record({ vr: fc.constant('LO'), Value: fc.array(value, { maxLength: 3 }) });
  const item = fc.dictionary(name, leaf, { maxKeys: 3 });
  const sequence = fc.record({ vr: fc.constant('SQ'), Value: fc.array(item, { maxLength: 3 }) });
  const dataSet = fc.dictionary(name, fc.oneof(leaf, sequence), { maxKeys: 4 });

  it('finds the elements of the data set itself, wherever the text is cut', () => {
    fc.assert(
      fc.property(dataSet, fc.uniqueArray(name), fc.integer({ min: 1, max: 40 }), (object, wanted, cut) => {
        const expected = Object.fromEntries(
          Object.entries(object).filter(([tag]) => wanted.some((one) => one === tag)),
        );
        expect(membersOf(JSON.stringify(object), wanted, cut, 100_000)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('passes over an element that is too long, and goes on', () => {
    const long = { vr: 'LO', Value: ['x'.repeat(2_000)] };
    const short = { vr: 'LO', Value: ['y'] };
    const text = JSON.stringify({ '00080020': long, '00080030': short });
    for (const cut of [7, 100, 5_000]) {
      expect(membersOf(text, ['00080020', '00080030'], cut)).toEqual({ '00080030': short });
    }
  });
});
