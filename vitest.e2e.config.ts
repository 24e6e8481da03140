import { defineConfig } from 'vitest/config';

/** The viewer in a browser. Only these tests need Debian's chromium, and the viewer itself: `nccid fetch viewer`. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    globalSetup: ['test/e2e/needs-viewer.ts'],
    pool: 'forks',
    // AWS's client says at each start that later versions of it want a newer Node.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // One browser at a time.
    fileParallelism: false,
  },
});
