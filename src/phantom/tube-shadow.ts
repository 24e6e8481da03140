/** Shadows of tubes, sharper than any voxels: the beam's chord through each, pixel by pixel. */
import { clamp01, mix, smoothStep } from './noise.js';
import type { Material, Tube, TubeNode } from './shapes.js';

/** The plane a shadow falls on, in millimetres of the reference adult: columns along x, rows from the head down. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Middle of the first pixel. */
  readonly left: number;
  readonly top: number;
  readonly pixelWidth: number;
  readonly pixelHeight: number;
}

/** How a kind of tube weakens the beam. */
export interface TubeShadow {
  /** Hounsfield units of the tissue whose place it takes. */
  readonly around: number;
  /** By how much the tube's own substance counts for more than its Hounsfield units say. */
  readonly boneWeight: number;
  /** A tube that runs along the beam counts for no more than this many times its chord across. */
  readonly longestSlant: number;
}

/** Pixels from low to high, both included. */
interface Window {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Millimetres by which a segment reaches into the next one: enough to close the wedge of a bend. */
const OVERLAP = 2.5;
/** Over how many segments a tube with a shell fades away at its ends, as a rib does into its cartilage. */
const FADING_SEGMENTS = 6;

/** How much a millimetre of it weakens the beam, relative to water. */
export const weakening = (hounsfield: number): number => 1 + hounsfield / 1000;

/** Add one tube's shadow in millimetres of water; where the tube lies before itself it counts once. */
export function addTube(shadow: Float32Array, screen: Screen, tube: Tube, kind: TubeShadow): void {
  const window = windowOf(tube.nodes, tube, screen);
  const width = window.right - window.left + 1;
  if (width <= 0 || window.bottom < window.top) return;
  const chords = new Float32Array(width * (window.bottom - window.top + 1));
  for (let node = 0; node + 1 < tube.nodes.length; node += 1) {
    castSegment({ chords, window, screen, tube, kind }, node);
  }
  let index = 0;
  for (let row = window.top; row <= window.bottom; row += 1) {
    const from = row * screen.columns;
    for (let pixel = from + window.left; pixel <= from + window.right; pixel += 1) {
      shadow[pixel] = (shadow[pixel] ?? 0) + (chords[index] ?? 0);
      index += 1;
    }
  }
}

function windowOf(nodes: readonly TubeNode[], { stretch }: Tube, screen: Screen): Window {
  let [left, right, top, bottom] = [screen.columns, -1, screen.rows, -1];
  for (const { at, radius } of nodes) {
    left = Math.min(left, Math.floor((at[0] - radius * stretch[0] - screen.left) / screen.pixelWidth));
    right = Math.max(right, Math.ceil((at[0] + radius * stretch[0] - screen.left) / screen.pixelWidth));
    top = Math.min(top, Math.floor((screen.top - at[2] - radius * stretch[2]) / screen.pixelHeight));
    bottom = Math.max(bottom, Math.ceil((screen.top - at[2] + radius * stretch[2]) / screen.pixelHeight));
  }
  return {
    left: Math.max(left, 0),
    right: Math.min(right, screen.columns - 1),
    top: Math.max(top, 0),
    bottom: Math.min(bottom, screen.rows - 1),
  };
}

interface Casting {
  /** What the tube adds to each pixel of its window so far. */
  readonly chords: Float32Array;
  readonly window: Window;
  readonly screen: Screen;
  readonly tube: Tube;
  readonly kind: TubeShadow;
}

/**
 * Cast the segment that begins at a node; where segments overlap the stronger shadow counts. The ends of a tube are
 * flat: round ones would count twice where branches meet.
 */
function castSegment({ chords, window: whole, screen, tube, kind }: Casting, index: number): void {
  const [start, end] = [tube.nodes[index], tube.nodes[index + 1]];
  if (start === undefined || end === undefined) return;
  const [sx, sy, sz] = tube.stretch;
  const [ax, az] = [start.at[0] / sx, start.at[2] / sz];
  const [dx, dy, dz] = [end.at[0] / sx - ax, (end.at[1] - start.at[1]) / sy, end.at[2] / sz - az];
  const flat = dx * dx + dz * dz || 1e-6;
  const slant = Math.min(kind.longestSlant, Math.sqrt(1 + (dy * dy) / flat)) * sy;
  const overlap = OVERLAP / Math.sqrt(flat);
  const from = index === 0 ? 0 : -overlap;
  const to = index === tube.nodes.length - 2 ? 1 : 1 + overlap;
  const window = windowOf([start, end], tube, screen);
  const width = whole.right - whole.left + 1;
  for (let row = window.top; row <= window.bottom; row += 1) {
    const pz = (screen.top - row * screen.pixelHeight) / sz - az;
    const line = (row - whole.top) * width - whole.left;
    for (let column = window.left; column <= window.right; column += 1) {
      const px = (screen.left + column * screen.pixelWidth) / sx - ax;
      const along = (px * dx + pz * dz) / flat;
      if (along < from || along > to) continue;
      const offset = (px - dx * along) ** 2 + (pz - dz * along) ** 2;
      const t = clamp01(along);
      const added = addedBy(offset, mix(start.radius, end.radius, t), tube.material, kind);
      const shade = added === 0 ? 0 : added * slant * presence(tube, index + t);
      if (Math.abs(shade) > Math.abs(chords[line + column] ?? 0)) chords[line + column] = shade;
    }
  }
}

/** How much of a tube is there, so many segments from its beginning. */
function presence({ material, nodes }: Tube, place: number): number {
  if (material.shell === undefined) return 1;
  const segments = nodes.length - 1;
  return smoothStep(0, Math.min(FADING_SEGMENTS, segments / 3), Math.min(place, segments - place));
}

/** What a round tube adds to the beam that passes its axis at a distance, given squared. */
function addedBy(
  offset: number,
  radius: number,
  { core, shell }: Material,
  { around, boneWeight }: TubeShadow,
): number {
  const chord = chordAt(offset, radius);
  if (chord === 0) return 0;
  const inner = shell === undefined ? chord : chordAt(offset, Math.max(0, radius - shell.thickness));
  const outer = shell === undefined ? 0 : weakening(shell.value) * (chord - inner);
  return boneWeight * (outer + weakening(core) * inner) - weakening(around) * chord;
}

const chordAt = (offset: number, radius: number): number =>
  offset >= radius * radius ? 0 : 2 * Math.sqrt(radius * radius - offset);
