/** Writes numbers and tags, as JSON or XML tells them, into a value field, little endian. PS3.5 §6.2, PS3.18 §F.2.3 */
import type { SentValue } from './attribute-sink.js';
import { writeTag } from './build-data-set.js';
import { cannotUnderstand } from './failure-reasons.js';
import { isDecimal } from './values.js';
import type { VR } from './vr.js';

const FIRST_BYTES = 64;
const TAG = /^[\dA-Fa-f]{8}$/;
const INTEGER = /^[+-]?\d{1,20}$/;
/** JSON has no word for these, and writers have several. */
const NOT_FINITE: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['-nan', Number.NaN],
  ...['inf', '+inf', 'infinity', '+infinity'].map((text) => [text, Number.POSITIVE_INFINITY] as const),
  ...['-inf', '-infinity'].map((text) => [text, Number.NEGATIVE_INFINITY] as const),
]);

/** How a VR writes one value. */
interface Kind {
  readonly bytes: number;
  /** @throws InvalidInstance C000H */
  readonly write: (target: Buffer, text: string, offset: number) => void;
}

const integers = (bytes: 2 | 4 | 8, isSigned: boolean): Kind => {
  const bits = BigInt(bytes * 8);
  const least = isSigned ? -(1n << (bits - 1n)) : 0n;
  const most = least + (1n << bits) - 1n;
  return {
    bytes,
    write: (target, text, offset) => {
      const value = integerOf(text);
      if (value === undefined || value < least || value > most) throw noValue();
      if (bytes === 8) target.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
      else target.writeUIntLE(Number(BigInt.asUintN(bytes * 8, value)), offset, bytes);
    },
  };
};

const floats = (bytes: 4 | 8): Kind => ({
  bytes,
  write: (target, text, offset) => {
    const value = NOT_FINITE.get(text.toLowerCase()) ?? finiteOf(text);
    if (bytes === 4) target.writeFloatLE(value, offset);
    else target.writeDoubleLE(value, offset);
    const written = bytes === 4 ? Math.fround(value) : value;
    if (!Number.isFinite(written) && !NOT_FINITE.has(text.toLowerCase())) throw noValue();
  },
});

const tags: Kind = {
  bytes: 4,
  write: (target, text, offset) => {
    if (!TAG.test(text)) throw noValue();
    writeTag(target, Number.parseInt(text, 16), offset);
  },
};

const KINDS: ReadonlyMap<VR, Kind> = new Map<VR, Kind>([
  ['AT', tags],
  ['FD', floats(8)],
  ['FL', floats(4)],
  ['SL', integers(4, true)],
  ['SS', integers(2, true)],
  ['SV', integers(8, true)],
  ['UL', integers(4, false)],
  ['US', integers(2, false)],
  ['UV', integers(8, false)],
]);

export class BinaryValues {
  readonly #kind: Kind;
  #bytes = Buffer.alloc(FIRST_BYTES);
  #length = 0;

  constructor(vr: VR) {
    const kind = KINDS.get(vr);
    if (kind === undefined) throw new Error(`VR ${vr} has no binary values.`);
    this.#kind = kind;
  }

  add(value: SentValue): void {
    const end = this.#length + this.#kind.bytes;
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    this.#kind.write(this.#bytes, textOf(value), this.#length);
    this.#length = end;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Spaces around a number mean nothing. */
function textOf(value: SentValue): string {
  if (typeof value === 'string') return value.trim();
  if (value !== null && 'literal' in value) return value.literal;
  throw noValue();
}

/** Whole numbers may be written with a fraction of zeros or an exponent. */
function integerOf(text: string): bigint | undefined {
  if (INTEGER.test(text)) return BigInt(text.replace('+', ''));
  const number = isDecimal(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

function finiteOf(text: string): number {
  if (!isDecimal(text)) throw noValue();
  return Number(text);
}

const noValue = (): Error => cannotUnderstand('A value is none that its VR can have.');
