import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseByteRange } from '../../src/dicomweb/byte-range.js';

const WHOLE = { kind: 'whole' };
const UNSATISFIABLE = { kind: 'unsatisfiable' };
const part = (first: number, last: number) => ({ kind: 'part', first, last });

describe('parseByteRange', () => {
  it('gives the whole when no range is asked for', () => {
    expect(parseByteRange(undefined, 100)).toEqual(WHOLE);
  });

  it.each([
    ['HT-04 a closed range', 'bytes=0-99', 1000, part(0, 99)],
    ['HT-04 a single byte', 'bytes=7-7', 1000, part(7, 7)],
    ['HT-04 all bytes by number', 'bytes=0-999', 1000, part(0, 999)],
    ['HT-05 a suffix', 'bytes=-10', 1000, part(990, 999)],
    ['HT-05 a suffix longer than all', 'bytes=-2000', 1000, part(0, 999)],
    ['HT-05 an open range', 'bytes=10-', 1000, part(10, 999)],
    ['HT-05, HT-08 the open range of a video player', 'bytes=0-', 1000, part(0, 999)],
    ['HT-05 an end beyond the end', 'bytes=990-5000', 1000, part(990, 999)],
    ['HT-05 an end of more digits than a number holds', `bytes=0-${'9'.repeat(400)}`, 1000, part(0, 999)],
    ['the last byte', 'bytes=999-', 1000, part(999, 999)],
    ['leading zeros', 'bytes=0007-0008', 1000, part(7, 8)],
    ['the unit in capitals', 'Bytes=1-2', 1000, part(1, 2)],
    ['white space around the range', 'bytes= 1-2 ', 1000, part(1, 2)],
    ['HT-05, B34 a begin at the end', 'bytes=1000-', 1000, UNSATISFIABLE],
    ['HT-05, B34 a begin far beyond the end', `bytes=${'9'.repeat(400)}-`, 1000, UNSATISFIABLE],
    ['a suffix of no bytes', 'bytes=-0', 1000, UNSATISFIABLE],
    ['an open range of an empty representation', 'bytes=0-', 0, UNSATISFIABLE],
    ['a suffix of an empty representation', 'bytes=-5', 0, WHOLE],
    ['HT-05, B34 a reversed range', 'bytes=5-4', 1000, WHOLE],
    ['B34 several ranges', 'bytes=0-1,5-6', 1000, WHOLE],
    ['B34 no range at all', 'bytes=', 1000, WHOLE],
    ['B34 a lone hyphen', 'bytes=-', 1000, WHOLE],
    ['B34 letters', 'bytes=a-b', 1000, WHOLE],
    ['B34 a sign', 'bytes=+1-2', 1000, WHOLE],
    ['B34 a fraction', 'bytes=0.5-2', 1000, WHOLE],
    ['B34 white space within', 'bytes=1 - 2', 1000, WHOLE],
    ['B34 digits of another script', 'bytes=١-٢', 1000, WHOLE],
    ['B34 another unit', 'frames=1-2', 1000, WHOLE],
    ['B34 no unit', '1-2', 1000, WHOLE],
    ['B34 something before the unit', 'x bytes=1-2', 1000, WHOLE],
    ['B34 an empty header', '', 1000, WHOLE],
  ])('reads %s: %s', (_case, header, sizeBytes, expected) => {
    expect(parseByteRange(header, sizeBytes)).toEqual(expected);
  });

  it('T58 answers 10,000 ranges with the whole', () => {
    expect(parseByteRange(`bytes=${'0-1,'.repeat(10_000)}`, 1000)).toEqual(WHOLE);
  });

  it.each(['0', '-', '0-', ' ', ',', '0-1,', '=', 'bytes='])('T57 reads 16 KiB of %j in less than 5 ms', (unit) => {
    const header = `bytes=${unit.repeat(16 * 1024)}`.slice(0, 16 * 1024);
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      parseByteRange(header, 1000);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(5);
  });

  it('never gives a part outside the representation', () => {
    const unit = fc.constantFrom(...'0123456789-, =', 'bytes=');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), fc.nat(5000), (text, sizeBytes) => {
        const range = parseByteRange(`bytes=${text}`, sizeBytes);
        if (range.kind !== 'part') return;
        expect(range.first).toBeGreaterThanOrEqual(0);
        expect(range.first).toBeLessThanOrEqual(range.last);
        expect(range.last).toBeLessThan(sizeBytes);
      }),
      { numRuns: 2000 },
    );
  });
});
