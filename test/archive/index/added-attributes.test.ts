import { Database } from '../../../src/database/database.js';
import { describeAddedAttributes } from '../../contracts/added-attributes.js';
import { isForNodes, newDatabasePlace } from '../../support/test-places.js';

describeAddedAttributes(isForNodes() ? 'PostgreSQL' : 'SQLite', async () => {
  const { place, drop } = await newDatabasePlace();
  const [database, another] = [await Database.open(place), await Database.open(place)];
  return {
    database,
    another,
    close: async () => {
      await Promise.all([database.close(), another.close()]);
      await drop();
    },
  };
});
