/** Where Pixel Data stands in a Part 10 file, and how its bytes are handed on while they stream by. PS3.5 §8.2, §A.4 */
import type { Tag } from './data-set.js';

export interface PixelDataElement {
  /** (7FE0,0010), (7FE0,0008) or (7FE0,0009). */
  readonly tag: Tag;
  readonly vr: 'OB' | 'OW' | 'OF' | 'OD';
  /** Offset of the value field from the first byte of the Part 10 stream (of the inflated one when deflated). */
  readonly valueOffset: number;
  /** Bytes of the native value field; undefined when the value is a sequence of fragments. */
  readonly lengthBytes: number | undefined;
}

/** Takes the value of Pixel Data as it streams by. Its methods throw `InvalidInstance` as soon as something is wrong. */
export interface PixelDataSink {
  /** An item of encapsulated Pixel Data begins; the first one is the Basic Offset Table. Offset as in `valueOffset`. */
  item(valueOffset: number, lengthBytes: number): void;
  /** The next bytes of the native value or of the current item. The sink must not keep the buffer. */
  bytes(chunk: Buffer): void;
  /** The value has ended: natively after `lengthBytes`, or with the Sequence Delimitation Item. */
  end(): void;
}
