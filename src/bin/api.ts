import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.js';
import { ARRIVALS_FLUSH_MS } from '../ingest/arrivals.js';
import { repeat } from '../monitoring/repeat.js';
import { Heartbeats } from '../serving/heartbeats.js';
import { instanceId } from '../serving/process-identity.js';
import { cannotListen, freePort } from '../servers/ports.js';
import { composeApi, type ApiProcess } from './compose-api.js';
import { groupOfThisProcess } from './cluster-channel.js';
import { drain } from './drain.js';
import { mongoAway, whenThere } from './open-store.js';
import type { Running } from './running.js';
import { telemetryOf } from './telemetry.js';

/** How often a starting process looks whether it can serve. */
const START_CHECK_MS = 50;
/** How often the installation is looked at for metrics, ms: more often than Prometheus asks. */
const FLEET_MS = 5_000;
const INSIGHTS_MS = 15_000;

/** An API process. It listens only once it has read what it serves, and others know that it lives. */
export async function runApi(config: Config): Promise<Running> {
  const instance_id = instanceId(config.RAMPART_INSTANCE);
  const telemetry = await telemetryOf(config, { name: 'rampart-api', instance_id });
  const api = await composeApi(config, { group: groupOfThisProcess(), spans: telemetry?.spans ?? null });
  telemetry?.export(api.registry);
  const port = config.PORT === 0 ? await freePort() : config.PORT;
  const { store, refresher, start_id } = api;
  const heartbeats = new Heartbeats(store.instances, refresher, instance_id, start_id);
  // MongoDB may have gone again since the store was opened.
  await whenThere(() => heartbeats.begin(), mongoAway(config.MONGODB_URI!), api.logger);
  api.reachability.start();
  await api.refresher.start();
  // A read that fails is tried again each second, and is in the log.
  while (api.refresher.snapshot === null) await sleep(START_CHECK_MS);
  await listen(api, port);
  heartbeats.repeat();
  const endWatching = watchFleet(api);
  const endWritingArrivals = writeArrivals(api);
  api.logger.info({ port, instance_id, environment: config.RAMPART_ENVIRONMENT }, 'API is ready');
  return {
    async stop() {
      // Under `serve` nobody takes over, so that there is nothing to wait for.
      const drain_ms = config.RAMPART_PARENT === undefined ? config.RAMPART_DRAIN_SECONDS * 1_000 : 0;
      await drain(api.server, api.ending, drain_ms, () => api.streams.close());
      heartbeats.end();
      endWatching();
      endWritingArrivals();
      api.refresher.stop();
      api.reachability.stop();
      await api.exposures.flush();
      await api.arrivals.flush().catch(() => undefined);
      await heartbeats.withdraw();
      await telemetry?.stop();
      await api.temporal.connection.close();
      await api.store.database.close();
    },
  };
}

/** Keeps up to date what metrics tell of the whole installation. Returns what ends it. */
function watchFleet({ fleet, insights, logger }: ApiProcess): () => void {
  const report = (error: unknown): void =>
    // That the store is away is told by those who serve from it.
    logger.debug({ err: error }, 'what metrics tell of the installation could not be read');
  const ends = [
    repeat(FLEET_MS, () => fleet.round(), report),
    repeat(INSIGHTS_MS, () => insights.round(), report),
  ];
  return () => ends.forEach((end) => end());
}

/** Writes down what arrives, a few seconds later. Returns what ends it. */
function writeArrivals({ arrivals, logger }: ApiProcess): () => void {
  return repeat(
    ARRIVALS_FLUSH_MS,
    () => arrivals.flush(),
    (error) => logger.debug({ err: error }, 'what arrived could not be written down'),
  );
}

/** @throws {StartError} where the port cannot be had */
async function listen({ server, config }: ApiProcess, port: number): Promise<void> {
  // Longer than the minute for which load balancers keep idle connections: they send no request into one that closes.
  server.keepAliveTimeout = 65_000;
  server.listen(port, config.HOST);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw cannotListen(config.HOST, port, error);
  });
}
