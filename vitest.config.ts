import { defineConfig } from 'vitest/config';

const pure = ['model', 'assignment', 'lifecycle', 'stats', 'metrics', 'rehearsal'];

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'pure',
          include: pure.map((folder) => `test/${folder}/**/*.test.ts`),
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'servers',
          include: ['test/**/*.test.ts'],
          exclude: pure.map((folder) => `test/${folder}/**`),
          globalSetup: ['test/setup/servers.ts'],
          setupFiles: ['test/setup/runtime.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file has a database and a task queue of its own, but two cores carry only so many servers.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
