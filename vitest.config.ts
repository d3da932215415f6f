import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'pure',
          include: [
            'test/*.test.ts',
            'test/{dashboard,model,calendar,assignment,lifecycle,stats,metrics,anomalies,rehearsal,certificates,serving,secrets,temporal,ingest,operations,bin,cross-check,migration,alerts,receivers,monitoring}/**/*.test.ts',
          ],
          setupFiles: ['test/properties.ts'],
          // Longer where more cases are tried.
          testTimeout: 60_000 * Number(process.env['PROPERTY_RUNS'] ?? 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'servers',
          include: ['test/{servers,store,api,workflows,e2e,agreement,conformance,browser}/**/*.test.ts'],
          setupFiles: ['test/properties.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each file runs servers of its own, and two cores carry one such tree.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
