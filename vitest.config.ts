import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const seconds = 1_000;

/** All kinds alike, so that they fill the processors together: vitest by itself leaves one out. */
const shared = { maxWorkers: Math.max(2, availableParallelism()) };
/** What hosts the app needs its bundles, made once. */
const hosting = { globalSetup: ['test/support/bundle.ts'] };
const withCloud = { globalSetup: [...hosting.globalSetup, 'test/support/shared-cloud.ts'] };
const slow = { ...shared, testTimeout: 180 * seconds, hookTimeout: 180 * seconds };

/** One project per kind of test, so that `npm run check` can run the quick ones alone. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          ...shared,
          testTimeout: 60 * seconds,
          // What they load changes nothing that lasts, so they load it once.
          isolate: false,
        },
      },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...slow } },
      { test: { name: 'infra', include: ['test/infra/**/*.test.ts'], ...hosting, ...slow } },
      { test: { name: 'scenarios', include: ['test/scenarios/**/*.test.ts'], ...withCloud, ...slow } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], ...withCloud, ...slow } },
    ],
  },
});
