/** Sends renderings as parts, each made while the one before goes out. PS3.18 §10.4.1.1.3, §8.6.1.2 */
import { ArchiveError, type ErrorCode } from '../errors.js';
import { ThreadLost } from '../pixels/codecs/codec-failure.js';
import type { HeldShare, LetGo } from '../pixels/held-bytes.js';
import { type Exchange, sendPieces } from './exchange.js';
import { PROBLEM_JSON } from './media-type-names.js';
import { type BodyPart, multipartPieces } from './multipart-body.js';
import { multipartContentType, newBoundary } from './multipart-writer.js';
import { HTTP_STATUS } from './problem.js';

export interface RenderedPart {
  readonly mediaType: string;
  readonly contentLocation: string;
  /** Make it. @throws ArchiveError */
  readonly make: () => Promise<MadePart>;
}

export interface MadePart {
  /** Those that are in memory already. */
  readonly heldBytes?: number;
  /** With its charset, where that is not the media type alone. */
  readonly contentType?: string | undefined;
  readonly lengthBytes: number | undefined;
  readonly bytes: () => AsyncGenerator<Buffer>;
}

/** What is the matter with one image, and not with the server: it keeps none of the others from being sent. */
const OF_ONE_PART: ReadonlySet<ErrorCode> = new Set(['undecodable', 'corrupt', 'not-acceptable', 'too-large']);

/** Each may have kept a thread from others for as long as it is let. */
const MOST_LOST_THREADS = 8;

/**
 * Send these parts, of which there is one at least. In the place of one that can not be made stands a problem document, so
 * that nobody takes what is left for all there is; the only one fails by itself.
 */
export async function sendRenderedParts(exchange: Exchange, parts: Iterable<RenderedPart>): Promise<void> {
  const coming = withPatience(parts);
  const first = nextOf(coming);
  if (first === undefined) throw new RangeError('There is one part at least.');
  const boundary = newBoundary();
  const headers = { 'Content-Type': multipartContentType({ type: first.mediaType, boundary }) };
  await sendPieces(exchange, headers, multipartPieces(madeParts(first, coming, exchange.held), boundary));
}

/** Parts that are tried until too many have cost a thread: a thousand frames that do would keep one from others for an hour. */
export function* withPatience(parts: Iterable<RenderedPart>): Generator<RenderedPart, undefined> {
  let lostThreads = 0;
  for (const part of parts) {
    const make = async (): Promise<MadePart> => {
      if (lostThreads >= MOST_LOST_THREADS) throw notTried();
      return part.make().catch((error: unknown) => {
        if (hasCostThread(error)) lostThreads += 1;
        throw error;
      });
    };
    yield { ...part, make };
  }
}

const hasCostThread = (error: unknown): boolean =>
  error instanceof ThreadLost || (error instanceof ArchiveError && error.cause instanceof ThreadLost);

const notTried = (): ArchiveError =>
  new ArchiveError(
    'too-large',
    'Too many images before this one took too long, so that it was not tried: ask for it alone.',
  );

interface HeldPart {
  readonly part: BodyPart;
  readonly letGo: LetGo;
}

async function* madeParts(
  first: RenderedPart,
  others: Iterator<RenderedPart>,
  held: HeldShare,
): AsyncGenerator<BodyPart> {
  let coming = nextOf(others);
  let next: Promise<HeldPart> | undefined = coming === undefined ? made(first, held) : madeOrTold(first, held);
  try {
    while (next !== undefined) {
      const { part, letGo }: HeldPart = await next;
      next = undefined;
      try {
        next = coming && madeOrTold(coming, held);
        next?.catch(ignoreUntilAwaited);
        coming = nextOf(others);
        yield part;
      } finally {
        letGo();
      }
    }
  } finally {
    (await next?.catch(ignoreUntilAwaited))?.letGo();
  }
}

function nextOf(parts: Iterator<RenderedPart>): RenderedPart | undefined {
  const next = parts.next();
  return next.done === true ? undefined : next.value;
}

async function made({ mediaType, contentLocation, make }: RenderedPart, held: HeldShare): Promise<HeldPart> {
  held.expectRoom();
  const { contentType = mediaType, lengthBytes, heldBytes = 0, bytes } = await make();
  return { part: { contentType, contentLocation, lengthBytes, bytes }, letGo: held.hold(heldBytes) };
}

async function madeOrTold(part: RenderedPart, held: HeldShare): Promise<HeldPart> {
  try {
    return await made(part, held);
  } catch (error) {
    if (!(error instanceof ArchiveError) || !OF_ONE_PART.has(error.code)) throw error;
    const problem = { type: 'about:blank', status: HTTP_STATUS[error.code], detail: error.message };
    const body = Buffer.from(JSON.stringify(problem));
    return {
      part: {
        contentType: PROBLEM_JSON,
        contentLocation: part.contentLocation,
        lengthBytes: body.length,
        bytes: () => inOnePiece(body),
      },
      letGo: () => undefined,
    };
  }
}

const ignoreUntilAwaited = (): void => undefined;

/** Bytes that have been made, as a part. */
export const wholePart = (bytes: Buffer): MadePart => ({
  lengthBytes: bytes.length,
  heldBytes: bytes.length,
  bytes: () => inOnePiece(bytes),
});

export async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
