import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config.js';
import { Heartbeats } from '../serving/heartbeats.js';
import { instanceId } from '../serving/process-identity.js';
import { composeApi, type ApiProcess } from './compose-api.js';
import type { Running } from './running.js';

/** How long open requests may take once the process was told to end. */
const LAST_REQUESTS_MS = 3_000;

/** An API process: it binds its port, sends heartbeats, and is ready once it has read what it serves. */
export async function runApi(config: Config): Promise<Running> {
  const api = await composeApi(config);
  const port = await listen(api);
  const { store, refresher, start_id } = api;
  const instance_id = instanceId(config.RAMPART_INSTANCE);
  const heartbeats = new Heartbeats(store.instances, refresher, instance_id, start_id);
  await heartbeats.begin();
  api.reachability.start();
  await api.refresher.start();
  heartbeats.repeat();
  api.logger.info({ port, instance_id, environment: config.RAMPART_ENVIRONMENT }, 'API is ready');
  return {
    async stop() {
      api.streams.close();
      await close(api);
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

async function listen({ server, config }: ApiProcess): Promise<number> {
  // Longer than the minute for which load balancers keep idle connections: they send no request into one that closes.
  server.keepAliveTimeout = 65_000;
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close({ server }: ApiProcess): Promise<void> {
  server.closeIdleConnections();
  const closed = once(server, 'close');
  server.close();
  setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS).unref();
  await closed;
}
