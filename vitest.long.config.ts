import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 300_000,
    setupFiles: ['test/support/property-seed.ts'],
    pool: 'forks',
    fileParallelism: false,
  },
});
