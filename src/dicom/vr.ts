/** Value Representations (PS3.5 §6.2) and the families that readers and writers treat alike. */
export const VALUE_REPRESENTATIONS = [
  'AE',
  'AS',
  'AT',
  'CS',
  'DA',
  'DS',
  'DT',
  'FD',
  'FL',
  'IS',
  'LO',
  'LT',
  'OB',
  'OD',
  'OF',
  'OL',
  'OV',
  'OW',
  'PN',
  'SH',
  'SL',
  'SQ',
  'SS',
  'ST',
  'SV',
  'TM',
  'UC',
  'UI',
  'UL',
  'UN',
  'UR',
  'US',
  'UT',
  'UV',
] as const;

export type VR = (typeof VALUE_REPRESENTATIONS)[number];

const known: ReadonlySet<string> = new Set(VALUE_REPRESENTATIONS);

export const isVR = (text: string): text is VR => known.has(text);

/** VRs whose length field has 4 bytes, after 2 reserved ones, in Explicit VR. PS3.5 §7.1.2 */
export const LONG_LENGTH_VRS: ReadonlySet<VR> = new Set<VR>([
  'OB',
  'OD',
  'OF',
  'OL',
  'OV',
  'OW',
  'SQ',
  'SV',
  'UC',
  'UN',
  'UR',
  'UT',
  'UV',
]);

/** Bytes of one value of the binary VRs: what a change of byte order swaps. PS3.5 §7.3 */
export const BINARY_VALUE_BYTES: ReadonlyMap<VR, number> = new Map<VR, number>([
  ['AT', 2],
  ['US', 2],
  ['SS', 2],
  ['OW', 2],
  ['UL', 4],
  ['SL', 4],
  ['FL', 4],
  ['OL', 4],
  ['OF', 4],
  ['FD', 8],
  ['SV', 8],
  ['UV', 8],
  ['OD', 8],
  ['OV', 8],
  ['OB', 1],
  ['UN', 1],
]);

/** VRs whose text is encoded in the Specific Character Set. PS3.5 §6.1.2.2 */
export const CHARACTER_SET_VRS: ReadonlySet<VR> = new Set<VR>(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);

/** Text VRs in which a backslash is no separator: one value only. PS3.5 §6.2 */
export const SINGLE_TEXT_VRS: ReadonlySet<VR> = new Set<VR>(['LT', 'ST', 'UR', 'UT']);
