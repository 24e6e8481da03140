/** CRC-32 of bytes that were digested apart: joining two sums costs microseconds, whatever stands behind them. */

const POLYNOMIAL = 0xedb88320;
/** x^0 in the reflected bit order of CRC-32. */
const ONE = 0x80000000;
/** x^(2^k) modulo the polynomial, k from 0 to 31; the powers repeat after that. */
const POWERS = powersOfX();

/** The CRC-32 of two runs of bytes, one after the other, from the CRC-32 of each. All numbers are unsigned. */
export function combineCRC32(first: number, second: number, secondLengthBytes: number): number {
  return (multiply(bytesShift(secondLengthBytes), first) ^ second) >>> 0;
}

/** x^(8 × bytes) modulo the polynomial: by what a sum is multiplied when so many bytes come after it. */
function bytesShift(bytes: number): number {
  let product = ONE;
  let power = 3;
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) product = multiply(POWERS[power % 32] ?? ONE, product);
    power += 1;
  }
  return product;
}

/** The product of two polynomials modulo that of CRC-32. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return product >>> 0;
}

function powersOfX(): readonly number[] {
  const powers = [ONE >>> 1];
  for (let k = 1; k < 32; k++) {
    const last = powers[k - 1] ?? ONE;
    powers.push(multiply(last, last));
  }
  return powers;
}
