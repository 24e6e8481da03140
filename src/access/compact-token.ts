/**
 * The written form of a token: three parts of base64url, two of them JSON objects. Strict where libraries are lenient: only
 * the one spelling that this archive itself writes is read, so that no two readers can understand a token differently.
 * RFC 7515 §7.1; RFC 8725 §3
 */
import { isKid } from './keys.js';
import { invalidToken } from './unauthenticated.js';

export const ALGORITHM = 'ES256';
/** `typ` of an access token, which keeps every other kind of JWT out. RFC 9068 §2.1, RFC 8725 §3.11 */
export const TOKEN_TYPE = 'at+jwt';

/** Of a token, as it is sent. */
export const MAXIMUM_BYTES = 8 * 1024;
const HEADER_PARAMETERS: readonly string[] = ['alg', 'typ', 'kid'];
/** Two numbers of 32 bytes. RFC 7518 §3.4 */
const SIGNATURE_CHARACTERS = 86;

export type JSONObject = Readonly<Record<string, unknown>>;

export interface CompactToken {
  readonly kid: string;
  /** What the token claims; nothing of it may be believed before the signature has been verified. */
  readonly payload: JSONObject;
}

/**
 * Read a token and judge its header. Looks nothing up.
 * @throws Unauthenticated when it is longer than 8 KiB, is not so written, or its header is not the one this archive writes
 */
export function readCompactToken(text: string): CompactToken {
  if (Buffer.byteLength(text) > MAXIMUM_BYTES) throw invalidToken('The token is longer than 8 KiB.');
  const parts = text.split('.');
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
    throw invalidToken('The token does not have three parts.');
  }
  const kid = kidOf(objectIn(header));
  refuseMisspeltSignature(signature);
  return { kid, payload: objectIn(payload) };
}

function kidOf(header: JSONObject): string {
  if (Object.keys(header).some((name) => !HEADER_PARAMETERS.includes(name))) {
    throw invalidToken('The token header has a parameter that this archive does not use.');
  }
  if (header['alg'] !== ALGORITHM) throw invalidToken('The token is not signed with ES256.');
  if (header['typ'] !== TOKEN_TYPE) throw invalidToken('The token is not an access token of type at+jwt.');
  if (!isKid(header['kid'])) throw invalidToken('The token names no key of this archive.');
  return header['kid'];
}

function refuseMisspeltSignature(signature: string): void {
  if (signature === '') throw invalidToken('The token is not signed.');
  if (signature.length !== SIGNATURE_CHARACTERS || bytesOf(signature) === undefined) {
    throw invalidToken('The token signature is not well-formed.');
  }
}

/** Writing the object again must give the same text: so no name stands twice, and nothing is hidden in the spelling. */
function objectIn(part: string): JSONObject {
  const text = bytesOf(part)?.toString();
  const value = text === undefined ? undefined : parsed(text);
  if (!isObject(value) || spell(value) !== part) throw invalidToken('The token is not well-formed.');
  return value;
}

const spell = (value: JSONObject): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is as good as nothing: the caller refuses both in the same words.
    return undefined;
  }
}

/** Node reads base64 leniently; undefined unless the text is the one spelling of its bytes. */
function bytesOf(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

const isObject = (value: unknown): value is JSONObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
