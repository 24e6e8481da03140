/** An empty index in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/database/database.js';

export interface IndexBench {
  readonly database: Database;
  readonly close: () => Promise<void>;
}

export async function openIndex(): Promise<IndexBench> {
  const folder = await mkdtemp(join(tmpdir(), 'nccid-governance-'));
  const database = await Database.open(join(folder, 'index.sqlite'));
  const close = async (): Promise<void> => {
    await database.close();
    await rm(folder, { recursive: true });
  };
  return { database, close };
}
