/** The files of a folder that somebody names on the command line. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Give the paths of all files in `folder` and in the folders below it, each folder's in the order of their names. What is
 * neither file nor folder is passed over, links included: they could lead round in a circle.
 * @throws the operating system's error for a folder that can not be read
 */
export async function* filesBelow(folder: string): AsyncGenerator<string> {
  const pending = [folder];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const entries = await readdir(path, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) if (entry.isFile()) yield join(path, entry.name);
    for (const entry of entries.reverse()) if (entry.isDirectory()) pending.push(join(path, entry.name));
  }
}
