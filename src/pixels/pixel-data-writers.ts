/** Pixel Data as it is written frame by frame: native, or encapsulated. PS3.5 §8.1.1, §8.2, §A.4 */
import { TAG } from '../dicom/attributes.js';
import { writeTag } from '../dicom/build-data-set.js';
import { encodeElementHeader } from '../dicom/data-set-writer.js';
import { frameBits } from '../dicom/image-pixel.js';
import type { Frame, FrameDescription } from './frame.js';

export interface PixelDataWriter {
  /** What goes before the first frame. */
  begin(description: FrameDescription, frameCount: number): Buffer;
  frame(frame: Frame): readonly Uint8Array[];
  /** What goes after the last frame. */
  end(): readonly Uint8Array[];
}

const EMPTY = Buffer.alloc(0);
const PAD = Buffer.alloc(1);

/** Frames one after the other, to the bit. */
export class NativePixelData implements PixelDataWriter {
  #bitsLeft = 0;
  /** The bits of the byte that the last frame began and did not fill. */
  #rest = 0;
  #restBits = 0;
  #writtenBytes = 0;

  begin(description: FrameDescription, frameCount: number): Buffer {
    this.#bitsLeft = frameBits({ ...description, numberOfFrames: 1 });
    const lengthBytes = Math.ceil((this.#bitsLeft * frameCount) / 8);
    return encodeElementHeader(
      TAG.PixelData,
      description.bitsAllocated > 8 ? 'OW' : 'OB',
      lengthBytes + (lengthBytes % 2),
    );
  }

  frame({ bytes }: Frame): readonly Uint8Array[] {
    const whole = this.#bitsLeft % 8 === 0 ? bytes : this.#shifted(bytes, this.#bitsLeft);
    this.#writtenBytes += whole.length;
    return [whole];
  }

  end(): readonly Uint8Array[] {
    const last = this.#restBits === 0 ? EMPTY : Buffer.of(this.#rest);
    const isOdd = (this.#writtenBytes + last.length) % 2 === 1;
    return [last, isOdd ? PAD : EMPTY];
  }

  /** The bits of a frame after those that are left of the one before. */
  #shifted(bytes: Uint8Array, bits: number): Uint8Array {
    const total = this.#restBits + bits;
    const out = new Uint8Array(Math.floor(total / 8));
    let held = this.#rest;
    const shift = this.#restBits;
    for (let i = 0; i < Math.ceil(total / 8); i += 1) {
      const value = held | ((bytes[i] ?? 0) << shift);
      if (i < out.length) out[i] = value & 0xff;
      else this.#rest = value & 0xff;
      held = value >>> 8;
    }
    this.#restBits = total % 8;
    // A frame's last byte may have anything after its last bit, which is where the next frame begins.
    this.#rest &= (1 << this.#restBits) - 1;
    return out;
  }
}

/** A fragment for each frame, and no offset table: it would have to be known before the frames are. */
export class EncapsulatedPixelData implements PixelDataWriter {
  begin(): Buffer {
    return Buffer.concat([encodeElementHeader(TAG.PixelData, 'OB', undefined), itemHead(TAG.Item, 0)]);
  }

  frame({ bytes }: Frame): readonly Uint8Array[] {
    const isOdd = bytes.length % 2 === 1;
    return [itemHead(TAG.Item, bytes.length + (isOdd ? 1 : 0)), bytes, isOdd ? PAD : EMPTY];
  }

  end(): readonly Uint8Array[] {
    return [itemHead(TAG.SequenceDelimitationItem, 0)];
  }
}

function itemHead(tag: number, lengthBytes: number): Buffer {
  const head = Buffer.alloc(8);
  writeTag(head, tag, 0);
  head.writeUInt32LE(lengthBytes, 4);
  return head;
}
