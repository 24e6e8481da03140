import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineCRC32 } from '../../src/dicom/crc32.js';

describe('combineCRC32', () => {
  it('gives the sum of the joined bytes, however they were parted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4_000 }), fc.nat(4_000), (bytes, cut) => {
        const whole = Buffer.from(bytes);
        const [first, second] = [whole.subarray(0, cut), whole.subarray(cut)];
        expect(combineCRC32(crc32(first), crc32(second), second.length)).toBe(crc32(whole));
      }),
    );
  });

  it('joins runs of many megabytes', () => {
    const first = Buffer.alloc(3_000_001, 0x5a);
    const second = Buffer.alloc(40_000_003, 0xa5);
    expect(combineCRC32(crc32(first), crc32(second), second.length)).toBe(crc32(Buffer.concat([first, second])));
  });

  it('counts lengths beyond 32 bits', () => {
    const zeros = 2 ** 33 + 5;
    const half = combineCRC32(crc32('x'), zerosCRC32(2 ** 32), 2 ** 32);
    const rest = zeros - 2 ** 32;
    expect(combineCRC32(crc32('x'), zerosCRC32(zeros), zeros)).toBe(combineCRC32(half, zerosCRC32(rest), rest));
  });
});

/** The CRC-32 of so many NULs, by doubling. */
function zerosCRC32(length: number): number {
  let sum = 0;
  let length2 = 0;
  let unit = crc32(Buffer.alloc(1));
  let unitLength = 1;
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      sum = length2 === 0 ? unit : combineCRC32(sum, unit, unitLength);
      length2 += unitLength;
    }
    unit = combineCRC32(unit, unit, unitLength);
    unitLength *= 2;
  }
  return sum;
}
