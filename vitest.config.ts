import { defineConfig } from 'vitest/config';

const root = { root: import.meta.dirname };

// On a shared machine a test of processes and cameras can run out of time through no fault of the program: in CI it has a
// second try, and both are printed.
const retry = process.env.CI ? 1 : 0;

/** Three projects: `unit` needs nothing; `integration` and `e2e` need redis-server, ffmpeg and the pocket model. */
export default defineConfig({
  test: {
    projects: [
      {
        ...root,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.integration.test.ts', 'test/e2e/**'],
        },
      },
      {
        ...root,
        test: {
          name: 'integration',
          include: ['test/**/*.integration.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['test/support/requirements.ts'],
          fileParallelism: false,
          retry,
        },
      },
      {
        ...root,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          globalSetup: ['test/support/requirements.ts'],
          fileParallelism: false,
          retry,
        },
      },
    ],
  },
});
