/** The window functions, from modality values to a share of the output range. PS3.3 §C.11.2.1.2, §C.11.2.1.3 */
import { type ArchiveError, invalidRequest } from '../../errors.js';

/** As PS3.18 §8.3.5.1.4 names them. */
export type WindowFunction = 'linear' | 'linear-exact' | 'sigmoid';

export interface Window {
  /** In the unit that the Modality LUT gives. */
  readonly center: number;
  readonly width: number;
  readonly function: WindowFunction;
}

/** Whether the function is defined for the width: 1 at least for `linear`, above 0 for the others. */
export const isWindow = ({ center, width, function: shape }: Window): boolean =>
  Number.isFinite(center) && Number.isFinite(width) && (shape === 'linear' ? width >= 1 : width > 0);

/** @throws ArchiveError invalid-request when the window of a request is none */
export function expectWindow(window: Window): void {
  if (!isWindow(window)) throw notAWindow();
}

const notAWindow = (): ArchiveError =>
  invalidRequest('A window has a finite center, and a width of 1 or more for linear, above 0 for the other functions.');

/** Replace values by their share of the output range, 0 … 1. PS3.3 §C.11.2.1.2.1, §C.11.2.1.3.1, §C.11.2.1.3.2 */
export function applyWindow(values: Float64Array, { center, width, function: shape }: Window): void {
  if (shape === 'sigmoid') applySigmoid(values, center, width);
  else if (shape === 'linear') applyLinear(values, center - 0.5, width - 1);
  else applyLinear(values, center, width);
}

function applyLinear(values: Float64Array, center: number, width: number): void {
  const [low, high] = [center - width / 2, center + width / 2];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    if (value <= low) values[i] = 0;
    else if (value > high) values[i] = 1;
    else values[i] = (value - center) / width + 0.5;
  }
}

function applySigmoid(values: Float64Array, center: number, width: number): void {
  for (let i = 0; i < values.length; i += 1) {
    values[i] = 1 / (1 + Math.exp((-4 * ((values[i] ?? 0) - center)) / width));
  }
}

/** Stretch values from `low` … `high` to 0 … 1; all are 0 when the two are the same. */
export function applyRange(values: Float64Array, low: number, high: number): void {
  const scale = high > low ? 1 / (high - low) : 0;
  for (let i = 0; i < values.length; i += 1) {
    const share = ((values[i] ?? 0) - low) * scale;
    values[i] = share > 0 ? Math.min(share, 1) : 0;
  }
}
