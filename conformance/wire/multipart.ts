/** multipart/related, byte by byte: what can be read is read, and whatever breaks a rule is told. RFC 2046 §5.1, RFC 2387 */
import type { Answer } from './client.js';
import { type MediaType, parseMediaType } from './media-type.js';

export interface Part {
  /** In the order and spelling in which they came. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  /** The part's head as it came, without the empty line. */
  readonly head: string;
  readonly body: Buffer;
  header(name: string): string | undefined;
}

export interface Multipart {
  readonly mediaType: MediaType;
  readonly boundary: string;
  readonly parts: readonly Part[];
  readonly preamble: Buffer;
  readonly epilogue: Buffer;
  /** What breaks the syntax, each with the number of the part. */
  readonly faults: readonly string[];
}

/** @throws Error when the answer is not multipart, or its parts cannot be told apart */
export function parseMultipart(answer: Answer): Multipart {
  const mediaType = parseMediaType(answer.header('Content-Type') ?? '');
  if (mediaType.type !== 'multipart/related') throw new Error(`the answer is ${mediaType.type}, not multipart/related`);
  const boundary = mediaType.parameters.get('boundary') ?? '';
  if (boundary === '') throw new Error('the Content-Type has no boundary');
  return { mediaType, boundary, ...split(answer.body, boundary) };
}

type Split = Pick<Multipart, 'parts' | 'preamble' | 'epilogue' | 'faults'>;

function split(body: Buffer, boundary: string): Split {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const faults: string[] = [];
  const parts: Part[] = [];
  const first = body.indexOf(delimiter);
  if (first === -1) throw new Error('the boundary is nowhere in the body');
  let at = first + delimiter.length;
  while (body.subarray(at, at + 2).toString('latin1') !== '--') {
    const start = afterLine(body, at, `before part ${parts.length + 1}`, faults);
    const end = body.indexOf(delimiter, start);
    if (end === -1) throw new Error(`part ${parts.length + 1} has no end: there is no closing delimiter`);
    parts.push(
      readPart(body.subarray(start, contentEnd(body, start, end, parts.length + 1, faults)), parts.length + 1, faults),
    );
    at = end + delimiter.length;
  }
  return { parts, preamble: body.subarray(0, first), epilogue: body.subarray(at + 2), faults };
}

function afterLine(body: Buffer, at: number, where: string, faults: string[]): number {
  if (body[at] === 0x0d && body[at + 1] === 0x0a) return at + 2;
  faults.push(`the delimiter ${where} is not ended by CRLF`);
  const lineFeed = body.indexOf(0x0a, at);
  if (lineFeed === -1 || lineFeed > at + 80) throw new Error(`the delimiter ${where} does not end`);
  return lineFeed + 1;
}

function contentEnd(body: Buffer, start: number, end: number, number: number, faults: string[]): number {
  if (end - 2 >= start && body[end - 2] === 0x0d && body[end - 1] === 0x0a) return end - 2;
  faults.push(`there is no CRLF before the delimiter that ends part ${number}`);
  return body[end - 1] === 0x0a ? end - 1 : end;
}

function readPart(bytes: Buffer, number: number, faults: string[]): Part {
  const strict = bytes.indexOf('\r\n\r\n');
  const loose = bytes.indexOf('\n\n');
  const isLoose = strict === -1 || (loose !== -1 && loose < strict);
  if (isLoose) faults.push(`the head of part ${number} is not ended by CRLF CRLF`);
  if (isLoose && loose === -1) throw new Error(`part ${number} has no empty line after its head`);
  const head = bytes.subarray(0, isLoose ? loose : strict).toString('latin1');
  const rawHeaders = head.split(/\r?\n/).map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    if (colon <= 0) faults.push(`part ${number} has a head line without a name: ${JSON.stringify(line)}`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return {
    rawHeaders,
    head,
    body: bytes.subarray(isLoose ? loose + 2 : strict + 4),
    header: (name) => rawHeaders.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1],
  };
}

export interface PartToSend {
  readonly type: string;
  readonly body: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body of a multipart/related request. */
export function writeMultipart(parts: readonly PartToSend[], boundary: string): Buffer {
  return Buffer.concat([
    ...parts.flatMap(({ type, body, headers = {} }) => {
      const head = Object.entries({ 'Content-Type': type, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
      return [Buffer.from(`--${boundary}\r\n${head.join('')}\r\n`), Buffer.from(body), Buffer.from('\r\n')];
    }),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}
