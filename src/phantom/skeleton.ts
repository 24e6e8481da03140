/** The bones of the chest. */

import { curved, ellipsoid, type Point, type Solid, type Tube, tube, tubeSolids } from './shapes.js';
import { type Habitus, levelAt, spineAt } from './thorax.js';
import { HU } from './tissue.js';

const RIB_BONE = { core: 260, shell: { value: HU.cortex, thickness: 1.5 } };
const BONE = { core: HU.marrow, shell: { value: 560, thickness: 1.6 } };
const CARTILAGE = { core: HU.cartilage };

/** Middle of each vertebral body from C6 to L2; the first rib is that of the vertebra at index 2. */
const VERTEBRA_Z = [133, 113, 93, 73, 52, 30, 7, -17, -42, -67, -93, -120, -147, -175, -204, -234];
const FIRST_RIB_VERTEBRA = 2;

interface RibPlan {
  /** How far it falls from the spine to the end of its bone. */
  readonly drop: number;
  /** Where its bone ends: 0 is at the back, π in front. */
  readonly end: number;
  /** Where its cartilage meets the sternum; absent for the lower ribs. */
  readonly sternumZ?: number;
}

const RIBS: readonly RibPlan[] = [
  { drop: 40, end: 2.62, sternumZ: 42 },
  { drop: 56, end: 2.6, sternumZ: 22 },
  { drop: 70, end: 2.57, sternumZ: 0 },
  { drop: 82, end: 2.55, sternumZ: -24 },
  { drop: 92, end: 2.52, sternumZ: -48 },
  { drop: 100, end: 2.46, sternumZ: -68 },
  { drop: 106, end: 2.36, sternumZ: -84 },
  { drop: 104, end: 2.22 },
  { drop: 98, end: 2.05 },
  { drop: 90, end: 1.85 },
  { drop: 72, end: 1.35 },
  { drop: 48, end: 0.95 },
];

/** Bones thin enough to be drawn as lines: ribs and clavicles. */
export function slenderBones(habitus: Habitus): Tube[] {
  const sides = [-1, 1] as const;
  return sides.flatMap((side) => [clavicle(side), ...RIBS.map((plan, index) => rib(plan, index, side, habitus))]);
}

/** Rib cartilages, sternum, spine and scapulae. */
export function stoutBones(habitus: Habitus): Solid[] {
  const sides = [-1, 1] as const;
  return [
    ...sides.flatMap((side) => RIBS.flatMap((plan, index) => cartilage(plan, index, side, habitus))),
    ...sternum(),
    ...sides.flatMap((side) => shoulder(side)),
    ...spine(habitus),
  ];
}

function ribNode(plan: RibPlan, index: number, side: number, angle: number, habitus: Habitus): Point {
  const origin = VERTEBRA_Z[index + FIRST_RIB_VERTEBRA] ?? 0;
  const turn = angle / plan.end;
  const z = origin + 4 - plan.drop * turn ** 1.2;
  const level = levelAt(z, habitus);
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  // Far round on the squircle that the pleura lies on, some millimetres outside of it.
  const reach = 0.6 + 0.4 * (sin ** 4 + cos ** 4) ** 0.25;
  const halfWidth = Math.max(level.cavityHalfWidth, 46) + 5.5;
  const halfDepth = Math.max(level.cavityHalfDepth, 34) + 5.5;
  return [(side * halfWidth * sin) / reach, level.cavityY + (halfDepth * cos) / reach, z];
}

function rib(plan: RibPlan, index: number, side: number, habitus: Habitus): Tube {
  const origin = VERTEBRA_Z[index + FIRST_RIB_VERTEBRA] ?? 0;
  const [spineX, spineY] = spineAt(origin, habitus);
  const head: [number, number, number, number] = [spineX + side * 19, spineY + 12, origin + 9, 3.4];
  const neck: [number, number, number, number] = [spineX + side * 31, spineY + 25, origin + 7, 3.2];
  const nodes = [head, neck];
  const first = Math.min(0.52, plan.end * 0.5);
  const steps = 11;
  for (let step = 0; step <= steps; step += 1) {
    const angle = first + ((plan.end - first) * step) / steps;
    const [x, y, z] = ribNode(plan, index, side, angle, habitus);
    nodes.push([x, y, z, index === 0 ? 4 : 3.7 + 0.5 * (step / steps)]);
  }
  return curved(tube(nodes, RIB_BONE, [1, 1, 1.75]), 4);
}

function cartilage(plan: RibPlan, index: number, side: number, habitus: Habitus): Solid[] {
  if (plan.sternumZ === undefined) return [];
  const [x, y, z] = ribNode(plan, index, side, plan.end, habitus);
  const [x2, y2] = ribNode(plan, index, side, Math.min(plan.end + 0.25, 2.9), habitus);
  const towards = plan.sternumZ - 6;
  const end: [number, number, number, number] = [side * 17, sternumY(plan.sternumZ) + 2, plan.sternumZ, 4];
  return tubeSolids(curved(tube([[x, y, z, 3.8], [x2, y2, (z + towards) / 2 - 4, 4], end], CARTILAGE, [1, 1, 1.5]), 4));
}

const sternumY = (z: number): number => -84 + 0.17 * (z - 0) * (z > 0 ? 1.2 : 0.55);

function sternum(): Solid[] {
  const manubrium = tube(
    [
      [0, sternumY(50), 50, 6],
      [0, sternumY(22), 22, 5.5],
    ],
    BONE,
    [3.9, 1, 1],
  );
  const body = tube(
    [
      [0, sternumY(16), 12, 5.5],
      [0, sternumY(-30), -30, 5.8],
      [0, sternumY(-82), -82, 5],
    ],
    BONE,
    [2.9, 1, 1],
  );
  const xiphoid = tube(
    [
      [0, sternumY(-90) + 1, -92, 3.5],
      [0, sternumY(-110) + 3, -112, 2],
    ],
    CARTILAGE,
    [2.2, 1, 1],
  );
  return [...tubeSolids(curved(manubrium, 2)), ...tubeSolids(curved(body, 3)), ...tubeSolids(xiphoid)];
}

function clavicle(side: number): Tube {
  const nodes: [number, number, number, number][] = [
    [side * 20, -64, 54, 6.6],
    [side * 42, -62, 62, 5.4],
    [side * 78, -50, 74, 5],
    [side * 112, -26, 84, 5.2],
    [side * 142, -8, 88, 5.6],
    [side * 160, 0, 87, 5.2],
  ];
  return curved(tube(nodes, { core: 220, shell: { value: 900, thickness: 1.9 } }), 6);
}

function shoulder(side: number): Solid[] {
  const plate = { core: 330, shell: { value: 620, thickness: 1 } };
  const blade = [
    [
      [78, 84, 56, 2.2],
      [92, 88, -58, 2.4],
    ],
    [
      [92, 82, 62, 1.6],
      [100, 86, -48, 1.8],
    ],
    [
      [108, 77, 64, 1.4],
      [108, 83, -34, 1.6],
    ],
    [
      [122, 69, 66, 1.5],
      [118, 78, -14, 1.7],
    ],
    [
      [146, 46, 62, 4.6],
      [101, 86, -56, 3],
    ],
  ] as const;
  const at = ([x, y, z, radius]: readonly [number, number, number, number]): [number, number, number, number] => [
    side * x,
    y,
    z,
    radius,
  ];
  const tubes = blade.map(([top, bottom]) => tube([at(top), at(bottom)], plate, [4.2, 1, 1]));
  const ridge = tube([at([84, 92, 60, 3.4]), at([120, 86, 78, 4]), at([160, 44, 92, 6])], plate);
  const coracoid = tube([at([142, 36, 76, 6]), at([128, 6, 78, 5])], BONE);
  const glenoid = ellipsoid([side * 150, 38, 66], [8, 12, 17], BONE);
  const head = ellipsoid([side * 174, 26, 70], [22, 22, 23], BONE);
  return [...tubes, curved(ridge, 3), coracoid].flatMap(tubeSolids).concat(glenoid, head);
}

/** The upper arms hanging down, as on a radiograph; for a CT they are raised out of the way. */
export function loweredArms(): Solid[] {
  return ([-1, 1] as const).flatMap((side) => {
    const flesh = tube(
      [
        [side * 186, 22, 62, 40],
        [side * 212, 18, -60, 44],
        [side * 228, 14, -240, 42],
      ],
      { core: 40 },
    );
    const shaft = tube(
      [
        [side * 184, 24, 60, 15],
        [side * 198, 22, 10, 12],
        [side * 214, 20, -120, 11],
      ],
      BONE,
    );
    return [...tubeSolids(curved(flesh)), ...tubeSolids(shaft)];
  });
}

function spine(habitus: Habitus): Solid[] {
  const discs = VERTEBRA_Z.map((z): [number, number, number, number] => [...spineAt(z, habitus), z, 12.6]);
  const canal = VERTEBRA_Z.map((z): [number, number, number, number] => {
    const [x, y] = spineAt(z, habitus);
    return [x, y + 22, z, 7.6];
  });
  return [
    ...tubeSolids(tube(discs, { core: HU.disc }, [1.18, 1, 1])),
    ...VERTEBRA_Z.flatMap((z) => vertebra(z, habitus)),
    ...tubeSolids(
      curved(tube(canal, { core: 32, shell: { value: HU.mediastinalFat, thickness: 1.6 } }, [1.15, 1, 1]), 2),
    ),
  ];
}

function vertebra(z: number, habitus: Habitus): Solid[] {
  const [x, y] = spineAt(z, habitus);
  const size = z > 100 ? 0.82 : 1 - z * 0.0007;
  const arch = (side: number): Tube =>
    tube(
      [
        [x + side * 11 * size, y + 10, z + 4, 4.6],
        [x + side * 13 * size, y + 22, z + 3, 4.4],
        [x + side * 7, y + 32, z - 1, 4],
        [x, y + 36, z - 4, 4],
      ],
      BONE,
      [1, 1, 1.6],
    );
  const transverse = (side: number): Tube =>
    tube(
      [
        [x + side * 12, y + 23, z + 3, 4.4],
        [x + side * 34, y + 33, z + 6, 3.8],
      ],
      BONE,
      [1, 1, 1.3],
    );
  const spinous = tube(
    [
      [x, y + 36, z - 4, 3.6],
      [x, y + 47, z - 16, 2.6],
      [x, y + 53, z - 24, 3.2],
    ],
    BONE,
    [1, 1, 1.5],
  );
  const posterior = [arch(-1), arch(1), transverse(-1), transverse(1), spinous];
  return [...posterior.flatMap((each) => tubeSolids(curved(each, 2))), vertebralBody([x, y, z], size)];
}

/** An oval drum with a waist and flattened back. */
function vertebralBody([cx, cy, cz]: Point, size: number): Solid {
  const [halfWidth, halfDepth, halfHeight] = [16.5 * size, 13.5 * size, 9.8 * size];
  return {
    bounds: {
      low: [cx - halfWidth - 2, cy - halfDepth - 2, cz - halfHeight - 2],
      high: [cx + halfWidth + 2, cy + halfDepth + 2, cz + halfHeight + 2],
    },
    material: { core: HU.marrow, shell: { value: 450, thickness: 1.6 } },
    distance: (x, y, z) => {
      const height = (z - cz) / halfHeight;
      const waist = 1 + 0.09 * Math.min(1, height * height);
      const depth = y - cy > 0 ? (y - cy) * (1 + 0.12 * Math.max(0, 1 - Math.abs(x - cx) / 9)) : y - cy;
      const reach = Math.sqrt(((x - cx) / (halfWidth * waist)) ** 2 + (depth / (halfDepth * waist)) ** 2);
      return Math.max((reach - 1) * halfDepth, Math.abs(z - cz) - halfHeight);
    },
  };
}
