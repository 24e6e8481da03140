/** Transfer syntaxes by the names the suite calls them. PS3.6 Annex A */
export const SYNTAX = {
  implicitLittle: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  explicitBig: '1.2.840.10008.1.2.2',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegExtended: '1.2.840.10008.1.2.4.51',
  jpegLosslessAny: '1.2.840.10008.1.2.4.57',
  jpegLossless: '1.2.840.10008.1.2.4.70',
  jpegLS: '1.2.840.10008.1.2.4.80',
  jpegLSNear: '1.2.840.10008.1.2.4.81',
  jpeg2000Lossless: '1.2.840.10008.1.2.4.90',
  jpeg2000: '1.2.840.10008.1.2.4.91',
  mp4: '1.2.840.10008.1.2.4.102',
  htj2kLossless: '1.2.840.10008.1.2.4.201',
  htj2kRPCL: '1.2.840.10008.1.2.4.202',
  htj2k: '1.2.840.10008.1.2.4.203',
  rle: '1.2.840.10008.1.2.5',
} as const;

/** Media types of the code streams of compressed transfer syntaxes. PS3.18 Table 8.7.3-5 */
export const MEDIA_TYPE_OF: Readonly<Record<string, string>> = {
  [SYNTAX.jpegBaseline]: 'image/jpeg',
  [SYNTAX.jpegExtended]: 'image/jpeg',
  [SYNTAX.jpegLosslessAny]: 'image/jpeg',
  [SYNTAX.jpegLossless]: 'image/jpeg',
  [SYNTAX.jpegLS]: 'image/jls',
  [SYNTAX.jpegLSNear]: 'image/jls',
  [SYNTAX.jpeg2000Lossless]: 'image/jp2',
  [SYNTAX.jpeg2000]: 'image/jp2',
  [SYNTAX.mp4]: 'video/mp4',
  [SYNTAX.htj2kLossless]: 'image/jphc',
  [SYNTAX.htj2kRPCL]: 'image/jphc',
  [SYNTAX.htj2k]: 'image/jphc',
  [SYNTAX.rle]: 'image/dicom-rle',
};
