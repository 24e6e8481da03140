/** What a client is told of an instance that can be had as it is stored, and in no other form. */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import { NEVER_NEGOTIATED } from '../dicom/transfer-syntaxes.js';
import { ArchiveError } from '../errors.js';
import { ProblemDetails } from './problem.js';

/**
 * What to throw where another form of an instance could not be made: when the file itself is damaged, that; when pixels were
 * stored that no codec can decode, 406, for as it is stored the instance can be had. PS3.18 §8.7.8
 */
export async function whyNotInForm(error: unknown, file: StoredFile, mediaType: string): Promise<unknown> {
  // Damage may make reader and codecs fail in any way before the end of the file tells of it.
  if (!(error instanceof ArchiveError) || error.code === 'undecodable') await file.expectWhole();
  return error instanceof ArchiveError && error.code === 'undecodable'
    ? onlyAsStored(error, file.instance, mediaType)
    : error;
}

const onlyAsStored = (
  { message }: ArchiveError,
  { sopInstanceUID, transferSyntaxUID }: LocatedInstance,
  mediaType: string,
): ProblemDetails =>
  new ProblemDetails('not-acceptable', `${message} It is available as it is stored, with transfer-syntax=*.`, {
    members: {
      available: [`${mediaType}; transfer-syntax=${NEVER_NEGOTIATED.has(transferSyntaxUID) ? '*' : transferSyntaxUID}`],
      compressed: [sopInstanceUID],
    },
  });
