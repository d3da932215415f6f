import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Client } from '@temporalio/client';
import { Registry } from 'prom-client';
import { Authenticator } from '../../api/auth.js';
import { observedInstances, type ApiContext } from '../../api/context.js';
import { RateLimiter } from '../../api/rate-limit.js';
import { Refusals } from '../../api/refusals.js';
import { createApi } from '../../api/server.js';
import { signInSettings } from '../../api/session/people.js';
import { Sessions, type Standing } from '../../api/session/sessions.js';
import { Streams } from '../../api/serving/streams.js';
import type { Config } from '../config.js';
import type { ExposureBuffer } from '../ingest/exposures.js';
import { Arrivals } from '../ingest/arrivals.js';
import { EventTypeLog } from '../ingest/event-type-log.js';
import { InboxWriter } from '../ingest/inbox-writer.js';
import { Ingest } from '../ingest/intake.js';
import { createLogger, type Logger } from '../logger.js';
import { TemporalSeries } from '../monitoring/temporal-series.js';
import { AllInsights } from '../operations/tally-insights.js';
import { FleetWatch } from '../operations/watch-fleet.js';
import { keyedHash } from '../secrets/keyed-hash.js';
import { ChangeFeed } from '../operations/change-feed.js';
import { eventHasher, pseudonymiser, snapshotSalt } from '../secrets/pseudonym.js';
import { StreamTokens } from '../secrets/stream-token.js';
import { LivenessObserver } from '../serving/liveness.js';
import { Reachability } from '../serving/reachability.js';
import { Refresher, type RefresherOptions } from '../serving/refresher.js';
import { AlertLanes } from '../temporal/alert-lanes.js';
import { temporalClient } from '../temporal/connection.js';
import type { Store } from '../store/store.js';
import { ExperimentWorkflows } from '../temporal/experiment-workflows.js';
import { secretsOf } from './compose-secrets.js';
import { openStoreOf } from './open-store.js';
import { sendingOf } from './sending.js';

/** The parts of an API process. Nothing listens yet, and nothing is read yet of what is served. */
export interface ApiProcess extends ApiContext {
  temporal: Client;
  server: Server;
  exposures: ExposureBuffer;
}

/** Builds the parts of an API process; a test gives stand-ins for those that reach other processes. */
export async function composeApi(
  config: Config,
  overrides: Partial<Pick<ApiProcess, 'logger' | 'store' | 'temporal' | 'group' | 'spans'>> = {},
): Promise<ApiProcess> {
  const { RAMPART_SECRET: secret } = config;
  const { group = null, spans = null, logger = createLogger(config.LOG_LEVEL) } = overrides;
  const store = overrides.store ?? (await openStoreOf(config, logger));
  const { sealing, codec } = secretsOf(secret, store);
  const temporal =
    overrides.temporal ?? temporalClient(config.TEMPORAL_ADDRESS!, config.TEMPORAL_NAMESPACE, codec);
  const tokens = new StreamTokens(secret);
  const streams = new Streams();
  const refresher: Refresher = refresherOf(config, store, sealing, logger, ({ revision }) =>
    streams.changed(revision, (key_id) => authenticator.isGood(key_id)),
  );
  const authenticator = authenticatorOf(config, refresher, tokens, group);
  const inboxWriter = new InboxWriter(store.inbox);
  const start_id = randomUUID();
  const arrivals = arrivalsOf(store, start_id);
  const ingest = ingestOf(secret, store, inboxWriter, refresher, arrivals);
  const registry = new Registry();
  const observer = new TemporalSeries(registry, spans);
  const { TEMPORAL_TASK_QUEUE: queue } = config;
  const workflows = new ExperimentWorkflows(temporal, queue, store.commands, logger, observer);
  const liveness = new LivenessObserver();
  const context: ApiContext = {
    config,
    start_id,
    logger,
    store,
    refresher,
    reachability: reachabilityOf(store, workflows),
    workflows,
    liveness,
    changes: changesOf(store, liveness, logger),
    authenticator,
    refusals: new Refusals(logger, keyedHash(secret, 'rampart networks in the log')),
    ingest,
    arrivals,
    inboxWriter,
    fleet: new FleetWatch({ store, observe: () => observedInstances({ liveness, store }) }),
    insights: new AllInsights(store),
    sealing,
    codec,
    hash: keyedHash(secret, 'rampart request bodies'),
    streams,
    tokens,
    sessions: new Sessions(secret, authenticator, standingOf(config, refresher), config.RAMPART_PUBLIC_URL),
    sending: sendingOf(config),
    start_rehearsal_runs: config.RAMPART_START_REHEARSAL_RUNS,
    lanes: new AlertLanes(temporal, config.TEMPORAL_TASK_QUEUE),
    ending: new AbortController(),
    group,
    registry,
    spans,
  };
  return { ...context, temporal, ...createApi(context) };
}

function refresherOf(
  config: Config,
  store: Store,
  sealing: RefresherOptions['sealing'],
  logger: Logger,
  onChange: RefresherOptions['onChange'],
): Refresher {
  return new Refresher({
    store,
    sealing,
    salt: snapshotSalt(config.RAMPART_SECRET),
    environment: config.RAMPART_ENVIRONMENT,
    onChange,
    onBroken: (id, message) => logger.error({ id, message }, 'a definition is not served'),
    onError: (error) => logger.warn({ err: error }, 'what is served could not be refreshed'),
  });
}

function arrivalsOf({ eventMinutes: minutes, recentEvents: recent }: Store, process_id: string): Arrivals {
  return new Arrivals({ minutes, recent, process_id });
}

function ingestOf(
  secret: string,
  store: Store,
  writer: InboxWriter,
  refresher: Refresher,
  arrivals: Arrivals,
): Ingest {
  return new Ingest({
    inbox: store.inbox,
    writer,
    pseudonymise: pseudonymiser(secret),
    hashEvent: eventHasher(secret),
    snapshot: () => refresher.snapshot,
    catchUp: () => refresher.catchUp(),
    eventTypes: new EventTypeLog(store.eventTypes),
    arrivals,
  });
}

function authenticatorOf(
  config: Config,
  refresher: Refresher,
  tokens: StreamTokens,
  group: ApiContext['group'],
): Authenticator {
  return new Authenticator(
    config.RAMPART_ADMIN_KEY,
    () => refresher.snapshot?.keys ?? null,
    tokens,
    new RateLimiter(config.RAMPART_UNKNOWN_KEY_RATE_LIMIT, { group, name: 'unknown keys' }),
    () => refresher.snapshot?.people ?? null,
  );
}

function standingOf(config: Config, refresher: Refresher): Standing {
  return {
    settings: signInSettings(config),
    endedOf: (id) => refresher.snapshot?.people.get(id)?.ended ?? 0,
  };
}

function changesOf(store: Store, liveness: LivenessObserver, logger: Logger): ChangeFeed {
  return new ChangeFeed({
    store,
    observe: () => observedInstances({ liveness, store }),
    onError: (error) => logger.warn({ err: error }, 'pages could not be told what has changed'),
  });
}

function reachabilityOf(store: Store, workflows: ExperimentWorkflows): Reachability {
  return new Reachability({
    askMongodb: () => store.database.isReachable(),
    askTemporal: () => workflows.isReachable(),
    readReconciliation: () => store.reconciliation.latest(),
  });
}
