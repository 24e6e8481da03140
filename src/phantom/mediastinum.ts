/** Heart, great vessels, windpipe and gullet, with the fat that wraps them. */

import { curved, ellipsoid, type Material, type Point, type Solid, type Tube, tube, tubeSolids } from './shapes.js';
import { type Habitus, spineAt } from './thorax.js';
import { HU } from './tissue.js';

const BLOOD = { core: HU.blood };
const HEART = { core: HU.heart };
const FAT = { core: HU.mediastinalFat };
/** Millimetres of fat about the great vessels and about the heart. */
const VESSEL_FAT = 2.5;
const PERICARDIAL_FAT = 4;
const AIRWAY_WALL = 1.4;

/** Where the vessels and bronchi of a lung enter it. */
export const hilum = (side: -1 | 1): Point => (side < 0 ? [-46, 6, -22] : [47, 10, -16]);

/** Everything between the lungs in the order it is painted: fat first, then what lies in it. */
export function mediastinalSolids(habitus: Habitus): Solid[] {
  const vessels = [...greatVessels(), descendingAorta(habitus)].map((vessel) => curved(vessel));
  const chambers = heartChambers(habitus);
  return [
    ...vessels.flatMap((vessel) => tubeSolids(wrapped(vessel))),
    ...chambers.map(({ centre, radii, axis }) => ellipsoid(centre, grown(radii, PERICARDIAL_FAT), FAT, axis)),
    ...chambers.map(({ centre, radii, axis }) => ellipsoid(centre, radii, HEART, axis)),
    ...vessels.flatMap(tubeSolids),
    ...tubeSolids(curved(inferiorVenaCava())),
    ...tubeSolids(curved(oesophagus(habitus))),
    ...airways({ core: HU.muscle }, AIRWAY_WALL).flatMap((airway) => tubeSolids(curved(airway))),
    ...airways({ core: HU.airway }, 0).flatMap((airway) => tubeSolids(curved(airway))),
    ...lymphNodes(),
  ];
}

interface Chamber {
  readonly centre: Point;
  readonly radii: Point;
  readonly axis: Point;
}

function heartChambers({ heartSize, diaphragmRise }: Habitus): Chamber[] {
  const size = (radii: Point): Point => [radii[0] * heartSize, radii[1] * heartSize, radii[2] * heartSize];
  const place = ([x, y, z]: Point): Point => [x * heartSize, y, z + diaphragmRise * 0.5];
  const chamber = (centre: Point, radii: Point, axis: Point): Chamber => ({
    centre: place(centre),
    radii: size(radii),
    axis,
  });
  return [
    chamber([44, -28, -86], [35, 38, 52], [0.78, -0.42, -0.46]),
    chamber([12, -48, -86], [34, 23, 42], [0.8, -0.15, -0.58]),
    chamber([-25, -22, -75], [24, 29, 37], [0.1, 0, 1]),
    chamber([6, 10, -58], [34, 20, 25], [0, 0, 1]),
    chamber([14, -50, -48], [16, 14, 26], [0.2, 0, 1]),
    chamber([35, -18, -46], [15, 18, 17], [0, 0, 1]),
  ];
}

function greatVessels(): Tube[] {
  return [
    tube(
      [
        [4, -22, -58, 15],
        [-12, -30, -34, 15.5],
        [-21, -32, -8, 15],
        [-18, -26, 14, 14.5],
        [-4, -12, 29, 14],
        [13, 6, 33, 13.5],
        [23, 24, 24, 13],
        [26, 32, 6, 12.5],
        [26, 34, -12, 12.2],
      ],
      BLOOD,
    ),
    tube(
      [
        [16, -46, -44, 15],
        [25, -36, -26, 15],
        [31, -20, -16, 14],
        [38, 2, -11, 12],
        [48, 12, -14, 9],
      ],
      BLOOD,
    ),
    tube(
      [
        [26, -24, -22, 12],
        [4, -8, -22, 11],
        [-22, -2, -22, 10.5],
        [-46, 4, -24, 9],
      ],
      BLOOD,
    ),
    tube(
      [
        [-30, -22, 62, 7],
        [-30, -22, 40, 9],
        [-29, -20, 0, 9.5],
        [-28, -20, -48, 10.5],
      ],
      BLOOD,
    ),
    tube(
      [
        [48, -38, 74, 6],
        [24, -40, 50, 6.5],
        [-4, -36, 42, 6.5],
        [-28, -24, 34, 8],
      ],
      BLOOD,
      [1, 1, 1],
    ),
    tube(
      [
        [-62, -34, 80, 6],
        [-42, -30, 68, 6.5],
        [-30, -22, 56, 7],
      ],
      BLOOD,
    ),
    tube(
      [
        [-4, -14, 36, 7],
        [-14, -10, 56, 6.5],
        [-24, -2, 78, 6],
        [-34, 2, 100, 4.5],
      ],
      BLOOD,
    ),
    tube(
      [
        [8, -2, 38, 4.5],
        [13, 2, 62, 4.2],
        [20, 4, 100, 4],
        [24, 4, 150, 4],
      ],
      BLOOD,
    ),
    tube(
      [
        [18, 14, 38, 5.5],
        [24, 16, 60, 5.2],
        [34, 10, 86, 5],
        [66, -6, 96, 4.5],
      ],
      BLOOD,
    ),
    tube(
      [
        [-30, -6, -62, 7],
        [-42, 2, -58, 6],
        [-56, 6, -56, 5],
      ],
      BLOOD,
    ),
    tube(
      [
        [30, 14, -56, 7],
        [44, 18, -56, 6],
        [56, 20, -58, 5],
      ],
      BLOOD,
    ),
    tube(
      [
        [-30, -20, 4, 5],
        [-26, 6, 12, 4.5],
        [-14, 26, 4, 4],
        [-9, 34, -30, 3.4],
      ],
      BLOOD,
    ),
  ];
}

function descendingAorta(habitus: Habitus): Tube {
  const course = [
    [-6, 25],
    [-45, 25],
    [-85, 23],
    [-125, 19],
    [-165, 12],
    [-215, 5],
  ] as const;
  const nodes = course.map(([z, left], index): [number, number, number, number] => {
    const [x, y] = spineAt(z, habitus);
    return [x + left, y - 13 - index * 1.8, z, 12.2 - index * 0.3];
  });
  return tube(nodes, BLOOD);
}

/** It runs through the liver, with no fat about it. */
const inferiorVenaCava = (): Tube =>
  tube(
    [
      [-30, -2, -100, 11],
      [-30, 4, -150, 12],
      [-26, 14, -210, 12],
    ],
    BLOOD,
  );

function oesophagus(habitus: Habitus): Tube {
  const course = [
    [120, 2],
    [60, 8],
    [10, 7],
    [-30, 5],
    [-70, 4],
    [-105, 10],
    [-130, 20],
  ] as const;
  const nodes = course.map(([z, left], index): [number, number, number, number] => {
    const [x, y] = spineAt(z, habitus);
    return [x + left, y - 22 - Math.max(0, index - 3) * 5, z, 6.5];
  });
  return tube(nodes, { core: 25, shell: { value: 45, thickness: 3.5 } }, [1.2, 0.8, 1]);
}

/** Windpipe, main bronchi and the right upper lobe's, wider by so much than their lumen. */
function airways(material: Material, wall: number): Tube[] {
  const course: readonly (readonly [number, number, number, number])[][] = [
    [
      [0, 2, 160, 8.2],
      [0, 6, 110, 8.7],
      [1, 10, 60, 8.9],
      [2, 12, 20, 8.9],
      [1, 14, 3, 8.8],
    ],
    [
      [-2, 14, 4, 7.6],
      [-18, 15, -13, 7],
      [-38, 14, -28, 6.3],
      [-50, 14, -40, 5.3],
    ],
    [
      [4, 14, 3, 7.2],
      [22, 17, -14, 5.9],
      [42, 19, -27, 5.3],
      [54, 20, -38, 4.7],
    ],
    [
      [-24, 15, -16, 4.5],
      [-42, 14, -10, 3.9],
      [-56, 12, 2, 3.2],
    ],
  ];
  return course.map((nodes) =>
    tube(
      nodes.map(([x, y, z, radius]) => [x, y, z, radius + wall]),
      material,
    ),
  );
}

function lymphNodes(): Solid[] {
  const node = { core: 40 };
  return [
    ellipsoid([-16, 2, 10], [4, 3.2, 6], node),
    ellipsoid([12, -14, 10], [3.6, 3, 5], node),
    ellipsoid([2, 16, -16], [6, 4, 6], node),
    ellipsoid([-4, -46, 26], [3, 2.4, 4], node),
  ];
}

const wrapped = ({ nodes, stretch }: Tube): Tube => ({
  nodes: nodes.map(({ at, radius }) => ({ at, radius: radius + VESSEL_FAT })),
  stretch,
  material: FAT,
});

const grown = (radii: Point, by: number): Point => [radii[0] + by, radii[1] + by, radii[2] + by];
