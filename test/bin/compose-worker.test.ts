import { expect, it } from 'vitest';
import { composeWorker } from '../../src/bin/compose-worker.js';
import { parseConfig } from '../../src/config.js';
import type { Store } from '../../src/store/store.js';

it('a worker process is made of its configuration, with stand-ins for MongoDB and the workflows', async () => {
  const config = parseConfig({
    TEMPORAL_ADDRESS: 'nowhere:7233',
    RAMPART_SECRET: 'a secret of tests that is long enough',
    RAMPART_WATCH_SECONDS: '5',
  });
  const [store, bundle] = [{} as Store, { code: '' }];
  expect(await composeWorker(config, { store, bundle })).toMatchObject({
    address: 'nowhere:7233',
    taskQueue: 'rampart',
    watch_ms: 5_000,
    reconcile_ms: 30_000,
    store,
    bundle,
  });
});
