/** One patient's anatomy, ready to be made into voxels or cast as a shadow. */
import { abdominalSolids } from './abdomen.js';
import { type Opacity, pointsInLung } from './lungs.js';
import { hilum, mediastinalSolids } from './mediastinum.js';
import type { PhantomPatient } from './patient.js';
import { growTree } from './pulmonary-tree.js';
import { randomOf } from './random.js';
import type { Point, Solid, Tube } from './shapes.js';
import { slenderBones, stoutBones } from './skeleton.js';
import type { Habitus } from './thorax.js';
import { HU } from './tissue.js';

export interface Anatomy {
  readonly seed: number;
  readonly habitus: Habitus;
  /** In the coordinates of the reference adult. */
  readonly opacities: readonly Opacity[];
  /** Too fine for coarse voxels: the vessels and bronchi of the lungs. */
  readonly pulmonaryTubes: readonly Tube[];
  /** Below the diaphragm only. */
  readonly abdominalSolids: readonly Solid[];
  /** Painted over the lungs in this order. */
  readonly mediastinalSolids: readonly Solid[];
  readonly stoutBones: readonly Solid[];
  readonly slenderBones: readonly Tube[];
}

const ARTERY_TARGETS = 1000;
const VEIN_TARGETS = 520;
const BRONCHUS_TARGETS = 130;

/** Build the anatomy that a seed and a habitus give: always the same. */
function anatomyOf(seed: number, habitus: Habitus, opacities: readonly Opacity[]): Anatomy {
  return {
    seed,
    habitus,
    opacities,
    pulmonaryTubes: ([-1, 1] as const).flatMap((side) => lungTubes(seed, side, habitus)),
    abdominalSolids: abdominalSolids(habitus),
    mediastinalSolids: mediastinalSolids(habitus),
    stoutBones: stoutBones(habitus),
    slenderBones: slenderBones(habitus),
  };
}

function lungTubes(seed: number, side: -1 | 1, habitus: Habitus): Tube[] {
  const random = randomOf('pulmonary tree', seed, side);
  const [x, y, z] = hilum(side);
  const targets = (count: number, margin: number) => pointsInLung(side, count, margin, habitus, random);
  const blood = { core: HU.blood };
  const bronchus = { core: HU.airway, shell: { value: -120, thickness: 0.9 } };
  return [
    ...growTree(
      {
        root: [x + side * 6, y + 8, z - 16],
        targets: targets(BRONCHUS_TARGETS, 16),
        rootRadius: 5,
        thinnest: 1.2,
        material: bronchus,
      },
      random,
    ),
    ...growTree(
      { root: [x, y, z], targets: targets(ARTERY_TARGETS, 4), rootRadius: 6.6, thinnest: 0.35, material: blood },
      random,
    ),
    ...growTree(
      {
        root: [x + side * 2, y + 2, z - 34],
        targets: targets(VEIN_TARGETS, 5),
        rootRadius: 5.6,
        thinnest: 0.35,
        material: blood,
      },
      random,
    ),
  ];
}

/** The patient's anatomy, in the coordinates of the reference adult. */
export function anatomyFor({ seed, habitus, opacities, stretch: [sx, sy, sz] }: PhantomPatient): Anatomy {
  const reference = ([x, y, z]: Point): Point => [x / sx, y / sy, z / sz];
  const inReference = opacities.map((each) => ({
    ...each,
    centre: reference(each.centre),
    radii: reference(each.radii),
  }));
  return anatomyOf(seed, habitus, inReference);
}
