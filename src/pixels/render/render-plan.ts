/**
 * What drawing a frame needs of its data set, taken once on the main thread as plain data that can be sent to a worker: the
 * pipeline of PS3.4 §N.2, for images alone and for those that a presentation state refers to.
 */
import { TAG } from '../../dicom/attributes.js';
import type { DataSet } from '../../dicom/data-set.js';
import { doesNotMatch, outOfResources } from '../../dicom/failure-reasons.js';
import { type ImagePixelDescription, imagePixelDescription } from '../../dicom/image-pixel.js';
import { readString } from '../../dicom/values.js';
import { type Graphic, readGraphicLayers, readGraphics } from './graphics-plan.js';
import { type GreyPlan, NO_GREY, readGreyPlan } from './grey-plan.js';
import { findICCProfile } from './icc-profile.js';
import { findOverlay, OVERLAY_GROUPS, type OverlayPlan, overlayTag, readOverlays } from './overlay-plan.js';
import { hasPalette, type Palette, readPalette } from './palette.js';
import { readPixelAspect } from './pixel-aspect.js';
import { findPresentationAspect, type Placement, readPlacement } from './placement.js';
import { expectDrawnPresentation, isPseudoColour, itemsAbout } from './presentation-state.js';
import { type SampleLayout, sampleLayout } from './sample-layout.js';
import { readShutters, type ShutterPlan } from './shutter-plan.js';
import { expectWindow, type Window } from './window.js';

export interface RenderRequest {
  /** From 1. */
  readonly frameNumber: number;
  /** In place of what the data set says; of no effect on colour. PS3.18 §8.3.5.1.4 */
  readonly window?: Window;
  /** A presentation state that refers to the image. PS3.18 §8.3.5.1.6 */
  readonly presentation?: DataSet;
}

/**
 * `stored`: of stored values. `supplemental`: of those from its first one on, grey below. `levels`: of what grey is drawn, black
 * to white spread over all its colours.
 */
export interface ColourPlan extends Palette {
  readonly of: 'stored' | 'supplemental' | 'levels';
}

/** What a presentation state makes of a drawn image. */
export interface ViewPlan {
  readonly placement: Placement;
  readonly graphics: readonly Graphic[];
}

export interface RenderPlan {
  readonly layout: SampleLayout;
  /** For one sample per pixel without palette. */
  readonly grey: GreyPlan;
  readonly palette: ColourPlan | undefined;
  readonly shutter: ShutterPlan;
  readonly overlays: readonly OverlayPlan[];
  readonly view: ViewPlan | undefined;
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
const SAMPLES: ReadonlyMap<string, number> = new Map([
  ['MONOCHROME1', 1],
  ['MONOCHROME2', 1],
  ['PALETTE COLOR', 1],
  ['RGB', 3],
  ['YBR_FULL', 3],
  ['YBR_FULL_422', 3],
  ['YBR_PARTIAL_422', 3],
  ['YBR_ICT', 3],
  ['YBR_RCT', 3],
]);
const COLOURED = ['COLOR', 'MIXED'];

/**
 * Plan how a frame is drawn.
 * @throws InvalidInstance A900H when the data set describes no image that can be drawn, A700H when it is too large;
 *   ArchiveError invalid-request when the window is none
 */
export function planRendering(dataSet: DataSet, request: RenderRequest): RenderPlan {
  const { frameNumber, window, presentation: state } = request;
  if (window !== undefined) expectWindow(window);
  if (state !== undefined) expectDrawnPresentation(state);
  const description = imagePixelDescription(dataSet);
  expectDrawable(description);
  const layout = sampleLayout(dataSet, description);
  const image = { sopInstanceUID: readString(dataSet, TAG.SOPInstanceUID), frameNumber, ...description };
  const voi = state && itemsAbout(state, TAG.SoftcopyVOILUTSequence, image)[0];
  const palette = paletteOf(dataSet, description, state);
  const isColour = description.samplesPerPixel === 3 || palette?.of === 'stored';
  return {
    layout,
    grey: isColour
      ? NO_GREY
      : readGreyPlan({ image: dataSet, frameNumber, layout, window, presentation: state && { state, voi } }),
    palette,
    shutter: readShutters(state ?? dataSet, frameNumber),
    overlays: state === undefined ? readOverlays(dataSet, frameNumber) : activeOverlays(dataSet, state, frameNumber),
    view: state && { placement: readPlacement(state, image), graphics: readGraphics(state, image) },
    takesWindow: !isColour,
    pixelAspect: (state && findPresentationAspect(state, image)) ?? readPixelAspect(dataSet, frameNumber),
    iccProfile: isColour ? findICCProfile(dataSet) : undefined,
  };
}

/** Of its own planes and those of the image, a presentation state shows what it has a layer for. PS3.3 §C.11.7 */
function activeOverlays(image: DataSet, state: DataSet, frameNumber: number): readonly OverlayPlan[] {
  const layerOf = readGraphicLayers(state);
  const active = OVERLAY_GROUPS.flatMap((group) => {
    const layer = readString(state, overlayTag(TAG.OverlayActivationLayer, group));
    return layer === undefined ? [] : [{ group, ...layerOf(layer) }];
  });
  return active
    .sort((a, b) => a.order - b.order)
    .flatMap(({ group, level }) => {
      const own = findOverlay(state, group, frameNumber, level);
      return own ?? findOverlay(image, group, frameNumber, level) ?? [];
    });
}

function expectDrawable(description: ImagePixelDescription): void {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = description;
  if (rows * columns > MOST_PIXELS) throw outOfResources('A frame has more pixels than can be drawn.');
  if (![1, 8, 16, 32, 64].includes(bitsAllocated)) throw doesNotMatch('Pixels of this Bits Allocated are not drawn.');
  const isUnsaid = photometricInterpretation === undefined && [1, 3].includes(samplesPerPixel);
  const samples = isUnsaid ? samplesPerPixel : SAMPLES.get(photometricInterpretation ?? '');
  if (samples === undefined) throw doesNotMatch('Images of this Photometric Interpretation are not drawn.');
  if (samples !== samplesPerPixel || (samples === 3 && bitsAllocated === 1))
    throw doesNotMatch('Samples per Pixel and Photometric Interpretation contradict each other.');
}

function paletteOf(
  dataSet: DataSet,
  description: ImagePixelDescription,
  state: DataSet | undefined,
): ColourPlan | undefined {
  const isSigned = description.pixelRepresentation === 1;
  if (description.photometricInterpretation === 'PALETTE COLOR') {
    if (description.bitsAllocated > 16) throw doesNotMatch('A palette is for pixels of 16 bits at most.');
    return { ...readPalette(dataSet, isSigned), of: 'stored' };
  }
  if (state !== undefined) {
    const isPseudo = isPseudoColour(state) && description.samplesPerPixel === 1;
    return isPseudo ? { ...readPalette(state, false), of: 'levels' } : undefined;
  }
  const isSupplemented =
    description.samplesPerPixel === 1 &&
    description.bitsAllocated <= 16 &&
    COLOURED.includes(readString(dataSet, TAG.PixelPresentation) ?? '') &&
    hasPalette(dataSet);
  return isSupplemented ? { ...readPalette(dataSet, isSigned), of: 'supplemental' } : undefined;
}
