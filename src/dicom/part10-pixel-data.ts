/** Hands the value of Pixel Data on while it streams by; nothing of it is kept. PS3.5 §8.2, §A.4 */
import { TAG } from './attributes.js';
import type { Tag } from './data-set.js';
import { cannotUnderstand, doesNotMatch } from './failure-reasons.js';
import type { ArrivingBytes } from './part10-bytes.js';
import { type ElementHead, peekItemLength, peekTag, SHORT_HEAD_BYTES } from './part10-element-head.js';
import type { PixelDataElement, PixelDataSink } from './pixel-data.js';
import type { TransferSyntax } from './transfer-syntaxes.js';

const vrsOf = new Map<Tag, readonly string[]>([
  [TAG.PixelData, ['OB', 'OW']],
  [TAG.FloatPixelData, ['OF']],
  [TAG.DoubleFloatPixelData, ['OD']],
]);

const isPixelDataVR = (vr: string, tag: Tag): vr is PixelDataElement['vr'] => vrsOf.get(tag)?.includes(vr) === true;

/**
 * Describe Pixel Data from its head; `offset` is where the head begins.
 * @throws InvalidInstance C000H when its VR is not one of Pixel Data, A900H when it is native in an encapsulated transfer
 * syntax or the reverse
 */
export function describePixelData(
  head: ElementHead,
  offset: number,
  { encapsulated }: TransferSyntax,
): PixelDataElement {
  const { tag, vr, lengthBytes, headBytes } = head;
  if (!isPixelDataVR(vr, tag)) throw cannotUnderstand('Pixel Data has a Value Representation that holds no pixels.');
  if (encapsulated && lengthBytes !== undefined) {
    throw doesNotMatch('Pixel Data is native, though the Transfer Syntax says it is encapsulated.');
  }
  if (!encapsulated && lengthBytes === undefined) {
    throw doesNotMatch('Pixel Data is encapsulated, though the Transfer Syntax says it is native.');
  }
  return { tag, vr, valueOffset: offset + headBytes, lengthBytes };
}

/** Reads one Pixel Data value, from its first byte on, into a sink. */
export class PixelDataReader {
  readonly #bytes: ArrivingBytes;
  readonly #sink: PixelDataSink;
  readonly #isEncapsulated: boolean;
  /** Bytes of the native value, or of the current fragment, that are still to come. */
  #remainingBytes: number;

  constructor(bytes: ArrivingBytes, { lengthBytes }: PixelDataElement, sink: PixelDataSink) {
    this.#bytes = bytes;
    this.#sink = sink;
    this.#isEncapsulated = lengthBytes === undefined;
    this.#remainingBytes = lengthBytes ?? 0;
  }

  /**
   * Hand on what has arrived. True when the value has ended, and the sink knows.
   * @throws InvalidInstance C000H when the fragments are no lawful sequence, and whatever the sink throws
   */
  advance(): boolean {
    for (;;) {
      if (!this.#passBytes()) return false;
      if (!this.#isEncapsulated) break;
      if (!this.#bytes.has(SHORT_HEAD_BYTES)) return false;
      if (!this.#openFragment()) break;
    }
    this.#sink.end();
    return true;
  }

  /** Whether all bytes of the native value or the current fragment have been passed on. */
  #passBytes(): boolean {
    while (this.#remainingBytes > 0) {
      const chunk = this.#bytes.pass(this.#remainingBytes);
      if (chunk.length === 0) return false;
      this.#remainingBytes -= chunk.length;
      this.#sink.bytes(chunk);
    }
    return true;
  }

  /** False when the Sequence Delimitation Item is there in its place. */
  #openFragment(): boolean {
    const tag = peekTag(this.#bytes, 'little');
    const lengthBytes = peekItemLength(this.#bytes, 'little');
    const isEnd = tag === TAG.SequenceDelimitationItem && lengthBytes === 0;
    if (!isEnd && (tag !== TAG.Item || lengthBytes === undefined)) {
      throw cannotUnderstand(
        `Pixel Data has something else than a fragment of defined length at byte ${this.#bytes.offset}.`,
      );
    }
    this.#bytes.skip(SHORT_HEAD_BYTES);
    if (isEnd) return false;
    this.#remainingBytes = lengthBytes ?? 0;
    this.#sink.item(this.#bytes.offset, this.#remainingBytes);
    return true;
  }
}
