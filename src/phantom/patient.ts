/** A made-up patient: who they are said to be, how they are built and when their images were taken. */
import { drawOpacities, type Opacity } from './lungs.js';
import { type Random, randomOf } from './random.js';
import type { Point } from './shapes.js';
import type { Habitus } from './thorax.js';

export interface PhantomPatientOptions {
  /** Whether there are ground-glass opacities in the lungs. */
  readonly positive: boolean;
  /** The site that images the patient; sites differ in their equipment. */
  readonly site: string;
}

export interface PhantomPatient extends PhantomPatientOptions {
  readonly seed: number;
  /** Patient's Name and Patient ID, such as `Covid1001`. */
  readonly pseudonym: string;
  readonly sex: 'F' | 'M';
  readonly ageYears: number;
  /** YYYYMMDD: the radiograph's day, and the CT's, a few days later. */
  readonly radiographDate: string;
  readonly ctDate: string;
  /** HHMMSS */
  readonly radiographTime: string;
  readonly ctTime: string;
  readonly habitus: Habitus;
  /** Size relative to the reference adult along x, y and z. */
  readonly stretch: Point;
  /** Ground truth: what was put into the lungs, in millimetres of the CT's Frame of Reference. Empty when negative. */
  readonly opacities: readonly Opacity[];
}

/** Version 8 and the variant of RFC 9562: the bits of a UUID that are not free. */
const UUID_VERSION = 0x8n << 76n;
const UUID_VARIANT = 0x8n << 60n;
const UUID_FREE_BITS = ~((0xfn << 76n) | (0xcn << 60n));

const FIRST_PSEUDONYM = 1000;
const FIRST_DAY = Date.UTC(2020, 1, 20);
const LAST_DAY = Date.UTC(2021, 10, 30);
const DAY_MS = 86_400_000;

/**
 * Make the patient of a seed; the same seed, options alike, gives the same patient and the same pixels for ever.
 * @throws RangeError when the seed is not a whole number from 0.
 */
export function phantomPatient(seed: number, { positive, site }: PhantomPatientOptions): PhantomPatient {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError('The seed of a patient is a whole number from 0.');
  const random = randomOf('patient', seed);
  const sex = random.next() < 0.48 ? 'F' : 'M';
  const ageYears = Math.round(Math.min(94, Math.max(19, 61 + 16 * random.normal())));
  const stretch = drawStretch(sex, random);
  const habitus = drawHabitus(sex, random);
  return {
    seed,
    positive,
    site,
    pseudonym: `Covid${FIRST_PSEUDONYM + seed}`,
    sex,
    ageYears,
    ...drawTimes(random),
    habitus,
    stretch,
    opacities: positive
      ? drawOpacities(habitus, randomOf('opacities', seed)).map((each) => stretched(each, stretch))
      : [],
  };
}

/** The UID of one thing of a patient's; the same for the same patient and names, and no other's. PS3.5 §B.2 */
export function uidOf({ seed, positive, site }: PhantomPatient, ...names: readonly (string | number)[]): string {
  const random = randomOf('UID', seed, positive ? 'positive' : 'negative', site, ...names);
  let bits = 0n;
  for (let word = 0; word < 4; word += 1) bits = (bits << 32n) | BigInt(random.integer(0, 0xffff_ffff));
  return `2.25.${(bits & UUID_FREE_BITS) | UUID_VERSION | UUID_VARIANT}`;
}

function drawStretch(sex: 'F' | 'M', random: Random): Point {
  const size = (sex === 'F' ? 0.92 : 1) * (1 + 0.03 * random.normal());
  return [size * random.between(0.98, 1.02), size * random.between(0.97, 1.04), size * random.between(0.97, 1.02)];
}

function drawHabitus(sex: 'F' | 'M', random: Random): Habitus {
  return {
    sex,
    fatThickness: Math.min(26, Math.max(10, 15 + 4 * random.normal())),
    heartSize: Math.min(1.14, Math.max(0.92, 1 + 0.05 * random.normal())),
    diaphragmRise: random.between(-4, 14),
    spineBend: random.between(-5, 4),
  };
}

function drawTimes(random: Random): Pick<PhantomPatient, 'radiographDate' | 'ctDate' | 'radiographTime' | 'ctTime'> {
  const day = Math.floor(random.between(FIRST_DAY, LAST_DAY) / DAY_MS) * DAY_MS;
  return {
    radiographDate: dateText(day),
    ctDate: dateText(day + random.integer(0, 6) * DAY_MS),
    radiographTime: timeText(random),
    ctTime: timeText(random),
  };
}

const dateText = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '');

function timeText(random: Random): string {
  const parts = [random.integer(7, 21), random.integer(0, 59), random.integer(0, 59)];
  return parts.map((part) => String(part).padStart(2, '0')).join('');
}

function stretched({ centre, radii, density }: Opacity, [sx, sy, sz]: Point): Opacity {
  const scaled = ([x, y, z]: Point): Point => [x * sx, y * sy, z * sz];
  return { centre: scaled(centre), radii: scaled(radii), density };
}
