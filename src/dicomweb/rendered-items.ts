/** What a target of Retrieve Rendered is rendered as: the frames to draw, or what is no image. PS3.18 §10.4.1.1.3, §8.3.5.1.6 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { kindOf } from '../dicom/instance-kinds.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import { isDrawnPresentation, referencedImages } from '../pixels/render/presentation-state.js';
import type { DrawnFrame, FrameList } from './picture-request.js';

/** Of one presentation state. */
const MOST_PRESENTED_FRAMES = 1_000;

/** All frames of an image, each made when it is asked for: there may be a million. */
export const framesOf = (instance: LocatedInstance): FrameList => ({
  length: instance.frameCount,
  at: (index) => (index < instance.frameCount ? { instance, frameNumber: index + 1 } : undefined),
  *[Symbol.iterator]() {
    for (let frameNumber = 1; frameNumber <= instance.frameCount; frameNumber += 1) yield { instance, frameNumber };
  },
});

/** The frame that stands for all of an image: the middle one. */
export const middleFrame = ({ frameCount }: Pick<LocatedInstance, 'frameCount'>): number =>
  Math.floor(frameCount / 2) + 1;

/**
 * The frames that a presentation state refers to, as it shows them.
 * @throws ArchiveError `not-acceptable` when presentation states of its kind are not drawn, `invalid-request` when it refers to
 *   what is not there, or not for this caller
 */
export async function presentedFrames(
  archive: ScopedArchive,
  presentation: LocatedInstance,
): Promise<readonly DrawnFrame[]> {
  if (!isDrawnPresentation(presentation.sopClassUID)) {
    throw new ArchiveError('not-acceptable', 'Presentation states of this kind are not rendered.');
  }
  const references = referencedImages(await archive.header(presentation));
  const { studyInstanceUID } = presentation;
  const visible = new Map(
    (await archive.instances({ studyInstanceUID })).map((instance) => [instance.sopInstanceUID, instance]),
  );
  const frames: DrawnFrame[] = [];
  for (const { seriesInstanceUID, sopInstanceUID, frameNumbers } of references) {
    const instance = visible.get(sopInstanceUID);
    const isThere = instance?.seriesInstanceUID === seriesInstanceUID && kindOf(instance) === 'image';
    if (instance === undefined || !isThere) throw missing();
    // Before they are made: a few bytes may refer to a million.
    if (frames.length + (frameNumbers?.length ?? instance.frameCount) > MOST_PRESENTED_FRAMES) throw tooMany();
    for (const frameNumber of frameNumbers ?? Array.from(framesOf(instance), (frame) => frame.frameNumber)) {
      if (!(frameNumber >= 1 && frameNumber <= instance.frameCount)) throw missing();
      frames.push({ instance, frameNumber, presentation });
    }
  }
  if (frames.length === 0) throw missing();
  return frames;
}

const tooMany = (): ArchiveError =>
  new ArchiveError('too-large', `The Presentation State refers to more than ${MOST_PRESENTED_FRAMES} frames.`);

const missing = (): ArchiveError =>
  invalidRequest('The Presentation State refers to images that its study does not have, or not for this caller.');
