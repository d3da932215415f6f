// Folds every partition with the built program's own activity, until it is killed. It has no Temporal, which does nothing
// while an activity runs and starts it again after a failure, as here. Arguments: MongoDB's address, the database.
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Registry } from 'prom-client';
import { createFoldActivities } from '../dist/activities/fold.js';
import { WorkMetrics } from '../dist/activities/work-metrics.js';
import { openStore } from '../dist/src/store/store.js';

const [uri, name] = process.argv.slice(2);
const store = await openStore(uri, name, { secret: 'a secret of benchmarks, long enough' });
const { fold } = createFoldActivities({
  store,
  stopping: new AbortController().signal,
  metrics: new WorkMetrics(new Registry()),
});
process.send('ready');
async function foldForEver(partition) {
  for (;;) {
    await new MockActivityEnvironment().run(fold, partition).catch((error) => {
      console.error(String(error));
      // This program is wrong: to try again would go on for ever.
      if (error instanceof TypeError) process.exit(1);
    });
    await sleep(500);
  }
}
await Promise.all(Array.from({ length: store.inbox.partitions }, (_, partition) => foldForEver(partition)));
