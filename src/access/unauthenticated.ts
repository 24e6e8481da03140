/** Refusals of a caller who has not shown who he is, with the challenge that HTTP answers. RFC 6750 §3 */
import { ArchiveError } from '../errors.js';

const REALM = 'Bearer realm="nccid"';

export class Unauthenticated extends ArchiveError {
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;

  constructor(message: string, challenge: string, options?: ErrorOptions) {
    super('unauthenticated', message, options);
    this.challenge = challenge;
  }
}

/** No token was sent: a bare challenge, which says nothing of an error. */
export const noToken = (): Unauthenticated =>
  new Unauthenticated('This archive is only open to callers with a bearer token.', REALM);

/**
 * The token sent is not good. `reason` is a whole sentence of printable ASCII without quotation marks or backslashes,
 * as `error_description` may hold it, and never repeats what was sent.
 */
export const invalidToken = (reason: string, options?: ErrorOptions): Unauthenticated =>
  new Unauthenticated(reason, `${REALM}, error="invalid_token", error_description="${reason}"`, options);
