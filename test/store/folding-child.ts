// Folds every partition for ever, until it is killed. Arguments: MongoDB's address, the database.
import { Folder } from '../../src/metrics/folder.js';
import { MongoFoldStore } from '../../src/store/folding.js';
import { openStore } from '../../src/store/store.js';
import { CATALOG } from './fold-catalog.js';

const [uri, name] = process.argv.slice(2) as [string, string];
const store = await openStore(uri, name, { secret: 'a secret of tests that is long enough' });
process.send?.('ready');
await Promise.all(
  Array.from({ length: store.inbox.partitions }, async (_, partition) => {
    const folder = new Folder(
      new MongoFoldStore(store.database, partition, store.inbox.partitions),
      () => Promise.resolve(CATALOG),
      () => Date.now(),
    );
    for (;;) if (!(await folder.foldOnce())) await new Promise((resolve) => setTimeout(resolve, 10));
  }),
);
