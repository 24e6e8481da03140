/** The lock that lets one server have an archive folder. The operating system frees it when the process ends, however it ends. */
import Sqlite from 'better-sqlite3';
import { ArchiveError } from '../errors.js';

/**
 * Take the lock at `path` for as long as this process lives, or until the returned function is called.
 * @throws ArchiveError `conflict` when another process has it
 */
export function takeFolderLock(path: string): () => void {
  const sqlite = new Sqlite(path, { timeout: 0 });
  try {
    sqlite.exec('begin exclusive');
  } catch (error) {
    sqlite.close();
    throw new ArchiveError('conflict', 'Another server already serves this archive folder.', { cause: error });
  }
  return () => sqlite.close();
}
