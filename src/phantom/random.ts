/** Random numbers that are the same for the same labels on every machine: everything synthetic is drawn from these. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number;
  /** In [low, high). */
  readonly between: (low: number, high: number) => number;
  /** A whole number from low to high, both included. */
  readonly integer: (low: number, high: number) => number;
  /** Normally distributed about 0 with a standard deviation of 1. */
  readonly normal: () => number;
}

const TWO_TO_32 = 2 ** 32;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const WARM_UP_DRAWS = 12;

/** Make a generator (sfc32) whose draws depend on the labels alone; different labels give unrelated draws. */
export function randomOf(...labels: readonly (string | number)[]): Random {
  const text = labels.join('\0');
  const words = Uint32Array.of(fnv1a(text), fnv1a(`${text}\0a`), fnv1a(`${text}\0b`), 1);
  const next = (): number => draw(words) / TWO_TO_32;
  for (let draws = 0; draws < WARM_UP_DRAWS; draws += 1) next();
  const between = (low: number, high: number): number => low + (high - low) * next();
  return {
    next,
    between,
    integer: (low, high) => Math.floor(between(low, high + 1)),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  return hash >>> 0;
}

function draw(words: Uint32Array): number {
  const [a = 0, b = 0, c = 0, counter = 0] = words;
  const result = (a + b + counter) >>> 0;
  words[0] = b ^ (b >>> 9);
  words[1] = c + (c << 3);
  words[2] = ((c << 21) | (c >>> 11)) + result;
  words[3] = counter + 1;
  return result;
}
