import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.js';
import { cannotListen, freePort } from '../servers/ports.js';
import { composeApi, type ApiProcess } from './compose-api.js';
import { Drain } from './drain.js';
import type { Running } from './running.js';

const HEARTBEAT_MS = 500;
/** How often a starting process looks whether it can serve. */
const START_CHECK_MS = 50;

/** An API process. It listens only once it has read what it serves, and others know that it lives. */
export async function runApi(config: Config): Promise<Running> {
  const api = await composeApi(config);
  const port = config.PORT === 0 ? await freePort() : config.PORT;
  const heartbeats = new Heartbeats(api, `${config.HOST}:${port}:${config.RAMPART_API_INDEX}`);
  await heartbeats.send();
  await api.refresher.start();
  // A read that fails is tried again each second, and is in the log.
  while (api.refresher.snapshot === null) await sleep(START_CHECK_MS);
  const drain = new Drain(api.server);
  await listen(api, port);
  heartbeats.repeat();
  api.logger.info({ port, environment: config.RAMPART_ENVIRONMENT }, 'API is ready');
  return {
    async stop() {
      // Under `serve` nobody takes over, so that there is nothing to wait for.
      const drain_ms = config.RAMPART_PARENT === undefined ? config.RAMPART_DRAIN_SECONDS * 1_000 : 0;
      await drain.end(drain_ms, () => api.streams.close());
      heartbeats.end();
      api.refresher.stop();
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
