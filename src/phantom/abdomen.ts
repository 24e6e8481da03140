/** What is seen below the diaphragm: liver, spleen, stomach with its bubble. Kept inside the abdomen by the voxels. */

import { ellipsoid, type Solid } from './shapes.js';
import type { Habitus } from './thorax.js';
import { HU } from './tissue.js';

/** Solids clipped to the space beneath the diaphragm. */
export function abdominalSolids({ diaphragmRise }: Habitus): Solid[] {
  const rise = diaphragmRise;
  return [
    ellipsoid([0, -4, -270 + rise], [128, 84, 74], { core: HU.bowel }),
    ellipsoid([-58, -4, -190 + rise], [92, 96, 86], { core: HU.liver }),
    ellipsoid([18, -48, -168 + rise], [58, 38, 46], { core: HU.liver }),
    ellipsoid([92, 42, -178 + rise], [26, 38, 46], { core: HU.spleen }),
    ellipsoid([60, -14, -168 + rise], [44, 48, 40], { core: HU.stomach, shell: { value: 45, thickness: 4 } }),
    ellipsoid([62, -36, -152 + rise], [28, 22, 18], { core: HU.airway }),
  ];
}
