import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberTexts } from '../../src/dicomweb/member-texts.js';

const tag = fc.stringMatching(/^[0-9A-F]{8}$/);
const element = fc.record({ vr: fc.constantFrom('LO', 'SQ'), Value: fc.array(fc.jsonValue(), { maxLength: 4 }) });

describe('memberTexts', () => {
  it('gives each member as the text that it is in the whole', () => {
    fc.assert(
      fc.property(fc.dictionary(tag, element), (object) => {
        const members = memberTexts(JSON.stringify(object));
        expect(new Map([...members].map(([name, text]) => [name, JSON.parse(text)]))).toEqual(
          new Map(Object.entries(JSON.parse(JSON.stringify(object)))),
        );
        for (const [name, text] of members) expect(text).toBe(JSON.stringify(object[name]));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['{"a":"}"}', '{"vr":"LO","Value":["\\\\"]}', '{"vr":"LO","Value":["\\"}"]}'])(
    'is not led astray by what stands in strings: %s',
    (text) => {
      expect(memberTexts(`{"00080020":${text},"00080030":{}}`)).toEqual(
        new Map([
          ['00080020', text],
          ['00080030', '{}'],
        ]),
      );
    },
  );

  it.each(['', '{}', '[]', 'null', '{"00080020":{', '{"00080020":1}', '{"00080020":{"vr":"LO}', '{"0008":{}}', 'x'])(
    'gives nothing of %j',
    (text) => {
      expect(memberTexts(text).size).toBe(0);
    },
  );

  it('gives nothing where there is no text', () => {
    expect(memberTexts(undefined).size).toBe(0);
  });
});
