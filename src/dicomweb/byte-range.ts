/**
 * The Range header field for a single part. Several ranges are answered with the whole: a client has no right to
 * multipart/byteranges, and a thousand overlapping ranges are an attack. RFC 9110 §14.1.2, §14.2; PS3.18 §8.6.1.1
 */
export type ByteRange =
  | { readonly kind: 'whole' }
  /** Offsets of the first and the last byte, both included; `0 <= first <= last < sizeBytes`. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  /** To be answered with 416 and a Content-Range that tells the size. */
  | { readonly kind: 'unsatisfiable' };

const WHOLE: ByteRange = { kind: 'whole' };
const UNSATISFIABLE: ByteRange = { kind: 'unsatisfiable' };

/** Read a Range header field against a representation of `sizeBytes`. What is malformed or in another unit is ignored. */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange {
  const [, from = '', to = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? [];
  if (from === '' && to === '') return WHOLE;
  return from === '' ? suffix(Number(to), sizeBytes) : interval(Number(from), Number(to || Infinity), sizeBytes);
}

function interval(first: number, last: number, sizeBytes: number): ByteRange {
  if (last < first) return WHOLE;
  if (first >= sizeBytes) return UNSATISFIABLE;
  return { kind: 'part', first, last: Math.min(last, sizeBytes - 1) };
}

/** The last `lengthBytes`. An empty representation has no byte a 206 could name, so it is given whole. */
function suffix(lengthBytes: number, sizeBytes: number): ByteRange {
  if (lengthBytes === 0) return UNSATISFIABLE;
  if (sizeBytes === 0) return WHOLE;
  return { kind: 'part', first: Math.max(0, sizeBytes - lengthBytes), last: sizeBytes - 1 };
}
