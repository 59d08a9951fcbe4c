import { defineConfig } from 'vitest/config';

const seconds = 1_000;

/** What hosts the app needs its bundles, made once. Quick kinds of tests run first. */
const hosting = { globalSetup: ['test/support/bundle.ts'] };
const withCloud = { globalSetup: [...hosting.globalSetup, 'test/support/project-cloud.ts'] };
const slow = { testTimeout: 180 * seconds, hookTimeout: 180 * seconds };

/** One project per kind of test, so that `npm run check` can run the quick ones alone. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60 * seconds,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          ...slow,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          ...hosting,
          ...slow,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.ts'],
          ...withCloud,
          ...slow,
          // Many start a cloud of their own beside it.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          ...withCloud,
          ...slow,
          // A browser a file, which keeps one processor busy.
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
