/** The names of media types that more than one file here speaks of. PS3.18 §8.7.3, RFC 9457 */

/** A Part 10 file. */
export const DICOM = 'application/dicom';
export const DICOM_JSON = 'application/dicom+json';
/** The Native DICOM Model. */
export const DICOM_XML = 'application/dicom+xml';
export const OCTETS = 'application/octet-stream';
export const PLAIN_JSON = 'application/json';
export const PROBLEM_JSON = 'application/problem+json';
export const CSV = 'text/csv';
export const ZIP = 'application/zip';
