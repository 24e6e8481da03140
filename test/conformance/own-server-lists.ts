/** What the archive does not do yet, by the IDs of the suite, and why. Who mends a row takes it out of here. */

/** Rows that fail. The conformance statement gives these reasons. */
export const NOT_HELD: Readonly<Record<string, string>> = {};

/** Rows that fail in strict mode besides. */
export const NOT_HELD_STRICTLY: Readonly<Record<string, string>> = {
  'QP-01': 'Unknown parameters are refused, which the standard has ignored: it is what strict mode is for.',
};

/** Rows that can not be judged. */
export const NOT_JUDGED: readonly string[] = [
  // Notifications: not planned.
  'NT-01',
  // HTTP/2 is the proxy's.
  'HT-14',
];

/** Rows that can not be judged in strict mode besides. */
export const NOT_JUDGED_STRICTLY: readonly string[] = [
  // They are about fixtures in transfer syntaxes that are refused.
  ...['MT-20', 'RI-11', 'RB-04', 'J-10', 'J-17', 'J-23'],
  // The key is refused.
  'QD-17',
];

/** What rows that hold have to tell. */
export const NOTED: Readonly<Record<string, string>> = {};
