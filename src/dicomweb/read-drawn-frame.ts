/** One frame as it is stored, with all that a decoder has to know of it. */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import type { DataSet } from '../dicom/data-set.js';
import { imagePixelDescription } from '../dicom/image-pixel.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import { ArchiveError, notFound } from '../errors.js';
import { isDecodable, MOST_FRAME_BYTES } from '../pixels/decode.js';
import { type Frame, nativeFrameBytes } from '../pixels/frame.js';
import type { FrameMemory } from '../pixels/frame-memory.js';

/**
 * Read it into `memory`, in which it may be sent to a thread.
 * @throws ArchiveError `too-large` before anything is read, `not-acceptable` when nothing here decodes it, `corrupt`
 */
export async function readDrawnFrame(
  archive: ScopedArchive,
  instance: LocatedInstance,
  frameNumber: number,
  dataSet: DataSet,
  memory: FrameMemory,
): Promise<Frame> {
  const { numberOfFrames, ...image } = imagePixelDescription(dataSet);
  const isNative = findTransferSyntax(instance.transferSyntaxUID)?.mediaType === undefined;
  const transferSyntaxUID = isNative ? EXPLICIT_VR_LITTLE_ENDIAN : instance.transferSyntaxUID;
  if (!isDecodable(transferSyntaxUID)) {
    throw new ArchiveError('not-acceptable', 'Frames of this transfer syntax can not be rendered.');
  }
  const description = { ...image, transferSyntaxUID };
  const [frame] = await archive.frames(instance, [frameNumber]);
  if (frame === undefined) throw notFound();
  if (Math.max(nativeFrameBytes(description), frame.lengthBytes) > MOST_FRAME_BYTES) {
    throw new ArchiveError('too-large', 'A frame of this image is too large to be rendered.');
  }
  const file = await archive.open(instance);
  try {
    const bytes = memory.take(frame.lengthBytes);
    await frame.readInto(bytes, file);
    return { description, bytes };
  } finally {
    await file.close();
  }
}
