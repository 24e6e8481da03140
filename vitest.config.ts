import { defineConfig } from 'vitest/config';

/** What runs on either pair of back ends: SQLite and a folder, PostgreSQL and an object store. */
const ON_BOTH = ['http', 'access', 'governance', 'archive/index'].map((folder) => `test/${folder}/**/*.test.ts`);
/** What is about PostgreSQL and nodes, and nothing else. */
const NODES_ONLY = 'test/**/*.nodes.test.ts';

const common = {
  testTimeout: 90_000,
  hookTimeout: 180_000,
  // What is awaited may wait for a disk that others use too.
  expect: { poll: { timeout: 20_000 } },
  setupFiles: ['test/support/property-seed.ts'],
  pool: 'forks' as const,
  // AWS's client says at each start that later versions of it want a newer Node.
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'one machine',
          include: ['test/**/*.test.ts'],
          exclude: ['test/long/**', 'test/e2e/**', NODES_ONLY],
          globalSetup: ['test/servers/no-postgres.ts'],
        },
      },
      {
        test: {
          ...common,
          name: 'nodes',
          include: [...ON_BOTH, NODES_ONLY],
          // It takes the folder away from under a server.
          exclude: ['test/long/**', 'test/http/disk-failure.test.ts'],
          globalSetup: ['test/servers/postgres-for-run.ts'],
        },
      },
    ],
  },
});
