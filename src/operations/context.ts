import type { Logger } from '../logger.js';
import type { Refresher } from '../serving/refresher.js';
import type { Store } from '../store/store.js';
import type { ExperimentWorkflows } from '../temporal/experiment-workflows.js';

/** What operations work with. */
export interface OperationContext {
  store: Store;
  workflows: ExperimentWorkflows;
  /** What this process serves: an operation that changes it has this process serve the change before it returns. */
  refresher: Pick<Refresher, 'refresh'>;
  logger: Pick<Logger, 'warn' | 'error'>;
  /** Lives that are simulated when an experiment starts. */
  start_rehearsal_runs: number;
}
