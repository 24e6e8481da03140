/** What the archive or the operating system refuses says itself what is wrong; anything else that is thrown is a bug. */
import { ArchiveError } from '../errors.js';

/** Whether an error is a refusal, of which its message is all there is to say. */
export const isRefusal = (error: unknown): error is ArchiveError | (Error & { readonly syscall: unknown }) =>
  error instanceof ArchiveError || (error instanceof Error && 'syscall' in error);
