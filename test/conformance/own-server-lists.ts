/** What the archive does not do yet, by the IDs of the suite. Who mends a row takes it out of here. */

/** Rows that fail. */
export const NOT_HELD: readonly string[] = [
  // Needs a codec.
  'MT-18',
];

/** Rows that fail in strict mode besides. */
export const NOT_HELD_STRICTLY: readonly string[] = [
  // Unknown parameters are refused, which the standard has ignored: it is what strict mode is for.
  'QP-01',
];

/** Rows that can not be judged. */
export const NOT_JUDGED: readonly string[] = [
  // Notifications: not planned.
  'NT-01',
  // HTTP/2 is the proxy's.
  'HT-14',
  // The archive changes nothing in a data set.
  'SW-21',
  // The URI service.
  ...['URI-01', 'URI-02', 'URI-04', 'URI-05', 'URI-06', 'URI-07', 'URI-08', 'URI-10', 'URI-13', 'URI-14', 'URI-17'],
  ...['URI-18', 'URI-19'],
];

/** What rows that hold have to tell. */
export const NOTED: Readonly<Record<string, string>> = {};
