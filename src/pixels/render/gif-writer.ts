/**
 * Writes GIF images of 256 greys, exactly as they are drawn: libvips would look for a palette first, which takes twenty times as
 * long. GIF89a specification
 */

const SIGNATURE = 'GIF89a';
const TRAILER = 0x3b;
const IMAGE = 0x2c;
const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;
const GREYS = 256;
const VALUE_BITS = 8;
const CLEAR = 1 << VALUE_BITS;
const END = CLEAR + 1;
const MOST_BITS = 12;
const MOST_CODES = 1 << MOST_BITS;
const LARGEST_BLOCK = 255;
/** Of the hash table; four places for each code. A key times the golden ratio of 2^32 has its place in its highest bits. */
const PLACE_BITS = MOST_BITS + 2;
const PLACES = 1 << PLACE_BITS;
const PLACE_SHIFT = 32 - PLACE_BITS;
const SPREAD = 0x9e37_79b1;

export interface GreySize {
  readonly rows: number;
  readonly columns: number;
}

/** What comes before the first image; an animation repeats for ever. */
export function gifStart({ rows, columns }: GreySize, isAnimation: boolean): Buffer {
  const start = Buffer.alloc(13);
  start.write(SIGNATURE, 'latin1');
  start.writeUInt16LE(columns, 6);
  start.writeUInt16LE(rows, 8);
  // A palette of 2^8 colours, each of 8 bits.
  start[10] = 0xf7;
  const palette = Buffer.from(Array.from({ length: GREYS }, (_, grey) => [grey, grey, grey]).flat());
  const repeats = Buffer.from([EXTENSION, APPLICATION, 11, ...Buffer.from('NETSCAPE2.0', 'latin1'), 3, 1, 0, 0, 0]);
  return Buffer.concat([start, palette, ...(isAnimation ? [repeats] : [])]);
}

export const GIF_END: Buffer = Buffer.of(TRAILER);

/** What comes before the pixels of an image, which is shown for a while when it is one of an animation. */
export function gifImageStart({ rows, columns }: GreySize, delayMs: number | undefined): Buffer {
  const control = Buffer.from([EXTENSION, GRAPHIC_CONTROL, 4, 0, 0, 0, 0, 0]);
  control.writeUInt16LE(Math.min(Math.round((delayMs ?? 0) / 10), 0xffff), 4);
  const descriptor = Buffer.alloc(11);
  descriptor[0] = IMAGE;
  descriptor.writeUInt16LE(columns, 5);
  descriptor.writeUInt16LE(rows, 7);
  descriptor[10] = VALUE_BITS;
  return Buffer.concat([...(delayMs === undefined ? [] : [control]), descriptor]);
}

/** The pixels of one image as codes, in blocks: give them in pieces, then end. */
export class GIFPixels {
  /** Of each place of the hash table: the string before and the value after it, and the code for both. */
  readonly #keys = new Int32Array(PLACES);
  readonly #codes = new Uint16Array(PLACES);
  #next = END + 1;
  #bits = VALUE_BITS + 1;
  #string = -1;
  #held = 0;
  #heldBits = 0;
  #bytes: Uint8Array = new Uint8Array(1024);
  #length = 0;

  constructor() {
    this.#keys.fill(-1);
    this.#put(CLEAR);
  }

  /** Take the next pixels; whole blocks that are ready. */
  take(pixels: Uint8Array): Buffer {
    for (let i = 0; i < pixels.length; i += 1) this.#add(pixels[i] ?? 0);
    return this.#blocks(this.#length - (this.#length % LARGEST_BLOCK));
  }

  /** What is left, and the end of the image. */
  end(): Buffer {
    if (this.#string >= 0) this.#put(this.#string);
    this.#put(END);
    if (this.#heldBits > 0) this.#push(this.#held);
    return Buffer.concat([this.#blocks(this.#length), Buffer.of(0)]);
  }

  #add(value: number): void {
    if (this.#string < 0) {
      this.#string = value;
      return;
    }
    const key = (this.#string << VALUE_BITS) | value;
    let place = Math.imul(key, SPREAD) >>> PLACE_SHIFT;
    for (; this.#keys[place] !== -1; place = (place + 1) & (PLACES - 1)) {
      if (this.#keys[place] === key) {
        this.#string = this.#codes[place] ?? 0;
        return;
      }
    }
    this.#put(this.#string);
    this.#string = value;
    if (this.#next < MOST_CODES) {
      this.#keys[place] = key;
      this.#codes[place] = this.#next;
      // The reader makes the code one step later, and then reads wider ones.
      if (this.#next === 1 << this.#bits) this.#bits += 1;
      this.#next += 1;
    } else this.#clear();
  }

  #clear(): void {
    this.#put(CLEAR);
    this.#keys.fill(-1);
    this.#next = END + 1;
    this.#bits = VALUE_BITS + 1;
  }

  #put(code: number): void {
    this.#held |= code << this.#heldBits;
    for (this.#heldBits += this.#bits; this.#heldBits >= 8; this.#heldBits -= 8) {
      this.#push(this.#held & 0xff);
      this.#held >>>= 8;
    }
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }

  /** The first bytes that wait, in blocks of at most 255. */
  #blocks(count: number): Buffer {
    const blocks = Buffer.alloc(count + Math.ceil(count / LARGEST_BLOCK));
    for (let at = 0, to = 0; at < count; at += LARGEST_BLOCK) {
      const block = this.#bytes.subarray(at, Math.min(at + LARGEST_BLOCK, count));
      blocks[to] = block.length;
      blocks.set(block, to + 1);
      to += 1 + block.length;
    }
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    return blocks;
  }
}
