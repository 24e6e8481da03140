import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 300_000,
    setupFiles: ['test/support/property-seed.ts'],
    globalSetup: ['test/servers/no-postgres.ts'],
    pool: 'forks',
    // AWS's client says at each start that later versions of it want a newer Node.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    fileParallelism: false,
  },
});
