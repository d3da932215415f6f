export { experimentLifecycle } from './experiment-lifecycle.js';
export { foldPartition } from './fold-partition.js';
export { watchGuardrails } from './watch-guardrails.js';
export { reconcile } from './reconcile.js';
export { hearAlerts } from './hear-alerts.js';
export { deliverAlerts } from './deliver-alerts.js';
