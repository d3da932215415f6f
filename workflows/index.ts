export { experimentLifecycle } from './experiment-lifecycle.js';
export { foldPartition } from './fold-partition.js';
export { reconcile } from './reconcile.js';
