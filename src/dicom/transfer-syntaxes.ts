/**
 * Transfer Syntaxes: how the bytes of a data set are laid out, and as what media type its compressed frames travel.
 * PS3.5 Annex A, PS3.18 Table 8.7.3-5
 */
import type { ByteOrder } from './data-set.js';

export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly vr: 'explicit' | 'implicit';
  readonly byteOrder: ByteOrder;
  readonly deflated: boolean;
  /** Pixel Data is a sequence of fragments. */
  readonly encapsulated: boolean;
  /** The media type of one frame's code stream; undefined for native frames. */
  readonly mediaType?: string;
}

const native = (uid: string, name: string, over: Partial<TransferSyntax> = {}): TransferSyntax => ({
  uid,
  name,
  vr: 'explicit',
  byteOrder: 'little',
  deflated: false,
  encapsulated: false,
  ...over,
});

const encapsulated = (uid: string, name: string, mediaType: string): TransferSyntax => ({
  uid,
  name,
  vr: 'explicit',
  byteOrder: 'little',
  deflated: false,
  encapsulated: true,
  mediaType,
});

const root = '1.2.840.10008.1.2';

export const IMPLICIT_VR_LITTLE_ENDIAN = root;
export const EXPLICIT_VR_LITTLE_ENDIAN = `${root}.1`;
export const DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = `${root}.1.99`;
export const EXPLICIT_VR_BIG_ENDIAN = `${root}.2`;

/** All that this product can read. */
export const TRANSFER_SYNTAXES: readonly TransferSyntax[] = [
  native(IMPLICIT_VR_LITTLE_ENDIAN, 'Implicit VR Little Endian', { vr: 'implicit' }),
  native(EXPLICIT_VR_LITTLE_ENDIAN, 'Explicit VR Little Endian'),
  native(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, 'Deflated Explicit VR Little Endian', { deflated: true }),
  native(EXPLICIT_VR_BIG_ENDIAN, 'Explicit VR Big Endian (retired)', { byteOrder: 'big' }),
  encapsulated(`${root}.5`, 'RLE Lossless', 'image/dicom-rle'),
  encapsulated(`${root}.1.98`, 'Encapsulated Uncompressed Explicit VR Little Endian', 'application/octet-stream'),
  encapsulated(`${root}.4.50`, 'JPEG Baseline', 'image/jpeg'),
  encapsulated(`${root}.4.51`, 'JPEG Extended', 'image/jpeg'),
  encapsulated(`${root}.4.53`, 'JPEG Spectral Selection, Non-Hierarchical (retired)', 'image/jpeg'),
  encapsulated(`${root}.4.55`, 'JPEG Full Progression, Non-Hierarchical (retired)', 'image/jpeg'),
  encapsulated(`${root}.4.57`, 'JPEG Lossless', 'image/jpeg'),
  encapsulated(`${root}.4.70`, 'JPEG Lossless, First-Order Prediction', 'image/jpeg'),
  encapsulated(`${root}.4.80`, 'JPEG-LS Lossless', 'image/jls'),
  encapsulated(`${root}.4.81`, 'JPEG-LS Near-Lossless', 'image/jls'),
  encapsulated(`${root}.4.90`, 'JPEG 2000 Lossless', 'image/jp2'),
  encapsulated(`${root}.4.91`, 'JPEG 2000', 'image/jp2'),
  encapsulated(`${root}.4.92`, 'JPEG 2000 Part 2 Lossless', 'image/jpx'),
  encapsulated(`${root}.4.93`, 'JPEG 2000 Part 2', 'image/jpx'),
  encapsulated(`${root}.4.100`, 'MPEG2 Main Profile / Main Level', 'video/mpeg'),
  encapsulated(`${root}.4.100.1`, 'Fragmentable MPEG2 Main Profile / Main Level', 'video/mpeg'),
  encapsulated(`${root}.4.101`, 'MPEG2 Main Profile / High Level', 'video/mpeg'),
  encapsulated(`${root}.4.101.1`, 'Fragmentable MPEG2 Main Profile / High Level', 'video/mpeg'),
  encapsulated(`${root}.4.102`, 'MPEG-4 AVC/H.264 High Profile / Level 4.1', 'video/mp4'),
  encapsulated(`${root}.4.102.1`, 'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1', 'video/mp4'),
  encapsulated(`${root}.4.103`, 'MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1', 'video/mp4'),
  encapsulated(`${root}.4.103.1`, 'Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1', 'video/mp4'),
  encapsulated(`${root}.4.104`, 'MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video', 'video/mp4'),
  encapsulated(`${root}.4.104.1`, 'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video', 'video/mp4'),
  encapsulated(`${root}.4.105`, 'MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video', 'video/mp4'),
  encapsulated(`${root}.4.105.1`, 'Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video', 'video/mp4'),
  encapsulated(`${root}.4.106`, 'MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2', 'video/mp4'),
  encapsulated(`${root}.4.106.1`, 'Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2', 'video/mp4'),
  encapsulated(`${root}.4.107`, 'HEVC/H.265 Main Profile / Level 5.1', 'video/H265'),
  encapsulated(`${root}.4.108`, 'HEVC/H.265 Main 10 Profile / Level 5.1', 'video/H265'),
  encapsulated(`${root}.4.110`, 'JPEG XL Lossless', 'image/jxl'),
  encapsulated(`${root}.4.111`, 'JPEG XL JPEG Recompression', 'image/jxl'),
  encapsulated(`${root}.4.112`, 'JPEG XL', 'image/jxl'),
  encapsulated(`${root}.4.201`, 'High-Throughput JPEG 2000 Lossless', 'image/jphc'),
  encapsulated(`${root}.4.202`, 'High-Throughput JPEG 2000 with RPCL Options Lossless', 'image/jphc'),
  encapsulated(`${root}.4.203`, 'High-Throughput JPEG 2000', 'image/jphc'),
  encapsulated(`${root}.8.1`, 'Deflated Image Frame Compression', 'application/x-deflate'),
];

/** Never offered to a client: sent only to who asks for what is stored, whatever it is. PS3.18 §8.7.3 */
export const NEVER_NEGOTIATED: ReadonlySet<string | undefined> = new Set([
  IMPLICIT_VR_LITTLE_ENDIAN,
  EXPLICIT_VR_BIG_ENDIAN,
]);

/** The media types of compressed frames, each once. */
export const FRAME_MEDIA_TYPES: readonly string[] = [
  ...new Set(TRANSFER_SYNTAXES.flatMap(({ mediaType }) => mediaType ?? [])),
];

const byUID = new Map(TRANSFER_SYNTAXES.map((syntax) => [syntax.uid, syntax]));

/** Find a transfer syntax this product can read, by its UID. */
export const findTransferSyntax = (uid: string): TransferSyntax | undefined => byUID.get(uid);

const MAY_LOSE = ['.50', '.51', '.53', '.55', '.81', '.91', '.93', '.111', '.112', '.203'].map(
  (leaf) => `${root}.4${leaf}`,
);

/**
 * Whether pixels in this transfer syntax may have lost something by compression, as those of every video have: where
 * nothing else is stored of them, they are given so to whoever does not insist on another. PS3.18 §8.7.3.4
 */
export const isLossy = (uid: string): boolean =>
  MAY_LOSE.includes(uid) || (byUID.get(uid)?.mediaType?.startsWith('video/') ?? false);
