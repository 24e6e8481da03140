/**
 * The errors that cross layers. A code says what went wrong in the archive's own words; the door that speaks a protocol
 * maps it to that protocol's status. Anything thrown that is not an `ArchiveError` is a bug. Messages never hold patient data.
 */
export type ErrorCode =
  | 'invalid-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'conflict'
  | 'gone'
  | 'precondition-failed'
  | 'too-large'
  | 'request-target-too-long'
  | 'unsupported-media-type'
  | 'range-not-satisfiable'
  | 'corrupt'
  | 'undecodable'
  | 'unavailable'
  | 'storage-full';

export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Make an error that a client caused by what it sent; `message` is a whole sentence for that client. */
export const invalidRequest = (message: string): ArchiveError => new ArchiveError('invalid-request', message);

/** What was there for whoever asks, and is not any more; by default because a curator has deleted it. */
export const gone = (message = 'It was in this archive, and has been deleted.'): ArchiveError =>
  new ArchiveError('gone', message);

/** Whoever asked has found it there, and it went while it was read: asked again, the archive says what is left. */
export const goneMeanwhile = (): ArchiveError =>
  new ArchiveError('unavailable', 'What was asked for has changed while it was read: ask again.');

/** The one answer for what does not exist and for what the caller may not see: the two must not be told apart. */
export const notFound = (): ArchiveError =>
  new ArchiveError('not-found', 'There is no such resource in this archive, or none that this caller may see.');
