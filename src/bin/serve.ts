import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config, Environment } from '../config.js';
import { DataLock } from '../servers/lock.js';
import { startMongo } from '../servers/mongodb.js';
import type { Log, Server } from '../servers/server.js';
import { Supervised } from '../servers/supervised.js';
import { startTemporal } from '../servers/temporal.js';
import { until } from '../servers/until.js';
import type { Running } from './running.js';

export interface Serving extends Running {
  url: string;
}

/** Longer than the worker's own grace for activities (20 s). */
const CHILDREN_STOP_MS = 22_000;

/** Partitions of an installation on one machine. More would only cost it more writes for the same events. */
const EMBEDDED_PARTITIONS = '2';

/** Runs everything in one process tree: API, worker, and an embedded MongoDB or Temporal if none is given. */
export async function serve(config: Config, environment: Environment, log: Log): Promise<Serving> {
  const dataDir = config.RAMPART_DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'rampart-')));
  const servers: Server[] = [];
  const children: Supervised[] = [];
  const lock = await DataLock.take(dataDir, () => [
    ...servers.flatMap((server) => server.pids()),
    ...children.flatMap((child) => child.pid()),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(CHILDREN_STOP_MS)));
    await Promise.all(servers.map((server) => server.stop()));
    await lock.release();
    if (config.RAMPART_DATA_DIR === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const starting = [
      startMongo({ uri: config.MONGODB_URI, dataDir, log }),
      startTemporal({ address: config.TEMPORAL_ADDRESS, dataDir, log }),
    ] as const;
    // If one of the two fails, `stop` must still end the other.
    for (const started of await Promise.allSettled(starting)) {
      if (started.status === 'fulfilled') servers.push(started.value);
    }
    const [mongo, temporal] = await Promise.all(starting);
    for (const server of servers) log(server.chosen);
    await lock.write();
    const child = (command: string): Supervised =>
      new Supervised(command, process.execPath, [...process.execArgv, process.argv[1]!, command], log, {
        ...(config.MONGODB_URI === undefined && { RAMPART_PARTITIONS: EMBEDDED_PARTITIONS }),
        ...environment,
        MONGODB_URI: mongo.address,
        TEMPORAL_ADDRESS: temporal.address,
        RAMPART_PARENT: String(process.pid),
      });
    children.push(child('api'), child('worker'));
    const url = `http://${config.HOST === '0.0.0.0' ? '127.0.0.1' : config.HOST}:${config.PORT}`;
    await until(async () => (await fetch(`${url}/readyz`)).ok, 60_000, 'the API');
    await lock.write();
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
