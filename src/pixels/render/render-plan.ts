/**
 * What drawing a frame needs of its data set, taken once on the main thread as plain data that can be sent to a worker: the
 * pipeline of PS3.4 §N.2, for images alone and for those that a presentation state refers to.
 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet } from '../../dicom/data-set.js';
import { doesNotMatch, outOfResources } from '../../dicom/failure-reasons.js';
import { type ImagePixelDescription, imagePixelDescription } from '../../dicom/image-pixel.js';
import { readString } from '../../dicom/values.js';
import { type GreyPlan, readGreyPlan } from './grey-plan.js';
import { findICCProfile } from './icc-profile.js';
import { hasPalette, type Palette, readPalette } from './palette.js';
import { readPixelAspect } from './pixel-aspect.js';
import { type SampleLayout, sampleLayout } from './sample-layout.js';
import { expectWindow, type Window } from './window.js';

export interface RenderRequest {
  /** From 1. */
  readonly frameNumber: number;
  /** In place of what the data set says; of no effect on colour. PS3.18 §8.3.5.1.4 */
  readonly window?: Window;
  /** A presentation state that refers to the image. PS3.18 §8.3.5.1.6 */
  readonly presentation?: DataSet;
}

/** `stored`: of stored values. `supplemental`: of those from its first one on, grey below. */
export interface ColourPlan extends Palette {
  readonly of: 'stored' | 'supplemental';
}

export interface RenderPlan {
  readonly layout: SampleLayout;
  /** For one sample per pixel without palette. */
  readonly grey: GreyPlan;
  readonly palette: ColourPlan | undefined;
  /** Whether a window changes what is drawn: not that of colour. */
  readonly takesWindow: boolean;
  /** Height of a pixel by its width. */
  readonly pixelAspect: number;
  /** Of colour, as the data set has it. PS3.3 §C.11.15 */
  readonly iccProfile: Uint8Array<ArrayBuffer> | undefined;
}

/** Most pixels that are drawn at once: what decoders of the pictures that come of it take. */
const MOST_PIXELS = 0x3fff ** 2;
/** Photometric interpretations that can be drawn, with the samples per pixel they stand for. */
const SAMPLES: Readonly<Record<string, 1 | 3>> = {
  MONOCHROME1: 1,
  MONOCHROME2: 1,
  'PALETTE COLOR': 1,
  RGB: 3,
  YBR_FULL: 3,
  YBR_FULL_422: 3,
  YBR_PARTIAL_422: 3,
  YBR_ICT: 3,
  YBR_RCT: 3,
};
const COLOURED = ['COLOR', 'MIXED'];

/**
 * Plan how a frame is drawn.
 * @throws InvalidInstance A900H when the data set describes no image that can be drawn, A700H when it is too large;
 *   ArchiveError invalid-request when the window is none
 */
export function planRendering(dataSet: DataSet, request: RenderRequest): RenderPlan {
  const { frameNumber, window } = request;
  if (window !== undefined) expectWindow(window);
  const description = imagePixelDescription(dataSet);
  expectDrawable(description);
  const layout = sampleLayout(dataSet, description);
  const palette = paletteOf(dataSet, description);
  const isColour = description.samplesPerPixel === 3 || palette?.of === 'stored';
  return {
    layout,
    grey: readGreyPlan({ image: dataSet, frameNumber, layout, window, presentation: undefined }),
    palette,
    takesWindow: !isColour,
    pixelAspect: readPixelAspect(dataSet, frameNumber),
    iccProfile: isColour ? findICCProfile(dataSet) : undefined,
  };
}

function expectDrawable(description: ImagePixelDescription): void {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = description;
  if (rows * columns > MOST_PIXELS) throw outOfResources('A frame has more pixels than can be drawn.');
  if (![1, 8, 16, 32, 64].includes(bitsAllocated)) throw doesNotMatch('Pixels of this Bits Allocated are not drawn.');
  const samples = photometricInterpretation === undefined ? samplesPerPixel : SAMPLES[photometricInterpretation];
  if (samples === undefined) throw doesNotMatch('Images of this Photometric Interpretation are not drawn.');
  if (samples !== samplesPerPixel || (samples === 3 && bitsAllocated === 1))
    throw doesNotMatch('Samples per Pixel and Photometric Interpretation contradict each other.');
}

function paletteOf(dataSet: DataSet, description: ImagePixelDescription): ColourPlan | undefined {
  const isSigned = description.pixelRepresentation === 1;
  if (description.photometricInterpretation === 'PALETTE COLOR') {
    if (description.bitsAllocated > 16) throw doesNotMatch('A palette is for pixels of 16 bits at most.');
    return { ...readPalette(dataSet, isSigned), of: 'stored' };
  }
  const isSupplemented =
    description.samplesPerPixel === 1 &&
    description.bitsAllocated <= 16 &&
    COLOURED.includes(readString(dataSet, TAG.PixelPresentation) ?? '') &&
    hasPalette(dataSet);
  return isSupplemented ? { ...readPalette(dataSet, isSigned), of: 'supplemental' } : undefined;
}
