export { experimentLifecycle } from './experiment-lifecycle.js';
export { foldPartition } from './fold-partition.js';
export { watchGuardrails } from './watch-guardrails.js';
export { reconcile } from './reconcile.js';
