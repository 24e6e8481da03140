/** Which part of an image a presentation state shows, and which way round. PS3.3 §C.10.4, §C.10.6 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet } from '../../dicom/data-set.js';
import { doesNotMatch } from '../../dicom/failure-reasons.js';
import { readFirst, readNumber, readString } from '../../dicom/values.js';
import { aspectOf } from './pixel-aspect.js';
import { type ImageReference, itemsAbout } from './presentation-state.js';

/** A part of an image in its pixels, from 0; it may reach beyond the image. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

export interface Placement extends Area {
  /** Clockwise, before it is mirrored. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Left becomes right. */
  readonly isMirrored: boolean;
}

/** An area is not larger than this many images. */
const MOST_IMAGES_ACROSS = 4;
const ROTATIONS = [0, 90, 180, 270] as const;

/** @throws InvalidInstance A900H when the area is none, or far larger than the image */
export function readPlacement(state: DataSet, image: ImageReference & { rows: number; columns: number }): Placement {
  const rotation = ROTATIONS.find((angle) => angle === readNumber(state, TAG.ImageRotation)) ?? 0;
  const isMirrored = readString(state, TAG.ImageHorizontalFlip) === 'Y';
  const selection = itemsAbout(state, TAG.DisplayedAreaSelectionSequence, image)[0];
  return { ...areaOf(selection, image), rotation, isMirrored };
}

function areaOf(selection: DataSet | undefined, { rows, columns }: { rows: number; columns: number }): Area {
  if (selection === undefined) return { left: 0, top: 0, rows, columns };
  const [x1 = 1, y1 = 1] = readFirst(selection, TAG.DisplayedAreaTopLeftHandCorner, 2);
  const [x2 = columns, y2 = rows] = readFirst(selection, TAG.DisplayedAreaBottomRightHandCorner, 2);
  // The corners are those of what is displayed: turned or mirrored, the first may lie right of or below the second.
  const area = {
    left: Math.min(x1, x2) - 1,
    top: Math.min(y1, y2) - 1,
    columns: Math.abs(x2 - x1) + 1,
    rows: Math.abs(y2 - y1) + 1,
  };
  const isTooLarge = area.columns > MOST_IMAGES_ACROSS * columns || area.rows > MOST_IMAGES_ACROSS * rows;
  if (isTooLarge) throw doesNotMatch('The displayed area of a presentation state is far larger than the image.');
  return area;
}

/** The height of a pixel by its width that a presentation state gives. PS3.3 §C.10.4 */
export function findPresentationAspect(state: DataSet, image: ImageReference): number | undefined {
  const selection = itemsAbout(state, TAG.DisplayedAreaSelectionSequence, image)[0];
  if (selection === undefined) return undefined;
  const spacing = aspectOf(readFirst(selection, TAG.PresentationPixelSpacing, 2));
  return spacing ?? aspectOf(readFirst(selection, TAG.PresentationPixelAspectRatio, 2));
}
