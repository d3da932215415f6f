import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config.js';
import { composeApi, type ApiProcess } from './compose-api.js';
import type { Running } from './running.js';

const HEARTBEAT_MS = 500;
/** How long open requests may take once the process was told to end. */
const LAST_REQUESTS_MS = 3_000;

/** An API process: it binds its port, sends heartbeats, and is ready once it has read what it serves. */
export async function runApi(config: Config): Promise<Running> {
  const api = await composeApi(config);
  const port = await listen(api);
  const heartbeats = new Heartbeats(api, `${config.HOST}:${port}:${config.RAMPART_API_INDEX}`);
  await heartbeats.send();
  await api.refresher.start();
  heartbeats.repeat();
  api.logger.info({ port, environment: config.RAMPART_ENVIRONMENT }, 'API is ready');
  return {
    async stop() {
      api.streams.close();
      await close(api);
      heartbeats.end();
      api.refresher.stop();
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

class Heartbeats {
  private counter = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly api: ApiProcess,
    private readonly instance_id: string,
  ) {}

  async send(): Promise<void> {
    const { store, refresher, start_id } = this.api;
    this.counter += 1;
    await store.instances.beat({
      instance_id: this.instance_id,
      start_id,
      counter: this.counter,
      serving_revision: refresher.snapshot?.revision ?? -1,
    });
  }

  /** By a timer, not after each refresh, which would be sooner: heartbeats must not depend on refreshes that succeed. */
  repeat(): void {
    this.timer = setInterval(() => void this.send().catch(() => undefined), HEARTBEAT_MS);
  }

  end(): void {
    clearInterval(this.timer);
  }

  /** Others need not wait until they know that this process has ended. */
  async withdraw(): Promise<void> {
    const { store, start_id } = this.api;
    await store.instances.remove(this.instance_id, start_id).catch(() => undefined);
  }
}
