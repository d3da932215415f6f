import type { Registry } from 'prom-client';
import type { Config } from '../src/config.js';
import type { Arrivals } from '../src/ingest/arrivals.js';
import type { InboxWriter } from '../src/ingest/inbox-writer.js';
import type { Ingest } from '../src/ingest/intake.js';
import type { Logger } from '../src/logger.js';
import type { ChangeFeed } from '../src/operations/change-feed.js';
import type { SpanSink } from '../src/monitoring/spans.js';
import type { AllInsights } from '../src/operations/tally-insights.js';
import type { FleetWatch } from '../src/operations/watch-fleet.js';
import type { OperationContext } from '../src/operations/context.js';
import type { Sending } from '../src/operations/send-alerts.js';
import type { KeyedHash } from '../src/secrets/keyed-hash.js';
import type { FieldSealing } from '../src/secrets/field-sealing.js';
import type { StreamTokens } from '../src/secrets/stream-token.js';
import type { LivenessObserver, ObservedInstance } from '../src/serving/liveness.js';
import type { Reachability } from '../src/serving/reachability.js';
import type { Refresher } from '../src/serving/refresher.js';
import type { AlertLanes } from '../src/temporal/alert-lanes.js';
import type { EncryptingCodec } from '../src/temporal/payload-codec.js';
import type { Authenticator } from './auth.js';
import type { Refusals } from './refusals.js';
import type { Sessions } from './session/sessions.js';
import type { GroupMember } from './process-group.js';
import type { Streams } from './serving/streams.js';

/** Everything an API process is made of, built once. */
export interface ApiContext extends OperationContext {
  config: Config;
  /** Identifies this process. New at each start. */
  start_id: string;
  logger: Logger;
  refresher: Refresher;
  /** What is known of MongoDB and Temporal, without asking them. */
  reachability: Reachability;
  liveness: LivenessObserver;
  authenticator: Authenticator;
  refusals: Refusals;
  ingest: Ingest;
  /** What arrived at this process and is not written yet. */
  arrivals: Arrivals;
  inboxWriter: InboxWriter;
  /** What metrics tell of the whole installation. */
  fleet: FleetWatch;
  insights: AllInsights;
  /** The metrics of this process. */
  registry: Registry;
  /** Who takes spans of management requests; null where nobody does. */
  spans: SpanSink | null;
  sealing: FieldSealing;
  /** Of what Temporal keeps. */
  codec: EncryptingCodec;
  /** Of what identifies a request: bodies may have unit ids in them. */
  hash: KeyedHash;
  streams: Streams;
  tokens: StreamTokens;
  sessions: Sessions;
  changes: ChangeFeed;
  /** How this process reaches the receivers of alerts, to test them. */
  sending: Sending;
  /** The workflows that deliver alerts. */
  lanes: Pick<AlertLanes, 'wake'>;
  /** Aborted once this process is told to end: it serves on for a while, and is not ready. */
  ending: AbortController;
  /** The processes on the same port; null where this is the only one. */
  group: GroupMember | null;
}

/** The processes that serve, as far as their heartbeats tell. */
export async function observedInstances({
  liveness,
  store,
}: Pick<ApiContext, 'liveness' | 'store'>): Promise<ObservedInstance[]> {
  return liveness.observe(await store.instances.recent(), performance.now());
}
