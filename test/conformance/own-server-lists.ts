/** What the archive does not do yet, by the IDs of the suite, and why. Who mends a row takes it out of here. */

const NOT_RENDERED = 'Nothing is rendered.';

const reasons = (why: string, ...rows: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(rows.map((row) => [row, why]));

/** Rows about what is rendered, which is nothing yet: they fail. A model holds them when faults are planted. */
export const NOT_BUILT_YET: Readonly<Record<string, string>> = {
  ...reasons(NOT_RENDERED, 'MT-24', 'URI-03', 'URI-09', 'URI-11', 'URI-12', 'URI-15'),
  ...reasons(NOT_RENDERED, 'RR-01', 'RR-02', 'RR-03', 'RR-04', 'RR-05', 'RR-06', 'RR-07', 'RR-08', 'RR-09', 'RR-10'),
  ...reasons(NOT_RENDERED, 'RR-11', 'RR-12', 'RR-13', 'RR-14', 'RR-15', 'RR-16', 'RR-17', 'RR-18', 'RR-20'),
};

/** Rows about optional resources that are not there yet: they can not be judged, but for the model. */
export const NOT_OFFERED_YET: readonly string[] = [
  'HT-08',
  ...['RT-01', 'RT-02', 'RT-03', 'RT-04', 'RT-05', 'RT-06', 'RT-07'],
];

/** Rows that fail. The conformance statement gives these reasons. */
export const NOT_HELD: Readonly<Record<string, string>> = {
  ...NOT_BUILT_YET,
  ...reasons(NOT_RENDERED, 'CAP-03'),
};

/** Rows that fail in strict mode besides. */
export const NOT_HELD_STRICTLY: Readonly<Record<string, string>> = {
  'QP-01': 'Unknown parameters are refused, which the standard has ignored: it is what strict mode is for.',
};

/** Rows that can not be judged. */
export const NOT_JUDGED: readonly string[] = [
  ...NOT_OFFERED_YET,
  // Notifications: not planned.
  'NT-01',
  // HTTP/2 is the proxy's.
  'HT-14',
  // The archive changes nothing in a data set.
  'SW-21',
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
