/**
 * The bytes between the payloads of a multipart/related response. Pure: who sends the payloads counts and streams them.
 * Some of the spelling is stricter than the standard because clients in use depend on it: `Content-Type:` first and in
 * this case, `transfer-syntax` of a part without quotes, nothing before the first boundary, a head that fits into the
 * first 1000 bytes. PS3.18 §8.6.1.2, §8.7.1; RFC 2046 §5.1; RFC 2387
 */
import { randomBytes } from 'node:crypto';

export interface PartHead {
  readonly boundary: string;
  /** The media type of the payload, without a transfer-syntax parameter. */
  readonly contentType: string;
  readonly transferSyntaxUID?: string | undefined;
  /** The resource that the payload represents, absolute or relative. */
  readonly contentLocation?: string | undefined;
  readonly contentLengthBytes?: number | undefined;
  /** Whether no part comes before this one. */
  readonly first: boolean;
}

const MAXIMUM_HEAD_BYTES = 600;

/** Make a boundary of 128 random bits in hexadecimal: no payload holds it, not even without a line end before it. */
export function newBoundary(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Give the value of the response's Content-Type. `type` is the media type of the first part; give `transferSyntaxUID`
 * only if all parts share it.
 */
export function multipartContentType(of: {
  readonly type: string;
  readonly boundary: string;
  readonly transferSyntaxUID?: string | undefined;
}): string {
  const syntax = transferSyntaxParameter(of.transferSyntaxUID);
  return headerValue(`multipart/related; type="${of.type}"${syntax}; boundary=${lawfulBoundary(of.boundary)}`);
}

/**
 * Give the bytes that go before a payload: the end of the part before, the delimiter and the part's header fields.
 * @throws Error when a value could break out of its header field, or the head would be longer than 600 bytes.
 */
export function partHead(of: PartHead): Buffer {
  const lines = [`Content-Type: ${headerValue(of.contentType + transferSyntaxParameter(of.transferSyntaxUID))}`];
  if (of.contentLocation !== undefined) lines.push(`Content-Location: ${headerValue(of.contentLocation)}`);
  if (of.contentLengthBytes !== undefined) lines.push(`Content-Length: ${of.contentLengthBytes}`);
  const delimiter = `${of.first ? '' : '\r\n'}--${lawfulBoundary(of.boundary)}\r\n`;
  const head = Buffer.from(`${delimiter}${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (head.length > MAXIMUM_HEAD_BYTES) throw new Error('The head of a part is longer than clients read.');
  return head;
}

/** Give the bytes that go after the last payload. */
export function closing(boundary: string): Buffer {
  return Buffer.from(`\r\n--${lawfulBoundary(boundary)}--`, 'latin1');
}

const transferSyntaxParameter = (uid: string | undefined): string =>
  uid === undefined ? '' : `; transfer-syntax=${uid}`;

function headerValue(text: string): string {
  if (!/^[\x20-\x7e]+$/.test(text)) throw new Error('A header value holds something other than visible ASCII.');
  return text;
}

/** Narrower than RFC 2046 §5.1.1, so that the parameter needs no quotes. */
function lawfulBoundary(boundary: string): string {
  if (!/^[\w'+.-]{1,70}$/.test(boundary)) throw new Error('A boundary holds something that would need quotes.');
  return boundary;
}
