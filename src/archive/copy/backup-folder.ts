/**
 * The folder of a backup: an archive folder of its own. A new copy of the index waits beside the one that is there, until all
 * files have come that it names; then it takes its place, in one step.
 */
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Database } from '../../database/database.js';
import { copySqlite, findArchiveIDAt, renameSqlite, replaceSqlite } from '../../database/sqlite-copy.js';
import { ArchiveError, invalidRequest } from '../../errors.js';
import { flushFolder, isSystemError } from '../blobs/disk.js';
import { takeServerLock } from '../open-archive.js';
import { type ArchivePlaces, INDEX_FILE, placesInFolder } from '../places.js';

/** An index that is being copied; and one that is whole, whose files may not all have come. */
const BEGUN_FILE = 'index.sqlite.begun';
const COMING_FILE = 'index.sqlite.coming';
/** What there may be before there is an index: of a backup that broke off as it began, and on a disk of its own. */
const WITHOUT_INDEX = /^(?:index\.sqlite\.begun(?:-journal)?|server\.lock(?:-journal)?|incoming|lost\+found)$/;

export class BackupFolder {
  readonly #path: string;
  readonly #release: () => void;

  private constructor(path: string, release: () => void) {
    this.#path = path;
    this.#release = release;
  }

  /**
   * Take a folder for a backup of the archive at `places`; it is made when it is not there.
   * @throws ArchiveError `conflict` when it holds anything else than a backup of this archive, or is served or backed up to
   * now; `invalid-request` when it is the archive itself
   */
  static async take(path: string, places: ArchivePlaces, archiveID: string): Promise<BackupFolder> {
    await expectElsewhere(path, places);
    await expectBackup(path, archiveID);
    const release = await lock(path);
    try {
      // Another backup may have been faster.
      await expectBackup(path, archiveID);
      return new BackupFolder(path, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The folder as an archive, with the index that waits. */
  get comingPlaces(): ArchivePlaces {
    return {
      database: { kind: 'sqlite', path: this.#pathOf(COMING_FILE) },
      blobs: { kind: 'folder', path: this.#path },
    };
  }

  /** Let a copy of the index at `indexPath`, as it is now, wait in the folder. */
  async begin(indexPath: string): Promise<void> {
    await copySqlite(indexPath, this.#pathOf(BEGUN_FILE));
    await renameSqlite(this.#pathOf(BEGUN_FILE), this.#pathOf(COMING_FILE));
    await flushFolder(this.#path);
  }

  /**
   * Expect the index that waits to know what the former one knows. Where it does not, the archive has lost images or the
   * backup was stored into: in either case the former index is worth more than a newer one.
   * @throws ArchiveError `conflict`
   */
  async expectNothingLost(coming: Database): Promise<void> {
    if (await this.withFormer(true, (former) => knowsNewestOf(former, coming))) return;
    throw new ArchiveError(
      'conflict',
      `${this.#path} holds images that the archive does not hold any more, or never did. Back up to another folder, and keep this one.`,
    );
  }

  /** Look something up in the former index; what it is otherwise where there is none. */
  async withFormer<T>(otherwise: T, look: (former: Database) => Promise<T>): Promise<T> {
    const path = this.#pathOf(INDEX_FILE);
    if (findArchiveIDAt(path) === undefined) return otherwise;
    const former = await Database.open({ kind: 'sqlite', path });
    try {
      return await look(former);
    } finally {
      await former.close();
    }
  }

  /** Put the index that waits in the place of the former one. Nobody may have it open. */
  async finish(): Promise<void> {
    await replaceSqlite(this.#pathOf(COMING_FILE), this.#pathOf(INDEX_FILE));
    await flushFolder(this.#path);
  }

  /** Let others have the folder. */
  release(): void {
    this.#release();
  }

  #pathOf(name: string): string {
    return join(this.#path, name);
  }
}

async function lock(path: string): Promise<() => void> {
  try {
    return await takeServerLock(placesInFolder(path));
  } catch (error) {
    if (!(error instanceof ArchiveError && error.code === 'conflict')) throw error;
    throw new ArchiveError('conflict', `${path} is being served, restored or backed up to by another process.`);
  }
}

/** A backup over its own source would end both. */
async function expectElsewhere(path: string, { database, blobs }: ArchivePlaces): Promise<void> {
  const folder = await realFolder(path);
  const own = [
    ...(database.kind === 'sqlite' ? [dirname(resolve(database.path))] : []),
    ...(blobs.kind === 'folder' ? [blobs.path] : []),
  ];
  for (const place of own) {
    if ((await realFolder(place)) === folder)
      throw invalidRequest(`${path} is the archive itself, not a place for a backup.`);
  }
}

const realFolder = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

async function expectBackup(path: string, archiveID: string): Promise<void> {
  const names = await namesIn(path);
  const index = [INDEX_FILE, COMING_FILE].find((name) => names.includes(name));
  const isOurs =
    index === undefined
      ? names.every((name) => WITHOUT_INDEX.test(name))
      : findArchiveIDAt(join(path, index)) === archiveID;
  if (!isOurs) throw new ArchiveError('conflict', `${path} holds something else than a backup of this archive.`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Whether the instance that one index was given last is in the other, or was deleted from it. */
async function knowsNewestOf(former: Database, coming: Database): Promise<boolean> {
  const newest = await former.read
    .selectFrom('instance')
    .select('sop_instance_uid')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined) return true;
  const known = await coming.read
    .selectFrom('instance')
    .select('id')
    .where('sop_instance_uid', '=', newest.sop_instance_uid)
    .executeTakeFirst();
  return known !== undefined || (await isKnownAsDeleted(coming, newest.sop_instance_uid));
}

async function isKnownAsDeleted({ read }: Database, sopInstanceUID: string): Promise<boolean> {
  const deleted = await read
    .selectFrom('deleted_instance')
    .select('deletion_id')
    .where('sop_instance_uid', '=', sopInstanceUID)
    .executeTakeFirst();
  return deleted !== undefined;
}
