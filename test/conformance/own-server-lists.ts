/** What the archive does not do yet, by the IDs of the suite. Who mends a row takes it out of here. */

/** Rows that fail. */
export const NOT_HELD: readonly string[] = [
  // Need a codec.
  ...['MT-18', 'MT-19'],
  // XML, and storing metadata with bulkdata.
  ...['MT-03', 'MT-04', 'MT-07', 'MT-10', 'MT-12', 'MT-14', 'MT-33', 'RM-08', 'SW-02', 'SW-19', 'SW-24', 'SW-25'],
  ...['SW-26', 'SW-27', 'QD-02', 'QM-04', 'J-24', 'X-01', 'X-02'],
  // Status reports in HTML, and Accept-Charset.
  ...['ST-07', 'CS-03', 'CS-05'],
  // Retrieve Capabilities.
  ...['CAP-01', 'CAP-02', 'CAP-03', 'CAP-04', 'CAP-05'],
  // If-Range, and the identifier of a request.
  ...['HT-06', 'HT-13'],
];

/** Rows that can not be judged. */
export const NOT_JUDGED: readonly string[] = [
  // Deletion, and storage commitment.
  ...['ST-04', 'SC-01', 'SC-02'],
  // Notifications: not planned.
  'NT-01',
  // HTTP/2 is the proxy's.
  'HT-14',
  // ETags.
  ...['HT-01', 'HT-02'],
  // Containers of bulkdata and Pixel Data.
  ...['RP-01', 'RB-06'],
  // The archive changes nothing in a data set.
  'SW-21',
  // Storing JSON and XML.
  ...['SW-28', 'J-26', 'X-03'],
  // Searches by private attributes, time zones and date-times.
  ...['QD-14', 'QD-19', 'MA-11'],
  // The URI service.
  ...['URI-01', 'URI-02', 'URI-04', 'URI-05', 'URI-06', 'URI-07', 'URI-08', 'URI-10', 'URI-13', 'URI-14', 'URI-17'],
  ...['URI-18', 'URI-19'],
];

/** What rows that hold have to tell. */
export const NOTED: Readonly<Record<string, string>> = {
  'RF-12': 'Range is not supported',
  'QD-09': 'not supported',
  'QD-10': 'not supported',
  'QD-11': 'not supported',
};
