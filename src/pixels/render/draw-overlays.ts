/** Draws overlay planes onto a raster of the whole frame. */
import type { OverlayPlan } from './overlay-plan.js';
import type { Raster } from './raster.js';

/** Regions are black where the image is brighter than this, and white elsewhere. */
const HALF = 127;

/** @param stored the pixels of the frame as they are stored, for planes that are bits of them */
export function drawOverlays(raster: Raster, overlays: readonly OverlayPlan[], stored: Uint8Array | Uint16Array): void {
  for (const overlay of overlays) drawOverlay(raster, overlay, stored);
}

function drawOverlay(raster: Raster, overlay: OverlayPlan, stored: Uint8Array | Uint16Array): void {
  const { bits, firstBit, left, top } = overlay;
  const isSet: (place: number) => boolean =
    typeof bits === 'number'
      ? (place) => (((stored[place] ?? 0) >> bits) & 1) === 1
      : (place) => (((bits[place >> 3] ?? 0) >> (place & 7)) & 1) === 1;
  const [firstColumn, endColumn] = [Math.max(0, -left), Math.min(overlay.columns, raster.columns - left)];
  for (let row = Math.max(0, -top); row < Math.min(overlay.rows, raster.rows - top); row += 1) {
    const source = row * overlay.columns + firstBit;
    const target = (row + top) * raster.columns + left;
    for (let column = firstColumn; column < endColumn; column += 1) {
      if (isSet(source + column)) drawPixel(raster, target + column, overlay);
    }
  }
}

function drawPixel({ bytes, samplesPerPixel }: Raster, pixel: number, { isRegion, level }: OverlayPlan): void {
  const at = pixel * samplesPerPixel;
  const isBright = (bytes[at + (samplesPerPixel >> 1)] ?? 0) > HALF;
  bytes.fill(isRegion ? (isBright ? 0 : 255) : level, at, at + samplesPerPixel);
}
