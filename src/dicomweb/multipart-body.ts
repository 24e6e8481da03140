/** Sends an answer of several parts; its length is told beforehand when that of every part is known. PS3.18 §8.7.1 */
import { setImmediate } from 'node:timers/promises';
import { notFound } from '../errors.js';
import { answerNotModified } from './conditional.js';
import { boundaryOf, entityTag, RepresentationDigest } from './entity-tag.js';
import { type Exchange, sendPieces } from './exchange.js';
import { closing, multipartContentType, newBoundary, partHead } from './multipart-writer.js';

/** A longer location, of a value deep within sequences, is left out: clients read no further than 1000 bytes for a head. */
const MAX_LOCATION_CHARACTERS = 350;
const PARTS_AT_ONCE = 200;

export interface BodyPart {
  /** The media type, without its transfer syntax. */
  readonly contentType: string;
  readonly transferSyntaxUID?: string | undefined;
  /** The resource that the part is, where it is one. */
  readonly contentLocation?: string;
  /** Undefined when it is known only once the part has been made. */
  readonly lengthBytes: number | undefined;
  /** Stands for the bytes: no others have the same. Undefined when nothing is known of them beforehand. */
  readonly digest?: string | undefined;
  readonly bytes: () => AsyncGenerator<Buffer>;
}

/** Parts that can be gone through twice, and are the same both times; so nobody has to hold all of them. */
export type BodyParts = Iterable<BodyPart> | AsyncIterable<BodyPart>;

/**
 * Send these parts, or 304 to who has them. Each part's bytes are asked for only when the one before has gone out. The same
 * parts are the same bytes each time, boundary included, when there is a digest of each (PS3.18 §8.6.1.2.1).
 * @param expect makes sure, once it is known that they are to be sent, that they can be
 * @throws ArchiveError `not-found` when there are none, and whatever `expect` and the first part's first bytes throw, before
 * anything has been sent
 */
export async function sendMultipart(
  exchange: Exchange,
  parts: BodyParts,
  expect: () => Promise<void> = async () => undefined,
): Promise<void> {
  const { contentType, transferSyntaxUID, lengthBytes, digest } = await measure(parts);
  if (digest !== undefined && answerNotModified(exchange, entityTag(digest))) return;
  await expect();
  const boundary = digest === undefined ? newBoundary() : boundaryOf(digest);
  const headers = {
    'Content-Type': multipartContentType({ type: contentType, boundary, transferSyntaxUID }),
    ...(lengthBytes === undefined ? {} : { 'Content-Length': lengthBytes }),
  };
  await sendPieces(exchange, headers, multipartPieces(parts, boundary));
}

interface Measure {
  /** That of the first part. */
  readonly contentType: string;
  /** Undefined when not all parts have the same. */
  readonly transferSyntaxUID: string | undefined;
  /** Undefined when that of a part is not known. */
  readonly lengthBytes: number | undefined;
  /** Of the whole body; undefined when there is none of a part. */
  readonly digest: string | undefined;
}

/** As long as any boundary that is sent. */
const ANY_BOUNDARY = newBoundary();

async function measure(parts: BodyParts): Promise<Measure> {
  let first: BodyPart | undefined;
  let isOneSyntax = true;
  let lengthBytes: number | undefined = closing(ANY_BOUNDARY).length;
  let digest: RepresentationDigest | undefined = new RepresentationDigest();
  for await (const part of unhurried(parts)) {
    const head = headOf(part, ANY_BOUNDARY, first === undefined);
    if (part.digest === undefined) digest = undefined;
    else digest?.add(part.contentType, part.transferSyntaxUID, part.contentLocation, part.digest);
    first ??= part;
    isOneSyntax &&= part.transferSyntaxUID === first.transferSyntaxUID;
    if (part.lengthBytes === undefined) lengthBytes = undefined;
    else if (lengthBytes !== undefined) lengthBytes += head.length + part.lengthBytes;
  }
  if (first === undefined) throw notFound();
  const { contentType, transferSyntaxUID } = first;
  return {
    contentType,
    transferSyntaxUID: isOneSyntax ? transferSyntaxUID : undefined,
    lengthBytes,
    digest: digest?.end(),
  };
}

function headOf(part: BodyPart, boundary: string, isFirst: boolean): Buffer {
  const { contentType, transferSyntaxUID, contentLocation, lengthBytes } = part;
  return partHead({
    boundary,
    contentType,
    transferSyntaxUID,
    ...((contentLocation?.length ?? 0) > MAX_LOCATION_CHARACTERS ? {} : { contentLocation }),
    first: isFirst,
    ...(lengthBytes === undefined ? {} : { contentLengthBytes: lengthBytes }),
  });
}

/**
 * The body of these parts, gone through once. A part's head goes out with its first bytes: when those can not be read, the
 * head has not been sent either.
 */
export async function* multipartPieces(parts: BodyParts, boundary: string): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const part of unhurried(parts)) {
    const bytes = part.bytes();
    try {
      const first = await bytes.next();
      yield headOf(part, boundary, isFirst);
      isFirst = false;
      if (first.done !== true) yield first.value;
      yield* bytes;
    } finally {
      await bytes.return(undefined);
    }
  }
  yield closing(boundary);
}

/** The parts, with room for other requests between them: there may be a million, and no disk to wait for. */
async function* unhurried(parts: BodyParts): AsyncGenerator<BodyPart> {
  let count = 0;
  for await (const part of parts) {
    yield part;
    count += 1;
    if (count % PARTS_AT_ONCE === 0) await setImmediate();
  }
}
