import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    testTimeout: 90_000,
    setupFiles: ['test/support/property-seed.ts'],
    pool: 'forks',
  },
});
