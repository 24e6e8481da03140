/** What the disk says, in the archive's words: full, away, or not there. */
import { mkdir, open, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ArchiveError } from '../../errors.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** Among them ENOENT: where a file that is missed is no surprise it has been dealt with before. */
const AWAY = new Set(['EIO', 'EROFS', 'EMFILE', 'ENFILE', 'EACCES', 'EPERM', 'ENOENT']);

export const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const unavailable = (cause: unknown): ArchiveError =>
  new ArchiveError('unavailable', 'The disk does not answer as it should.', { cause });

/** An error of the operating system as an ArchiveError where it is the disk's as a whole; any other as it is. */
export function asArchiveError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (FULL.has(code)) return new ArchiveError('storage-full', 'The archive has no room left.', { cause: error });
  return AWAY.has(code) ? unavailable(error) : error;
}

/** Do `work`, and tell whatever the operating system has against it as the archive's; what is left is a bug. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = asArchiveError(error);
    throw known instanceof Error && 'syscall' in known ? unavailable(known) : known;
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

/** Put the entries of a folder on disk. */
export async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Make a folder and those above it; the entries of those that were missing are on disk when it resolves. */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const whole = resolve(path);
  const first = await mkdir(whole, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  if (first === undefined) return;
  const above = dirname(first);
  for (let folder = whole; folder !== above; folder = dirname(folder)) await flushFolder(dirname(folder));
}

export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}
