/** Draws frames of one sample per pixel: grey, or the colours of a palette. */
import type { Frame } from '../frame.js';
import type { FrameMemory } from '../frame-memory.js';
import { greyLevels, modalityExtent } from './grey-levels.js';
import type { ValueRange } from './grey-plan.js';
import { type NarrowSamples, narrowSamples, storedValues, wideReader } from './native-samples.js';
import type { Palette } from './palette.js';
import type { ColourPlan, RenderPlan } from './render-plan.js';
import type { SampleLayout } from './sample-layout.js';

/** What is drawn for each stored value: one table for grey, three for colour. */
type Tables = readonly Uint8Array[];

/** Which bits of a sample are a place in a table. */
type Kept = Pick<SampleLayout, 'shift' | 'bitsStored'>;

const WIDEST_TABLE_BITS = 16;
const CHUNK_PIXELS = 0x4000;
const NOTHING: ValueRange = { low: 0, high: 0 };

/** The pixels of a frame: a byte each, or three when they are of a palette. */
export function drawGrey(frame: Frame, plan: RenderPlan, memory: FrameMemory): Uint8Array<ArrayBuffer> {
  if (plan.layout.bitsAllocated > WIDEST_TABLE_BITS) return coloured(drawWide(frame, plan), plan.palette);
  const samples = narrowSamples(frame);
  const tables = tablesOf(samples, plan);
  const [levels] = tables;
  if (levels !== undefined && tables.length === 1)
    return lookUpGrey(samples, levels, plan.layout, memory.take(samples.length));
  return lookUpColour(samples, tables, plan.layout);
}

function tablesOf(samples: NarrowSamples, { layout, grey, palette }: RenderPlan): Tables {
  const values = storedValues(layout);
  if (palette?.of === 'stored') return paletteTables(values, palette);
  const extent = grey.voi.kind === 'extent' ? modalityExtent(heldValues(samples, values, layout), grey) : NOTHING;
  if (palette === undefined) return [greyLevels(values, grey, extent)];
  const levels = greyLevels(values.slice(), grey, extent);
  return palette.of === 'supplemental' ? paletteTables(values, palette, levels) : levelTables(levels, palette);
}

/** The colours of grey levels, which are spread over all of a palette. PS3.4 §N.2.3 */
function levelTables(levels: Uint8Array, { red, green, blue }: Palette): Tables {
  const last = red.length - 1;
  return [red, green, blue].map((channel) => levels.map((level) => channel[Math.round((level / 255) * last)] ?? 0));
}

function coloured(levels: Uint8Array<ArrayBuffer>, palette: ColourPlan | undefined): Uint8Array<ArrayBuffer> {
  if (palette?.of !== 'levels') return levels;
  const tables = levelTables(
    Uint8Array.from({ length: 256 }, (_, level) => level),
    palette,
  );
  return lookUpColour(levels, tables, { shift: 0, bitsStored: 8 });
}

/** The stored values that a frame holds, each once. */
function heldValues(samples: NarrowSamples, values: Float64Array, { shift, bitsStored }: Kept): Float64Array {
  const isHeld = new Uint8Array(values.length);
  const mask = (1 << bitsStored) - 1;
  let at = 0;
  for (; at + 3 < samples.length; at += 4) {
    isHeld[((samples[at] ?? 0) >> shift) & mask] = 1;
    isHeld[((samples[at + 1] ?? 0) >> shift) & mask] = 1;
    isHeld[((samples[at + 2] ?? 0) >> shift) & mask] = 1;
    isHeld[((samples[at + 3] ?? 0) >> shift) & mask] = 1;
  }
  for (; at < samples.length; at += 1) isHeld[((samples[at] ?? 0) >> shift) & mask] = 1;
  const held = new Float64Array(values.length);
  let count = 0;
  for (let place = 0; place < values.length; place += 1) {
    if (isHeld[place] === 1) held[count++] = values[place] ?? 0;
  }
  return held.subarray(0, count);
}

/** With grey levels, those are what values below the palette have. */
function paletteTables(values: Float64Array, { first, red, green, blue }: Palette, levels?: Uint8Array): Tables {
  const last = red.length - 1;
  return [red, green, blue].map((channel) => {
    const table = levels === undefined ? new Uint8Array(values.length) : levels.slice();
    for (let i = 0; i < table.length; i += 1) {
      const place = (values[i] ?? 0) - first;
      if (place >= 0) table[i] = channel[Math.min(place, last)] ?? 0;
      else if (levels === undefined) table[i] = channel[0] ?? 0;
    }
    return table;
  });
}

/** Four pixels are written at once, which takes half the time. */
function lookUpGrey(
  samples: NarrowSamples,
  table: Uint8Array,
  { shift, bitsStored }: Kept,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const mask = (1 << bitsStored) - 1;
  const fours = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
  let at = 0;
  for (let i = 0; i < fours.length; i += 1, at += 4) {
    fours[i] =
      (table[((samples[at] ?? 0) >> shift) & mask] ?? 0) |
      ((table[((samples[at + 1] ?? 0) >> shift) & mask] ?? 0) << 8) |
      ((table[((samples[at + 2] ?? 0) >> shift) & mask] ?? 0) << 16) |
      ((table[((samples[at + 3] ?? 0) >> shift) & mask] ?? 0) << 24);
  }
  for (; at < bytes.length; at += 1) bytes[at] = table[((samples[at] ?? 0) >> shift) & mask] ?? 0;
  return bytes;
}

function lookUpColour(samples: NarrowSamples, tables: Tables, { shift, bitsStored }: Kept): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 3);
  const [red, green, blue] = tables;
  const mask = (1 << bitsStored) - 1;
  if (red === undefined || green === undefined || blue === undefined) return bytes;
  for (let i = 0, to = 0; i < samples.length; i += 1, to += 3) {
    const place = ((samples[i] ?? 0) >> shift) & mask;
    bytes[to] = red[place] ?? 0;
    bytes[to + 1] = green[place] ?? 0;
    bytes[to + 2] = blue[place] ?? 0;
  }
  return bytes;
}

/** Pixels of 32 and 64 bits go through the pipeline themselves, some at a time. */
function drawWide(frame: Frame, { layout, grey }: RenderPlan): Uint8Array<ArrayBuffer> {
  const read = wideReader(frame, layout);
  const bytes = new Uint8Array(frame.description.rows * frame.description.columns);
  const perChunk = (use: (values: Float64Array, from: number) => void): void => {
    for (let from = 0; from < bytes.length; from += CHUNK_PIXELS) {
      const values = new Float64Array(Math.min(CHUNK_PIXELS, bytes.length - from));
      read(from, values);
      use(values, from);
    }
  };
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (grey.voi.kind === 'extent') {
    perChunk((values) => {
      const held = modalityExtent(values, grey);
      low = Math.min(low, held.low);
      high = Math.max(high, held.high);
    });
  }
  perChunk((values, from) => bytes.set(greyLevels(values, grey, { low, high }), from));
  return bytes;
}
