/** From stored values to grey levels of 8 bits, a batch at a time: a table of all values, or pixels too wide for a table. */
import type { GreyPlan, Modality, Rescale, ValueRange } from './grey-plan.js';
import { type LookupTable, lookUp } from './lookup-table.js';
import { applyRange, applyWindow } from './window.js';

const WHITE = 255;
const NO_PADDING: ValueRange = { low: 1, high: 0 };

/**
 * The grey level of each stored value.
 * @param values overwritten
 * @param extent of the modality values that the frame holds, which an `extent` VOI stretches
 */
export function greyLevels(values: Float64Array, plan: GreyPlan, extent: ValueRange): Uint8Array<ArrayBuffer> {
  const padding = paddingIn(values, plan.padding);
  applyModality(values, plan.modality);
  applyVOI(values, plan, extent);
  if (plan.presentation !== undefined) applyTable(values, plan.presentation);
  const levels = new Uint8Array(values.length);
  const [scale, offset] = plan.isInverse ? [-WHITE, WHITE + 0.5] : [WHITE, 0.5];
  for (let i = 0; i < levels.length; i += 1) levels[i] = (values[i] ?? 0) * scale + offset;
  for (const place of padding) levels[place] = 0;
  return levels;
}

/** What these stored values are as modality values: padding and what is not finite is left out. */
export function modalityExtent(stored: Float64Array, { modality, padding }: GreyPlan): ValueRange {
  const values = withoutPadding(stored, padding ?? NO_PADDING);
  applyModality(values, modality);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    if (value < low && value > Number.NEGATIVE_INFINITY) low = value;
    if (value > high && value < Number.POSITIVE_INFINITY) high = value;
  }
  return { low, high };
}

/** A copy of the values that are finite, and no padding. */
function withoutPadding(values: Float64Array, { low, high }: ValueRange): Float64Array {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    if (Number.isFinite(value) && !(value >= low && value <= high)) kept[count++] = value;
  }
  return kept.subarray(0, count);
}

function paddingIn(values: Float64Array, padding: ValueRange | undefined): readonly number[] {
  const { low, high } = padding ?? NO_PADDING;
  const places: number[] = [];
  if (low > high) return places;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    if (value >= low && value <= high) places.push(i);
  }
  return places;
}

function applyModality(values: Float64Array, modality: Modality): void {
  if (modality.kind === 'table') lookUp(values, modality.table);
  else applyRescale(values, modality);
}

function applyRescale(values: Float64Array, { slope, intercept }: Rescale): void {
  if (slope === 1 && intercept === 0) return;
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * slope + intercept;
}

function applyVOI(values: Float64Array, { voi }: GreyPlan, extent: ValueRange): void {
  if (voi.kind === 'window') applyWindow(values, voi.window);
  else if (voi.kind === 'range') applyRange(values, voi.low, voi.high);
  else if (voi.kind === 'extent') applyRange(values, extent.low, extent.high);
  else {
    lookUp(values, voi.table);
    applyRange(values, 0, voi.table.most);
  }
}

/** The input of a Presentation LUT is spread over all its entries. PS3.3 §C.11.6.1.1 */
function applyTable(values: Float64Array, { entries, most }: LookupTable): void {
  const last = entries.length - 1;
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * last;
  lookUp(values, { first: 0, entries, most });
  applyRange(values, 0, most);
}
