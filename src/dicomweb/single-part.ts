/** Sends a representation that is one payload by itself: whole, a run of its bytes, or not again. PS3.18 §8.6.1.1 */
import { parseByteRange } from './byte-range.js';
import { answerNotModified } from './conditional.js';
import { entityTag, isRangeOf, RepresentationDigest } from './entity-tag.js';
import { type Exchange, sendPieces } from './exchange.js';
import { ProblemDetails } from './problem.js';

/** Offsets of the first and the last byte, both included. */
export interface Slice {
  readonly first: number;
  readonly last: number;
}

export interface SinglePart {
  readonly mediaType: string;
  readonly transferSyntaxUID?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stands for the bytes: no others have the same. */
  readonly digest: string;
  /** Undefined when it is known only once all has been made; no range can be cut then. */
  readonly lengthBytes: number | undefined;
  /** All bytes, or those of a slice. */
  readonly bytes: (slice?: Slice) => AsyncGenerator<Buffer>;
}

/** Answer 200, 206 or 304. @throws ProblemDetails 416 with the size */
export async function sendSinglePart(exchange: Exchange, part: SinglePart): Promise<void> {
  const { mediaType, transferSyntaxUID, lengthBytes } = part;
  const tag = singlePartTag(part);
  if (answerNotModified(exchange, tag)) return;
  const slice = lengthBytes === undefined ? undefined : wantedSlice(exchange, tag, lengthBytes);
  const headers = {
    'Content-Type': transferSyntaxUID === undefined ? mediaType : `${mediaType}; transfer-syntax=${transferSyntaxUID}`,
    ...part.headers,
    ...(lengthBytes === undefined ? {} : lengths(lengthBytes, slice)),
  };
  await sendPieces(exchange, headers, part.bytes(slice), slice === undefined ? 200 : 206);
}

/** Send bytes that are in memory, and count as such until they have been sent. @throws as `sendSinglePart`; ArchiveError `unavailable` */
export async function sendHeld(
  exchange: Exchange,
  { bytes, mediaType, digest }: Pick<SinglePart, 'mediaType' | 'digest'> & { readonly bytes: Buffer },
): Promise<void> {
  const letGo = exchange.held.hold(bytes.length);
  const all = async function* (): AsyncGenerator<Buffer> {
    yield bytes;
  };
  try {
    const lengthBytes = bytes.length;
    await sendSinglePart(exchange, { mediaType, digest, lengthBytes, bytes: (slice) => sliced(all(), slice) });
  } finally {
    letGo();
  }
}

/** The entity tag of a part that may not have been made yet. */
export const singlePartTag = ({
  digest,
  mediaType,
  transferSyntaxUID,
}: Pick<SinglePart, 'digest' | 'mediaType' | 'transferSyntaxUID'>): string =>
  entityTag(new RepresentationDigest().add(digest, mediaType, transferSyntaxUID).end());

/** A range is of GET alone. RFC 9110 §14.2 */
function wantedSlice({ request }: Exchange, tag: string, sizeBytes: number): Slice | undefined {
  const { 'if-range': ifRange, range: asked } = request.headers;
  if (request.method !== 'GET' || !isRangeOf(asText(ifRange), tag)) return undefined;
  const range = parseByteRange(asked, sizeBytes);
  if (range.kind === 'unsatisfiable') {
    throw new ProblemDetails('range-not-satisfiable', 'The range lies outside of the value.', {
      headers: { 'Content-Range': `bytes */${sizeBytes}` },
    });
  }
  return range.kind === 'part' ? range : undefined;
}

const asText = (header: string | readonly string[] | undefined): string | undefined =>
  header === undefined || typeof header === 'string' ? header : header.join();

const lengths = (sizeBytes: number, slice: Slice | undefined): Readonly<Record<string, string | number>> => ({
  'Accept-Ranges': 'bytes',
  'Content-Length': slice === undefined ? sizeBytes : slice.last - slice.first + 1,
  ...(slice === undefined ? {} : { 'Content-Range': `bytes ${slice.first}-${slice.last}/${sizeBytes}` }),
});

/**
 * The bytes of a slice, or all. The pieces are read to their end whatever is wanted, and the last bytes of the slice held
 * back until then: only at the end do they tell whether they were right.
 */
export async function* sliced(pieces: AsyncGenerator<Buffer>, slice: Slice | undefined): AsyncGenerator<Buffer> {
  if (slice === undefined) {
    yield* pieces;
    return;
  }
  let at = 0;
  let held: Buffer | undefined;
  for await (const piece of pieces) {
    const from = Math.max(slice.first - at, 0);
    const to = Math.min(slice.last + 1 - at, piece.length);
    at += piece.length;
    if (from >= to) continue;
    if (at <= slice.last) yield piece.subarray(from, to);
    // Copied, for a piece holds only until the next one.
    else held = Buffer.from(piece.subarray(from, to));
  }
  if (held !== undefined) yield held;
}
