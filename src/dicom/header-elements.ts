/** The bytes of a header and where its Data Elements are in them, so that a few can be changed and the others stay. */
import type { Tag } from './data-set.js';
import { implicitVR } from './dictionary.js';
import { headBytesOf, UNDEFINED_LENGTH } from './encode-element.js';
import type { Encoding } from './part10-element-head.js';
import { isVR, type VR } from './vr.js';

/** Where an element begins. */
export interface ElementPlace {
  readonly tag: Tag;
  readonly offset: number;
}

export interface HeaderElement {
  readonly tag: Tag;
  /** The VR as the file says it; that of the dictionary in Implicit VR. */
  readonly vr: VR;
  /** The value field; of a sequence of undefined length with what ends it. */
  readonly value: Buffer;
  readonly hasUndefinedLength: boolean;
}

/** What stands instead of an element, or where there is none; nothing where one is left out. */
export interface ElementChange {
  readonly tag: Tag;
  readonly bytes: Buffer | undefined;
}

export interface HeaderBytesOptions {
  /** From the first element to the end of the last. */
  readonly bytes: Buffer;
  /** Of all elements, as a reader of the same bytes has told them: ascending by tag, each tag once; perhaps of the next. */
  readonly places: readonly ElementPlace[];
  /** What the first byte counts as in the places. */
  readonly startOffset: number;
  readonly encoding: Encoding;
}

export class HeaderBytes {
  readonly encoding: Encoding;
  readonly #bytes: Buffer;
  readonly #places: readonly ElementPlace[];
  readonly #startOffset: number;

  constructor({ bytes, places, startOffset, encoding }: HeaderBytesOptions) {
    this.encoding = encoding;
    this.#bytes = bytes;
    this.#places = places;
    this.#startOffset = startOffset;
  }

  /** Find an element. O(log n). */
  find(tag: Tag): HeaderElement | undefined {
    const index = this.#indexOf(tag);
    if (this.#places[index]?.tag !== tag) return undefined;
    const bytes = this.#bytes.subarray(this.#startOf(index), this.#startOf(index + 1));
    return headerElement(tag, bytes, this.encoding);
  }

  /** The header with these elements changed, in pieces; all others are as they were. @param changes each of another tag */
  changed(changes: readonly ElementChange[]): readonly Buffer[] {
    const pieces: Buffer[] = [];
    let at = 0;
    for (const { tag, bytes } of changes.toSorted((a, b) => a.tag - b.tag)) {
      const index = this.#indexOf(tag);
      pieces.push(this.#bytes.subarray(at, this.#startOf(index)));
      if (bytes !== undefined) pieces.push(bytes);
      at = this.#startOf(this.#places[index]?.tag === tag ? index + 1 : index);
    }
    return [...pieces, this.#bytes.subarray(at)];
  }

  /** The first element that has the tag or a higher one; one more than there are when none has. */
  #indexOf(tag: Tag): number {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#places[middle]?.tag ?? 0) < tag) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #startOf(index: number): number {
    const place = this.#places[index];
    return place === undefined ? this.#bytes.length : place.offset - this.#startOffset;
  }
}

function headerElement(tag: Tag, bytes: Buffer, encoding: Encoding): HeaderElement {
  const vr = encoding.vr === 'implicit' ? implicitVR(tag) : spelledVR(bytes);
  const headBytes = headBytesOf(vr, encoding);
  const hasLongLength = headBytes > 8 || encoding.vr === 'implicit';
  const length = hasLongLength ? readUInt32(bytes, headBytes - 4, encoding) : 0;
  return { tag, vr, value: bytes.subarray(headBytes), hasUndefinedLength: length === UNDEFINED_LENGTH };
}

function spelledVR(bytes: Buffer): VR {
  const vr = bytes.toString('latin1', 4, 6);
  if (!isVR(vr)) throw new Error('An element that has been read has a VR.');
  return vr;
}

const readUInt32 = (bytes: Buffer, offset: number, { byteOrder }: Encoding): number =>
  byteOrder === 'little' ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
