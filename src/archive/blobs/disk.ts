/** What the disk says, in the archive's words: full, away, or not there. */
import { mkdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ArchiveError } from '../../errors.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** Among them ENOENT: where a file that is missed is no surprise it has been dealt with before. */
const AWAY = new Set(['EIO', 'EROFS', 'EMFILE', 'ENFILE', 'EACCES', 'EPERM', 'ENOENT']);

export const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** An error of the operating system as an ArchiveError where it is the disk's; any other as it is. */
export function asArchiveError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (FULL.has(code)) return new ArchiveError('storage-full', 'The archive has no room left.', { cause: error });
  if (AWAY.has(code)) {
    return new ArchiveError('unavailable', 'The disk does not answer as it should.', { cause: error });
  }
  return error;
}

/** Do `work`, and tell its errors as the archive's. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asArchiveError(error);
  }
}

/** Make an entry at `path`, and its folder first when that is missed: most files join others. */
export async function withFolder<T>(path: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    await mkdir(dirname(path), { recursive: true });
    return make();
  }
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}
