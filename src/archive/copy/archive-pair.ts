/** Two archives that are open at once: one that is copied from, and the places that it is copied to. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ArchiveError, invalidRequest } from '../../errors.js';
import { type OpenArchive, type OpenArchiveOptions, openArchive, takeServerLock } from '../open-archive.js';
import { type ArchivePlaces, describePlaces } from '../places.js';

export interface ArchivePair {
  readonly from: OpenArchive;
  readonly to: OpenArchive;
}

/**
 * Run `work` on the archive at `from`, which must be there, and on that at `to`, which is made when it is not. No server may
 * have either meanwhile, as far as that can be told: of a database that many nodes share it can not.
 * @throws ArchiveError `not-found` when there is no archive to copy from, `conflict` when a server has one of the two,
 * `invalid-request` when they are the same
 */
export async function withArchivePair<T>(
  { from, to }: { readonly from: ArchivePlaces; readonly to: ArchivePlaces },
  options: OpenArchiveOptions,
  namedBy: { readonly from?: string; readonly to?: string },
  work: (pair: ArchivePair) => Promise<T>,
): Promise<T> {
  if (isDeepStrictEqual(absolute(from), absolute(to))) throw invalidRequest('An archive is not copied to where it is.');
  await expectThere(from);
  return withLocks([from, to], () =>
    withOpened(from, { ...options, namedBy: namedBy.from }, (source) =>
      withOpened(to, { ...options, namedBy: namedBy.to }, (target) => work({ from: source, to: target })),
    ),
  );
}

async function withOpened<T>(
  places: ArchivePlaces,
  options: OpenArchiveOptions,
  work: (opened: OpenArchive) => Promise<T>,
): Promise<T> {
  const opened = await openArchive(places, options);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

async function withLocks<T>([places, ...others]: readonly ArchivePlaces[], work: () => Promise<T>): Promise<T> {
  if (places === undefined) return work();
  const isLockedLater = others.some((other) => folderOf(other) === folderOf(places));
  const release = isLockedLater ? undefined : await lock(places);
  try {
    return await withLocks(others, work);
  } finally {
    release?.();
  }
}

async function lock(places: ArchivePlaces): Promise<() => void> {
  try {
    return await takeServerLock(places);
  } catch (error) {
    if (!(error instanceof ArchiveError && error.code === 'conflict')) throw error;
    throw new ArchiveError('conflict', `The archive at ${describePlaces(places)} is in use: stop its server first.`);
  }
}

/** The folder whose lock a server of this index takes. */
const folderOf = ({ database }: ArchivePlaces): string | undefined =>
  database.kind === 'sqlite' ? dirname(resolve(database.path)) : undefined;

/** Expect an archive to be there: a path that is mistyped must not become a new one. @throws ArchiveError `not-found` */
export async function expectThere(places: ArchivePlaces): Promise<void> {
  const { database, blobs } = places;
  const paths = [
    database.kind === 'sqlite' ? database.path : undefined,
    blobs.kind === 'folder' ? blobs.path : undefined,
  ];
  for (const path of paths) {
    if (path === undefined || (await stat(path).catch(() => undefined)) !== undefined) continue;
    throw new ArchiveError('not-found', `There is no archive at ${describePlaces(places)}.`);
  }
}

const absolute = ({ database, blobs }: ArchivePlaces): unknown => ({
  database: database.kind === 'sqlite' ? resolve(database.path) : { ...database, connections: undefined },
  blobs: blobs.kind === 'folder' ? resolve(blobs.path) : blobs,
});
