import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

/** These start processes and Python of their own: they say nothing about the version of Node that runs the tests. */
const STARTING = ['test/cross-check/**/*.test.ts', 'test/bin/start.test.ts'];
/** These need servers; each file has a process of its own. */
const SERVERS = ['servers', 'store', 'api', 'workflows', 'e2e', 'agreement', 'conformance', 'browser'];
/** These put something else in a module's place, which no other file is to see. */
const MOCKING = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !SERVERS.includes(name.split(/[\\/]/)[0]!))
  .map((name) => `test/${name}`)
  .filter((path) => readFileSync(path, 'utf8').includes('vi.mock('));

export default defineConfig({
  test: {
    pool: 'forks',
    // Most files wait for servers most of the time. By default there is one worker for two cores.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'pure',
          include: [
            'test/*.test.ts',
            'test/{dashboard,model,calendar,assignment,lifecycle,stats,metrics,anomalies,rehearsal,certificates,serving,secrets,temporal,ingest,operations,bin,migration,alerts,receivers,monitoring}/**/*.test.ts',
          ],
          exclude: [...STARTING, ...MOCKING],
          // Files share their imports: to load them anew for each takes longer than the tests.
          isolate: false,
          setupFiles: ['test/properties.ts'],
          // Longer where more cases are tried.
          testTimeout: 60_000 * Number(process.env['PROPERTY_RUNS'] ?? 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'starting',
          include: STARTING,
          setupFiles: ['test/properties.ts'],
          testTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'mocking',
          include: MOCKING,
          setupFiles: ['test/properties.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'servers',
          include: SERVERS.map((folder) => `test/${folder}/**/*.test.ts`),
          setupFiles: ['test/properties.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
