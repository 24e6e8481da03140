/** Hides what shutters do not leave visible, on a raster of the whole frame. */
import { drawOverlays } from './draw-overlays.js';
import { type Span, spansOfPolygon } from './polygon.js';
import type { Raster } from './raster.js';
import type { Shutter, ShutterPlan } from './shutter-plan.js';

const NO_PIXELS = new Uint8Array();

export function drawShutters(raster: Raster, { shutters, level }: ShutterPlan): void {
  for (const shutter of shutters) {
    if (shutter.kind === 'bitmap') {
      drawOverlays(raster, [{ ...shutter.overlay, isRegion: false, level }], NO_PIXELS);
    } else {
      for (let row = 0; row < raster.rows; row += 1)
        hideOutside(raster, row, visible(shutter, row, raster.columns), level);
    }
  }
}

function visible(shutter: Exclude<Shutter, { kind: 'bitmap' }>, row: number, columns: number): readonly Span[] {
  if (shutter.kind === 'polygon') return spansOfPolygon(shutter.corners, row, columns);
  const [start, end] = shutter.kind === 'circle' ? chord(shutter, row) : chordOfRectangle(shutter, row);
  const span = [Math.max(0, start), Math.min(columns, end)] as const;
  return span[0] < span[1] ? [span] : [];
}

function chord({ x, y, radius }: { x: number; y: number; radius: number }, row: number): Span {
  const half = Math.sqrt(radius ** 2 - (row + 0.5 - y) ** 2);
  // Above and below the circle there is no root, and no pixel.
  return Number.isNaN(half) ? [0, 0] : [Math.ceil(x - half - 0.5), Math.floor(x + half - 0.5) + 1];
}

const chordOfRectangle = (edges: { left: number; top: number; right: number; bottom: number }, row: number): Span =>
  row >= edges.top && row < edges.bottom ? [edges.left, edges.right] : [0, 0];

function hideOutside(
  { bytes, columns, samplesPerPixel }: Raster,
  row: number,
  spans: readonly Span[],
  level: number,
): void {
  const hide = (from: number, to: number): unknown =>
    bytes.fill(level, (row * columns + from) * samplesPerPixel, (row * columns + to) * samplesPerPixel);
  let from = 0;
  for (const [start, end] of spans) {
    hide(from, start);
    from = end;
  }
  hide(from, columns);
}
