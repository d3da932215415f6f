import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config, Environment } from '../config.js';
import { assertPortIsFree, freePort } from '../servers/ports.js';
import { StartError } from '../start-error.js';
import { DataLock } from '../servers/lock.js';
import { startMongo } from '../servers/mongodb.js';
import type { Log, Server } from '../servers/server.js';
import { Supervised } from '../servers/supervised.js';
import { startTemporal, temporalAnswers } from '../servers/temporal.js';
import { until } from '../servers/until.js';
import { CHILDREN_MS } from './grace.js';
import { assertServable, connectTo, temporalAway } from './open-store.js';
import type { Running } from './running.js';

export interface Serving extends Running {
  url: string;
}

/** @throws {StartError} where a server that the settings name is away: nothing would work, and nobody would know why */
async function assertServersAnswer({
  MONGODB_URI: uri,
  MONGODB_DATABASE,
  TEMPORAL_ADDRESS: address,
}: Config): Promise<void> {
  if (uri !== undefined) await (await connectTo(uri, MONGODB_DATABASE)).close();
  if (address !== undefined && !(await temporalAnswers(address))) throw new StartError(temporalAway(address));
}

/** Partitions of an installation on one machine. More would only cost it more writes for the same events. */
const EMBEDDED_PARTITIONS = '2';

/** Runs everything in one process tree: API, worker, and an embedded MongoDB or Temporal if none is given. */
export async function serve(config: Config, environment: Environment, log: Log): Promise<Serving> {
  const port = config.PORT === 0 ? await freePort() : config.PORT;
  await assertPortIsFree(config.HOST, port);
  await assertServersAnswer(config);
  const dataDir = config.RAMPART_DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'rampart-')));
  const servers: Server[] = [];
  const children: Supervised[] = [];
  const lock = await DataLock.take(dataDir, () => [
    ...servers.flatMap((server) => server.pids()),
    ...children.flatMap((child) => child.pid()),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(CHILDREN_MS)));
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
    await assertServable(mongo.address, config);
    const child = (command: string): Supervised =>
      new Supervised(command, process.execPath, [...process.execArgv, process.argv[1]!, command], log, {
        ...(config.MONGODB_URI === undefined && { RAMPART_PARTITIONS: EMBEDDED_PARTITIONS }),
        ...environment,
        PORT: String(port),
        MONGODB_URI: mongo.address,
        TEMPORAL_ADDRESS: temporal.address,
        RAMPART_PARENT: String(process.pid),
      });
    const [api, worker] = [child('api'), child('worker')];
    children.push(api, worker);
    const url = `http://${config.HOST === '0.0.0.0' ? '127.0.0.1' : config.HOST}:${port}`;
    const isReady = (): Promise<boolean> => Promise.resolve(api.hasSaidReady());
    await api.unlessRefused(worker.unlessRefused(until(isReady, 60_000, 'the API')));
    await lock.write();
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
