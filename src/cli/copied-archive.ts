/** What a command says of an archive that it has copied. */
import type { ArchiveCopy } from '../archive/copy/copy-archive.js';
import type { CopiedFiles } from '../archive/copy/copy-files.js';
import { ArchiveError } from '../errors.js';
import type { Output } from './context.js';

const TOLD_TABLES = ['patient', 'study', 'series', 'instance'];

/** Print how much there is, and what was done. @throws ArchiveError `corrupt` when the copy is not all that it should be */
export function tellCopy({ print, printError }: Output, { files, tables, differences }: ArchiveCopy): void {
  for (const { table, rowsOfCopy } of tables) if (TOLD_TABLES.includes(table)) print(`${table} ${rowsOfCopy}`);
  tellFiles(print, files);
  for (const difference of differences) printError(difference);
  if (differences.length > 0) throw new ArchiveError('corrupt', 'The copy is not the same as its source.');
  expectAllCopied(files);
}

export function tellFiles(print: Output['print'], { copied, alreadyThere }: CopiedFiles): void {
  print(`files copied ${copied}`);
  print(`files already there ${alreadyThere}`);
}

/** @throws ArchiveError `corrupt` when files could not be copied */
export function expectAllCopied({ uncopied }: CopiedFiles): void {
  if (uncopied > 0) throw new ArchiveError('corrupt', `${uncopied} files are damaged or missing at the source.`);
}
