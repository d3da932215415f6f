import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.js';
import { Heartbeats } from '../serving/heartbeats.js';
import { instanceId } from '../serving/process-identity.js';
import { cannotListen, freePort } from '../servers/ports.js';
import { composeApi, type ApiProcess } from './compose-api.js';
import { groupOfThisProcess } from './cluster-channel.js';
import { drain } from './drain.js';
import { mongoAway, whenThere } from './open-store.js';
import type { Running } from './running.js';

/** How often a starting process looks whether it can serve. */
const START_CHECK_MS = 50;

/** An API process. It listens only once it has read what it serves, and others know that it lives. */
export async function runApi(config: Config): Promise<Running> {
  const api = await composeApi(config, { group: groupOfThisProcess() });
  const port = config.PORT === 0 ? await freePort() : config.PORT;
  const { store, refresher, start_id } = api;
  const instance_id = instanceId(config.RAMPART_INSTANCE);
  const heartbeats = new Heartbeats(store.instances, refresher, instance_id, start_id);
  // MongoDB may have gone again since the store was opened.
  await whenThere(() => heartbeats.begin(), mongoAway(config.MONGODB_URI!), api.logger);
  api.reachability.start();
  await api.refresher.start();
  // A read that fails is tried again each second, and is in the log.
  while (api.refresher.snapshot === null) await sleep(START_CHECK_MS);
  await listen(api, port);
  heartbeats.repeat();
  api.logger.info({ port, instance_id, environment: config.RAMPART_ENVIRONMENT }, 'API is ready');
  return {
    async stop() {
      // Under `serve` nobody takes over, so that there is nothing to wait for.
      const drain_ms = config.RAMPART_PARENT === undefined ? config.RAMPART_DRAIN_SECONDS * 1_000 : 0;
      await drain(api.server, api.ending, drain_ms, () => api.streams.close());
      heartbeats.end();
      api.refresher.stop();
      api.reachability.stop();
      await api.exposures.flush();
      await heartbeats.withdraw();
      await api.temporal.connection.close();
      await api.store.database.close();
    },
  };
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
