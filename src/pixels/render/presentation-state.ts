/** What a presentation state says of one of the images it refers to. PS3.3 §A.33, §C.11.8, §C.11.11, PS3.4 §N.2 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet, Tag } from '../../dicom/data-set.js';
import { doesNotMatch } from '../../dicom/failure-reasons.js';
import { readNumbers, readString } from '../../dicom/values.js';
import { itemsOf } from './lookup-table.js';

/** An image, or one frame of it. */
export interface ImageReference {
  readonly sopInstanceUID: string | undefined;
  /** From 1. */
  readonly frameNumber: number;
}

/** An image that a presentation state refers to; it lies in the same study. */
export interface ReferencedImage {
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  /** From 1; all of its frames when undefined. */
  readonly frameNumbers: readonly number[] | undefined;
}

const root = '1.2.840.10008.5.1.4.1.1.11';
const PSEUDO_COLOUR = `${root}.3`;
/** Grayscale, color, pseudo-color, and that of angiography: the others show several images as one. */
const DRAWN: ReadonlySet<string> = new Set([`${root}.1`, `${root}.2`, PSEUDO_COLOUR, `${root}.5`]);

/** Whether a SOP Class is a presentation state of a kind that can be drawn. PS3.4 §B.5 */
export const isDrawnPresentation = (sopClassUID: string): boolean => DRAWN.has(sopClassUID);

/** The images that a presentation state refers to, in its order. PS3.3 §C.11.11 */
export function referencedImages(state: DataSet): readonly ReferencedImage[] {
  return itemsOf(state, TAG.ReferencedSeriesSequence).flatMap((series) => {
    const seriesInstanceUID = readString(series, TAG.SeriesInstanceUID) ?? '';
    return itemsOf(series, TAG.ReferencedImageSequence).map((image) => {
      const frameNumbers = readNumbers(image, TAG.ReferencedFrameNumber);
      return {
        seriesInstanceUID,
        sopInstanceUID: readString(image, TAG.ReferencedSOPInstanceUID) ?? '',
        frameNumbers: frameNumbers.length === 0 ? undefined : frameNumbers,
      };
    });
  });
}

/**
 * Check that a presentation state is of a kind that can be drawn.
 * @throws InvalidInstance A900H when it shows several images as one, or subtracts a mask
 */
export function expectDrawnPresentation(state: DataSet): void {
  const sopClassUID = readString(state, TAG.SOPClassUID);
  if (sopClassUID !== undefined && !isDrawnPresentation(sopClassUID))
    throw doesNotMatch('Presentation states of this kind are not drawn.');
  if (itemsOf(state, TAG.MaskSubtractionSequence).length > 0)
    throw doesNotMatch('Presentation states that subtract a mask are not drawn.');
}

/** Whether a presentation state shows grey as the colours of a palette. PS3.4 §N.2.3 */
export const isPseudoColour = (state: DataSet): boolean => readString(state, TAG.SOPClassUID) === PSEUDO_COLOUR;

/** The items of a sequence of a presentation state that are about an image: those that name none are about all. */
export function itemsAbout(state: DataSet, sequence: Tag, image: ImageReference): readonly DataSet[] {
  return itemsOf(state, sequence).filter((item) => {
    const references = itemsOf(item, TAG.ReferencedImageSequence);
    return references.length === 0 || references.some((reference) => isTo(reference, image));
  });
}

function isTo(reference: DataSet, { sopInstanceUID, frameNumber }: ImageReference): boolean {
  if (readString(reference, TAG.ReferencedSOPInstanceUID) !== sopInstanceUID) return false;
  const frameNumbers = readNumbers(reference, TAG.ReferencedFrameNumber);
  return frameNumbers.length === 0 || frameNumbers.includes(frameNumber);
}
