/** Draws a frame by its plan: pure, and made to run in a worker. */
import type { Frame, FrameDescription } from '../frame.js';
import { FrameMemory } from '../frame-memory.js';
import { drawColour } from './draw-colour.js';
import { drawGraphics } from './draw-graphics.js';
import { drawGrey } from './draw-grey.js';
import { drawOverlays } from './draw-overlays.js';
import { drawShutters } from './draw-shutters.js';
import { expectWhole, narrowSamples } from './native-samples.js';
import { placeArea } from './place.js';
import type { Raster } from './raster.js';
import type { RenderPlan } from './render-plan.js';
import type { SampleLayout } from './sample-layout.js';

/**
 * Draw a native little endian frame, as `decodeFrame` gives it.
 * @param memory for the pixels of grey images
 * @throws InvalidInstance A900H when the frame is not whole, or no image that can be drawn
 */
export function drawFrame(frame: Frame, plan: RenderPlan, memory = new FrameMemory()): Raster {
  expectWhole(frame);
  const { rows, columns, samplesPerPixel } = frame.description;
  const layout = decodedLayout(plan.layout, frame.description);
  const bytes = samplesPerPixel === 1 ? drawGrey(frame, { ...plan, layout }, memory) : drawColour(frame, layout);
  const channels = bytes.length === rows * columns ? 1 : 3;
  const raster: Raster = { rows, columns, samplesPerPixel: channels, bytes, ...described(plan) };
  drawShutters(raster, plan.shutter);
  drawOverlays(raster, plan.overlays, hasBitPlanes(plan) ? narrowSamples(frame) : NO_SAMPLES);
  if (plan.view === undefined) return raster;
  const placed = placeArea(raster, plan.view.placement);
  drawGraphics(placed, plan.view.graphics, plan.view.placement);
  return placed;
}

const described = ({ pixelAspect, iccProfile }: RenderPlan): Pick<Raster, 'pixelAspect' | 'iccProfile'> =>
  iccProfile === undefined ? { pixelAspect } : { pixelAspect, iccProfile };

const NO_SAMPLES = new Uint8Array();

const hasBitPlanes = ({ overlays, layout }: RenderPlan): boolean =>
  layout.bitsAllocated === 16 && overlays.some(({ bits }) => typeof bits === 'number');

/** A decoder may give other samples than the data set describes, and never any with bits below them. */
function decodedLayout(
  layout: SampleLayout,
  { bitsAllocated, bitsStored, pixelRepresentation }: FrameDescription,
): SampleLayout {
  if (bitsAllocated === layout.bitsAllocated && bitsStored === layout.bitsStored) return layout;
  return { ...layout, bitsAllocated, bitsStored, isSigned: pixelRepresentation === 1, shift: 0 };
}
