import type { Config } from '../src/config.js';
import type { ExperimentWorkflows } from '../src/temporal/experiment-workflows.js';
import type { Logger } from '../src/logger.js';
import type { LivenessObserver } from '../src/serving/liveness.js';
import type { Refresher } from '../src/serving/refresher.js';
import type { Sealing } from '../src/secrets/sealing.js';
import type { AuditInput } from '../src/store/audit.js';
import type { ServedId } from '../src/store/serving.js';
import type { Store } from '../src/store/store.js';
import type { Authenticator, Caller } from './auth.js';
import type { Ingest } from '../src/ingest/intake.js';
import type { StreamTokens } from '../src/secrets/stream-token.js';
import type { Streams } from './serving/streams.js';

/** Everything an API process is made of, built once. */
export interface ApiContext {
  config: Config;
  /** Identifies this process. New at each start. */
  start_id: string;
  logger: Logger;
  store: Store;
  refresher: Refresher;
  workflows: ExperimentWorkflows;
  liveness: LivenessObserver;
  authenticator: Authenticator;
  ingest: Ingest;
  sealing: Sealing;
  streams: Streams;
  tokens: StreamTokens;
}

/** Tells every process, and has this one serve it before the change is answered. */
export async function publishChange({ store, refresher }: ApiContext, id: ServedId): Promise<void> {
  await store.serving.changed(id);
  await refresher.refresh();
}

/** The audit entry of a change, written before the change is answered. */
export async function audit(
  { store }: ApiContext,
  caller: Caller,
  action: string,
  [type, id]: [string, string],
  change: Pick<AuditInput, 'before' | 'after'> = {},
): Promise<void> {
  await store.audit.append({
    actor: { type: 'person', id: caller.key_id },
    action,
    subject: { type, id },
    ...change,
  });
}
