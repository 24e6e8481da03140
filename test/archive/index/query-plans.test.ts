import { Database } from '../../../src/database/database.js';
import { describeQueryPlans } from '../../contracts/query-plans.js';
import { settle } from '../../scale/synthetic-index.js';
import { isForNodes, newDatabasePlace } from '../../support/test-places.js';

describeQueryPlans(isForNodes() ? 'PostgreSQL' : 'SQLite', async () => {
  const { place, drop } = await newDatabasePlace();
  const database = await Database.open(place);
  return {
    database,
    settle: () => settle(place),
    close: async () => {
      await database.close();
      await drop();
    },
  };
});
