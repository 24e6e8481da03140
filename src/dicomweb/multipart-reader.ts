/**
 * A multipart/related body as it arrives, part by part, in constant memory. Pulled by its consumer, so that a slow disk
 * slows the sender. Only a whole delimiter line ends a part: the boundary within a line, or as the start of a longer word,
 * is data. What is not closed is not whole. RFC 2046 §5.1.1; PS3.18 §8.6.1.2
 */
import { ArchiveError, invalidRequest } from '../errors.js';
import { type MediaType, parseMediaType } from './media-type.js';

export interface MultipartPart {
  /** By name in lower case, values trimmed. */
  readonly headers: ReadonlyMap<string, string>;
  /** Undefined when there is no Content-Type or when it is malformed. */
  readonly contentType: MediaType | undefined;
  /**
   * The payload, once and in order, in pieces as large as they arrived. To be read before the next part is asked for.
   * @throws ArchiveError invalid-request after the last piece when the body ends before this part is closed.
   */
  readonly body: AsyncIterable<Buffer>;
}

export interface MultipartLimits {
  readonly parts: number;
  /** Of one part, up to the blank line. */
  readonly headerBytes: number;
  readonly headerFields: number;
}

/** Of every body that is not said to have others. */
export const DEFAULT_LIMITS: MultipartLimits = { parts: 10_000, headerBytes: 8192, headerFields: 32 };

/** RFC 2046 allows 70 characters; a PACS in wide use sends 73 (Orthanc), so what is lawful in kind may be longer. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,255}[\w'()+,./:=?-]$/;
const MAXIMUM_PADDING_BYTES = 256;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const HYPHEN = 0x2d;
const LINE_END = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * Give the boundary of a multipart media type.
 * @throws ArchiveError invalid-request when there is none, more than one, or one of other than 1 to 256 lawful characters.
 */
export function boundaryOf(contentType: MediaType): string {
  const [boundary, ...others] = contentType.parameters.get('boundary') ?? [];
  if (boundary === undefined) throw invalidRequest('The multipart Content-Type has no boundary parameter.');
  if (others.length > 0) throw invalidRequest('The multipart Content-Type has more than one boundary parameter.');
  if (!BOUNDARY.test(boundary)) throw invalidRequest('The boundary of the multipart Content-Type is malformed.');
  return boundary;
}

/**
 * Iterate over the parts of a multipart body. What of a part its consumer leaves unread is skipped. Text before the first
 * delimiter and after the last is ignored; a body that is closed at once has no parts. `source` is read to its end, and is
 * neither destroyed nor returned when reading fails or is given up, so that a request can still be answered.
 * @throws ArchiveError invalid-request on malformed header fields, lines that do not end with CRLF, a body without any
 * delimiter or without its closing one; too-large on too many parts. Whatever `source` throws passes through.
 */
export async function* readMultipart(
  source: AsyncIterable<Buffer>,
  options: { readonly boundary: string; readonly limits?: Partial<MultipartLimits> },
): AsyncGenerator<MultipartPart, void, undefined> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const cursor = new MultipartCursor(source[Symbol.asyncIterator](), options.boundary);
  while ((await cursor.nextDelimiter()) === 'part') {
    if (cursor.partNumber > limits.parts) {
      throw new ArchiveError('too-large', `The multipart body has more than ${limits.parts} parts.`);
    }
    const headers = parseHeaderBlock(await cursor.headerBlock(limits.headerBytes), limits.headerFields);
    const contentType = headers.get('content-type');
    yield {
      headers,
      contentType: contentType === undefined ? undefined : parseMediaType(contentType),
      body: bodyOf(cursor, cursor.partNumber),
    };
  }
  await cursor.skipToEnd();
}

async function* bodyOf(cursor: MultipartCursor, partNumber: number): AsyncGenerator<Buffer, void, undefined> {
  for (;;) {
    if (cursor.partNumber !== partNumber) throw new Error('A body must be read before the next part is asked for.');
    const piece = await cursor.nextPiece();
    if (piece === undefined) return;
    yield piece;
  }
}

type Delimiter = 'part' | 'closing';

/** What stands at or after an offset of the window. */
type Found =
  | { readonly kind: Delimiter; readonly at: number; readonly end: number }
  /** The bytes from `at` on may be the begin of a delimiter line. */
  | { readonly kind: 'undecided'; readonly at: number }
  | { readonly kind: 'data' };

/**
 * A position in a multipart body. The window is what has arrived and is not handed on. The line end before a delimiter
 * belongs to the delimiter, and may be the one that ends the header block or, at the very start, be absent: hence
 * `#lead`, the leading bytes of the window that may begin a delimiter but are not payload.
 */
class MultipartCursor {
  /** 1-based; 0 before the first part. */
  partNumber = 0;
  readonly #source: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;
  #window: Buffer = LINE_END;
  #lead = LINE_END.length;
  #reached: Delimiter | undefined;
  #failure: unknown;

  constructor(source: AsyncIterator<Buffer>, boundary: string) {
    this.#source = source;
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  }

  /** Pass over the rest of the payload and its delimiter, and say which delimiter that is. */
  async nextDelimiter(): Promise<Delimiter> {
    while (this.#reached === undefined) await this.nextPiece();
    const reached = this.#reached;
    if (reached === 'part') {
      this.partNumber++;
      this.#reached = undefined;
    }
    return reached;
  }

  /** The next bytes of the payload; undefined when it is over. */
  async nextPiece(): Promise<Buffer | undefined> {
    while (this.#reached === undefined) {
      const found = findDelimiter(this.#window, this.#delimiter);
      const end = found.kind === 'data' ? this.#window.length : found.at;
      if (end > this.#lead) return this.#take(end);
      if (found.kind === 'part' || found.kind === 'closing') this.#pass(found.kind, found.end);
      else await this.#more();
    }
    return undefined;
  }

  /** The header fields of the part, without the blank line. */
  async headerBlock(maximumBytes: number): Promise<string> {
    let searched = 0;
    for (;;) {
      const end = this.#window.indexOf(BLANK_LINE, searched);
      if (end > maximumBytes || (end < 0 && this.#window.length > maximumBytes + BLANK_LINE.length)) {
        throw invalidRequest(`The header fields of a part are longer than ${maximumBytes} bytes.`);
      }
      if (end >= 0) {
        const block = this.#window.toString('latin1', Math.min(LINE_END.length, end), end);
        this.#window = this.#window.subarray(end + LINE_END.length);
        this.#lead = LINE_END.length;
        return block;
      }
      searched = Math.max(0, this.#window.length - BLANK_LINE.length + 1);
      await this.#more();
    }
  }

  async skipToEnd(): Promise<void> {
    this.#window = NOTHING;
    while ((await this.#next()).done !== true);
  }

  #take(end: number): Buffer {
    const piece = this.#window.subarray(this.#lead, end);
    this.#window = this.#window.subarray(end);
    this.#lead = 0;
    return piece;
  }

  #pass(delimiter: Delimiter, end: number): void {
    this.#window = this.#window.subarray(end);
    this.#lead = 0;
    this.#reached = delimiter;
  }

  async #more(): Promise<void> {
    const next = await this.#next();
    if (next.done === true) throw this.#endedEarly();
    this.#window = this.#window.length === 0 ? next.value : Buffer.concat([this.#window, next.value]);
  }

  /** A source that failed looks like one that ended when it is asked again, so its failure is kept. */
  async #next(): Promise<IteratorResult<Buffer>> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.#source.next();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #endedEarly(): ArchiveError {
    return this.partNumber === 0
      ? invalidRequest('The multipart body does not hold its boundary.')
      : invalidRequest(`The multipart body ends before its part ${this.partNumber} is closed.`);
  }
}

/** Find the first delimiter line in the window, or the place from which on one can not be ruled out. */
function findDelimiter(window: Buffer, delimiter: Buffer): Found {
  let at = window.indexOf(delimiter);
  while (at >= 0) {
    const found = restOfLine(window, at, at + delimiter.length);
    if (found.kind !== 'data') return found;
    at = window.indexOf(delimiter, at + delimiter.length);
  }
  return tailOf(window, delimiter);
}

/** Decide by what follows the boundary at `start` whether this is a delimiter line. */
function restOfLine(window: Buffer, at: number, start: number): Found {
  if (window[start] === HYPHEN) {
    if (start + 1 === window.length) return { kind: 'undecided', at };
    return window[start + 1] === HYPHEN ? { kind: 'closing', at, end: start + 2 } : { kind: 'data' };
  }
  let end = start;
  while (end - start < MAXIMUM_PADDING_BYTES && (window[end] === 0x20 || window[end] === 0x09)) end++;
  if (window[end] === LINE_FEED) throw invalidRequest('The lines of the multipart body do not end with CRLF.');
  if (end === window.length) return { kind: 'undecided', at };
  if (window[end] !== CARRIAGE_RETURN) return { kind: 'data' };
  if (end + 1 === window.length) return { kind: 'undecided', at };
  return window[end + 1] === LINE_FEED ? { kind: 'part', at, end } : { kind: 'data' };
}

/** A delimiter holds one carriage return, its first byte, so only the last one in the window can begin a partial one. */
function tailOf(window: Buffer, delimiter: Buffer): Found {
  const nearest = Math.max(0, window.length - delimiter.length + 1);
  for (let at = window.length - 1; at >= nearest; at--) {
    if (window[at] !== CARRIAGE_RETURN) continue;
    const isPartial = delimiter.compare(window, at, window.length, 0, window.length - at) === 0;
    return isPartial ? { kind: 'undecided', at } : { kind: 'data' };
  }
  return { kind: 'data' };
}

function parseHeaderBlock(block: string, maximumFields: number): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  if (block === '') return headers;
  const lines = block.split('\r\n');
  if (lines.length > maximumFields) throw invalidRequest(`A part has more than ${maximumFields} header fields.`);
  for (const line of lines) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw invalidRequest('A header field of a part is malformed.');
    if (headers.has(name.toLowerCase())) throw invalidRequest('A part has the same header field twice.');
    headers.set(name.toLowerCase(), value.trim());
  }
  return headers;
}
