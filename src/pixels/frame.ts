/** One frame of an image: its bytes, and what has to be known to read them. PS3.3 §C.7.6.3 */
import { frameBits, type ImagePixelDescription } from '../dicom/image-pixel.js';

export interface FrameDescription extends Omit<ImagePixelDescription, 'numberOfFrames'> {
  /** Of the bytes: one of the compressed ones, or a native one; native frames are little endian here. */
  readonly transferSyntaxUID: string;
}

/** A frame as it is stored, handed out or drawn: plain data that can be sent to a worker. */
export interface Frame {
  readonly description: FrameDescription;
  /** A code stream, or native pixels without padding after the last one. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How many bytes a frame of that description has when it is native. */
export const nativeFrameBytes = (description: FrameDescription): number =>
  Math.ceil(frameBits({ ...description, numberOfFrames: 1 }) / 8);
