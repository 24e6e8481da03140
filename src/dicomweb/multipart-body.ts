/** Sends an answer of several parts; its length is told beforehand when that of every part is known. PS3.18 §8.7.1 */
import { type Exchange, sendPieces } from './exchange.js';
import { closing, multipartContentType, multipartLengthBytes, newBoundary, partHead } from './multipart-writer.js';

/** A longer location, of a value deep within sequences, is left out: clients read no further than 1000 bytes for a head. */
const MAX_LOCATION_CHARACTERS = 350;

export interface BodyPart {
  /** The media type, without its transfer syntax. */
  readonly contentType: string;
  readonly transferSyntaxUID?: string | undefined;
  readonly contentLocation: string;
  /** Undefined when it is known only once the part has been made. */
  readonly lengthBytes: number | undefined;
  readonly bytes: () => AsyncGenerator<Buffer>;
}

/**
 * Send these parts, at least one. Each part's bytes are asked for only when the one before has gone out.
 * @throws whatever the first part's first bytes throw, before anything has been sent
 */
export async function sendMultipart(exchange: Exchange, parts: readonly BodyPart[]): Promise<void> {
  const boundary = newBoundary();
  const [first] = parts;
  if (first === undefined) throw new Error('A multipart body has at least one part.');
  const heads = parts.map(({ contentType, transferSyntaxUID, contentLocation, lengthBytes }, i) =>
    partHead({
      boundary,
      contentType,
      transferSyntaxUID,
      ...(contentLocation.length > MAX_LOCATION_CHARACTERS ? {} : { contentLocation }),
      first: i === 0,
      ...(lengthBytes === undefined ? {} : { contentLengthBytes: lengthBytes }),
    }),
  );
  const lengths = parts.flatMap(({ lengthBytes }, i) =>
    lengthBytes === undefined ? [] : [{ head: heads[i] ?? Buffer.alloc(0), contentLengthBytes: lengthBytes }],
  );
  const isLengthKnown = lengths.length === parts.length;
  const headers = {
    'Content-Type': multipartContentType({ type: first.contentType, boundary, transferSyntaxUID: commonSyntax(parts) }),
    ...(isLengthKnown ? { 'Content-Length': multipartLengthBytes(boundary, lengths) } : {}),
  };
  await sendPieces(exchange, headers, body(parts, heads, closing(boundary)));
}

function commonSyntax(parts: readonly BodyPart[]): string | undefined {
  const syntaxes = new Set(parts.map(({ transferSyntaxUID }) => transferSyntaxUID));
  return syntaxes.size === 1 ? parts[0]?.transferSyntaxUID : undefined;
}

/** A part's head goes out with its first bytes: when those can not be read, the head has not been sent either. */
async function* body(parts: readonly BodyPart[], heads: readonly Buffer[], end: Buffer): AsyncGenerator<Buffer> {
  for (const [i, part] of parts.entries()) {
    const bytes = part.bytes();
    try {
      const first = await bytes.next();
      yield heads[i] ?? Buffer.alloc(0);
      if (first.done !== true) yield first.value;
      yield* bytes;
    } finally {
      await bytes.return(undefined);
    }
  }
  yield end;
}
