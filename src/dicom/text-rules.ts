/** What a single value of text may be in its VR: its characters and how many of them. PS3.5 §6.1.2.3, Table 6.2-1 */
import type { VR } from './vr.js';

interface TextRule {
  readonly mostCharacters: number;
  /** The form of a value; without it, any characters but control characters. */
  readonly form?: RegExp;
  /** How the form is told. */
  readonly told?: string;
}

const DATE = String.raw`\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])`;
const CLOCK = String.raw`(?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?`;
const DATE_TIME = String.raw`\d{4}(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:${CLOCK})?)?)?(?:[+-]\d{4})?`;

/** The longest value of VRs that set no limit, or one that nobody needs here. */
const ANY_LENGTH = 2 ** 32 - 2;

const TEXT_RULES = {
  AE: { mostCharacters: 16 },
  AS: { mostCharacters: 4, form: /^\d{3}[DWMY]$/, told: 'three digits and D, W, M or Y' },
  CS: { mostCharacters: 16, form: /^[A-Z0-9 _]*$/, told: 'upper-case letters, digits, spaces and underscores' },
  DA: { mostCharacters: 8, form: new RegExp(`^${DATE}$`), told: 'YYYYMMDD' },
  DS: { mostCharacters: 16, form: /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/, told: 'a decimal number' },
  DT: { mostCharacters: 26, form: new RegExp(`^${DATE_TIME}$`), told: 'YYYYMMDDHHMMSS.FFFFFF&ZZXX' },
  IS: { mostCharacters: 12, form: /^[+-]?\d+$/, told: 'a whole number' },
  LO: { mostCharacters: 64 },
  LT: { mostCharacters: 10_240 },
  PN: {
    mostCharacters: 3 * 64 + 2,
    form: /^[^=]{0,64}(?:=[^=]{0,64}){0,2}$/,
    told: 'up to three groups of 64 characters',
  },
  SH: { mostCharacters: 16 },
  ST: { mostCharacters: 1_024 },
  TM: { mostCharacters: 14, form: new RegExp(`^${CLOCK}$`), told: 'HHMMSS.FFFFFF' },
  UC: { mostCharacters: ANY_LENGTH },
  UR: { mostCharacters: ANY_LENGTH, form: /^[\w.~:/?#[\]@!$&'()*+,;=%-]+$/, told: 'a URI' },
  UT: { mostCharacters: ANY_LENGTH },
} satisfies Partial<Record<VR, TextRule>>;

/** VRs of text other than UI. */
export type PlainTextVR = keyof typeof TEXT_RULES;

export const isPlainTextVR = (vr: VR): vr is PlainTextVR => vr in TEXT_RULES;

/** What of control characters a text of several lines may have. PS3.5 §6.1.3 */
const LINES: ReadonlySet<PlainTextVR> = new Set<PlainTextVR>(['LT', 'ST', 'UT']);
const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROL_IN_LINES = /[\u0000-\u0008\u000b\u000e-\u001f\u007f]/;

/** Why a decoded and trimmed text is no single value of the VR, as the end of a sentence; undefined when it is one. */
export function textFault(vr: PlainTextVR, text: string): string | undefined {
  const { mostCharacters, form, told }: TextRule = TEXT_RULES[vr];
  if (text.length > mostCharacters) return `has at most ${mostCharacters} characters`;
  if ((LINES.has(vr) ? CONTROL_IN_LINES : CONTROL).test(text)) return 'has no control characters';
  return form === undefined || form.test(text) ? undefined : `is ${told ?? 'of another form'}`;
}
