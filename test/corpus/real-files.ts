/** The real files of CORPUS_DIR, and an archive that takes each of them whatever other file shares its UIDs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type RunningArchive, startArchive } from '../support/running-archive.js';
import { type SentFile, send } from './stored-files.js';

const SITE = 'Addenbrookes';

/** Paths of the files below a folder, with `/`, in order; tables and texts that come with them are left out. */
export const realFilesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(?:csv|md|json)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();

/** An archive and the tokens to store in it and to read from it. */
export interface OpenToAll {
  readonly archive: RunningArchive;
  readonly siteToken: string;
  readonly curatorToken: string;
}

/** Start an archive with one site. Close it when done. */
export async function startArchiveOfSite(): Promise<OpenToAll> {
  const archive = await startArchive();
  await archive.addSite(SITE);
  const siteToken = await archive.token({ kind: 'site', site: SITE });
  return { archive, siteToken, curatorToken: await archive.token({ kind: 'curator' }) };
}

export interface RealFile extends OpenToAll {
  /** The bytes that were sent. */
  readonly file: Buffer;
  readonly sent: SentFile;
}

/**
 * Send a file to the archive that all share. When what is stored there stands against it, for another file of the
 * collection has its SOP Instance UID or its Study Instance UID, it is sent to an archive of its own.
 */
export async function withRealFile<Result>(
  shared: OpenToAll,
  path: string,
  use: (real: RealFile) => Promise<Result>,
): Promise<Result> {
  const file = readFileSync(path);
  const sent = await send(shared.archive, shared.siteToken, file);
  if (!isConflict(sent)) return use({ ...shared, file, sent });
  const own = await startArchiveOfSite();
  try {
    return await use({ ...own, file, sent: await send(own.archive, own.siteToken, file) });
  } finally {
    await own.archive.close();
  }
}

/** Whether another file was in the way. */
export const isConflict = ({ explanation }: SentFile): boolean =>
  /is stored under this SOP Instance UID|is another than its UIDs stand for here/.test(explanation);
