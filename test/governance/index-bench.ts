/** An empty index, all its own. */
import { Database } from '../../src/database/database.js';
import { newDatabasePlace } from '../support/test-places.js';

export interface IndexBench {
  readonly database: Database;
  readonly close: () => Promise<void>;
}

export async function openIndex(): Promise<IndexBench> {
  const { place, drop } = await newDatabasePlace();
  const database = await Database.open(place);
  const close = async (): Promise<void> => {
    await database.close();
    await drop();
  };
  return { database, close };
}
