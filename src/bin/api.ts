import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Authenticator } from '../../api/auth.js';
import { Ingest } from '../ingest/intake.js';
import { createApi } from '../../api/server.js';
import { StreamTokens } from '../secrets/stream-token.js';
import { Streams } from '../../api/serving/streams.js';
import type { Config } from '../config.js';
import { ExperimentWorkflows } from '../temporal/experiment-workflows.js';
import type { Logger } from '../logger.js';
import { parseDuration } from '../model/time.js';
import { standardPolicy } from '../model/policy.js';
import { pseudonymiser, snapshotSalt } from '../secrets/pseudonym.js';
import { sealingBy } from '../secrets/sealing.js';
import { assertAtomicWrites } from '../store/atomicity.js';
import { openStore } from '../store/store.js';
import { LivenessObserver } from '../serving/liveness.js';
import { Refresher } from '../serving/refresher.js';
import { temporalClient } from '../temporal/connection.js';

const BEAT_MS = 1_000;

export interface Running {
  port: number;
  stop(): Promise<void>;
}

/** An API process: binds its port, is heard of, loads what it serves, then serves it. */
export async function runApi(config: Config, logger: Logger): Promise<Running> {
  const store = await openStore(config.MONGODB_URI!, config.MONGODB_DATABASE);
  await assertAtomicWrites(store.database);
  const client = temporalClient(config.TEMPORAL_ADDRESS!, config.TEMPORAL_NAMESPACE);
  const pseudonymise = pseudonymiser(config.RAMPART_SECRET);
  const sealing = sealingBy(config.RAMPART_SECRET);
  const tokens = new StreamTokens(config.RAMPART_SECRET);
  const streams = new Streams();
  const refresher: Refresher = new Refresher({
    store,
    sealing,
    salt: snapshotSalt(config.RAMPART_SECRET),
    onChange: ({ revision }) => streams.changed(revision, (key_id) => authenticator.isGood(key_id)),
    environment: config.RAMPART_ENVIRONMENT,
    serve_stale_max: parseDuration(standardPolicy.serve_stale_max)!,
    onBroken: (id, message) => logger.error({ id, message }, 'a definition is not served'),
    onError: (error) => logger.warn({ err: error }, 'what is served could not be refreshed'),
  });
  const authenticator = new Authenticator(
    config.RAMPART_ADMIN_KEY,
    () => refresher.snapshot?.keys ?? null,
    tokens,
  );
  const start_id = randomUUID();
  const { server, exposures } = createApi({
    config,
    start_id,
    logger,
    store,
    refresher,
    workflows: new ExperimentWorkflows(client, config.TEMPORAL_TASK_QUEUE, store.commands),
    liveness: new LivenessObserver(),
    sealing,
    streams,
    tokens,
    authenticator,
    ingest: new Ingest({
      inbox: store.inbox,
      pseudonymise,
      snapshot: () => refresher.snapshot,
      catchUp: () => refresher.catchUp(),
    }),
  });
  server.keepAliveTimeout = 65_000;
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const instance_id = `${config.HOST}:${port}:${config.RAMPART_API_INDEX}`;
  let counter = 0;
  const beat = async (): Promise<void> => {
    counter += 1;
    const serving_revision = refresher.snapshot?.revision ?? -1;
    await store.instances.beat({ instance_id, start_id, counter, serving_revision });
  };
  await beat();
  await refresher.start();
  // Right after each refresh would be sooner, but a heartbeat must not depend on refreshes succeeding.
  const timer = setInterval(() => void beat().catch(() => undefined), BEAT_MS / 2);
  logger.info({ port, environment: config.RAMPART_ENVIRONMENT }, 'API is ready');
  return {
    port,
    async stop() {
      streams.close();
      server.closeIdleConnections();
      const closed = once(server, 'close');
      server.close();
      setTimeout(() => server.closeAllConnections(), 3_000).unref();
      await closed;
      clearInterval(timer);
      refresher.stop();
      await exposures.flush();
      await store.instances.remove(instance_id, start_id).catch(() => undefined);
      await client.connection.close();
      await store.database.close();
    },
  };
}
