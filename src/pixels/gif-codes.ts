/** The variable-length LZW codes of GIF, decoded block by block. GIF89a specification, Appendix F */

const MOST_BITS = 12;
const MOST_CODES = 1 << MOST_BITS;
const NONE = -1;

export class GIFCodes {
  readonly #leastBits: number;
  readonly #clear: number;
  readonly #malformed: () => Error;
  /** Of each code: that of all but the last of its values, its last value, and how many there are. */
  readonly #prefix = new Int16Array(MOST_CODES).fill(NONE);
  readonly #last = new Uint8Array(MOST_CODES);
  readonly #length = new Uint16Array(MOST_CODES);
  #bits: number;
  #codeCount: number;
  #previous = NONE;
  #hasEnded = false;
  /** What has come of the next code. */
  #held = 0;
  #heldBits = 0;

  /** @param leastBits of a value */
  constructor(leastBits: number, malformed: () => Error) {
    this.#leastBits = leastBits;
    this.#clear = 1 << leastBits;
    this.#malformed = malformed;
    this.#bits = leastBits + 1;
    this.#codeCount = this.#clear + 2;
    for (let value = 0; value < this.#clear; value += 1) {
      this.#last[value] = value;
      this.#length[value] = 1;
    }
  }

  /** The values that the codes in the next block stand for; none after the end code. */
  take(block: Buffer): Buffer {
    const strings: Buffer[] = [];
    for (const byte of block) {
      this.#held |= byte << this.#heldBits;
      this.#heldBits += 8;
      while (this.#heldBits >= this.#bits && !this.#hasEnded) {
        const code = this.#held & ((1 << this.#bits) - 1);
        this.#held >>>= this.#bits;
        this.#heldBits -= this.#bits;
        const string = this.#decode(code);
        if (string !== undefined) strings.push(string);
      }
      if (this.#hasEnded) break;
    }
    return Buffer.concat(strings);
  }

  #decode(code: number): Buffer | undefined {
    if (code === this.#clear) {
      this.#bits = this.#leastBits + 1;
      this.#codeCount = this.#clear + 2;
      this.#previous = NONE;
      return undefined;
    }
    if (code === this.#clear + 1) {
      this.#hasEnded = true;
      return undefined;
    }
    const isKnown = code < this.#clear || (code < this.#codeCount && code > this.#clear + 1);
    const isNext = code === this.#codeCount && this.#previous !== NONE && this.#codeCount < MOST_CODES;
    if (!isKnown && !isNext) throw this.#malformed();
    const previous = this.#previous;
    // A code that is only now made stands for the string before it and the first value of that.
    const string = isKnown ? this.#string(code) : withFirstAgain(this.#string(previous));
    if (previous !== NONE && this.#codeCount < MOST_CODES) this.#add(previous, string[0] ?? 0);
    this.#previous = code;
    return string;
  }

  #add(prefix: number, last: number): void {
    this.#prefix[this.#codeCount] = prefix;
    this.#last[this.#codeCount] = last;
    this.#length[this.#codeCount] = (this.#length[prefix] ?? 0) + 1;
    this.#codeCount += 1;
    if (this.#codeCount === 1 << this.#bits && this.#bits < MOST_BITS) this.#bits += 1;
  }

  #string(code: number): Buffer {
    const string = Buffer.allocUnsafe(this.#length[code] ?? 0);
    let at = code;
    for (let i = string.length - 1; i >= 0; i -= 1) {
      string[i] = this.#last[at] ?? 0;
      at = this.#prefix[at] ?? NONE;
    }
    return string;
  }
}

const withFirstAgain = (string: Buffer): Buffer => Buffer.concat([string, string.subarray(0, 1)]);
