import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { DataLock } from '../servers/lock.js';
import { startMongo } from '../servers/mongodb.js';
import { Supervised, until, type Log, type Server } from '../servers/process.js';
import { startTemporal } from '../servers/temporal.js';

export interface Serving {
  url: string;
  stop(): Promise<void>;
}

/** Everything for one machine in one process tree: embedded servers where none are given, worker and API. */
export async function serve(config: Config, environment: NodeJS.ProcessEnv, log: Log): Promise<Serving> {
  const dataDir = config.RAMPART_DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'rampart-')));
  const servers: Server[] = [];
  const children: Supervised[] = [];
  const lock = await DataLock.take(dataDir, () => [
    ...servers.flatMap((server) => server.pids()),
    ...children.flatMap((child) => child.pid()),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop(22_000)));
    await Promise.all(servers.map((server) => server.stop()));
    await lock.release();
    if (config.RAMPART_DATA_DIR === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const starting = [
      startMongo({ uri: config.MONGODB_URI, dataDir, log }),
      startTemporal({ address: config.TEMPORAL_ADDRESS, dataDir, log }),
    ] as const;
    // Also of two of which one fails the other is to be ended.
    for (const one of await Promise.allSettled(starting)) {
      if (one.status === 'fulfilled') servers.push(one.value);
    }
    const [mongo, temporal] = await Promise.all(starting);
    for (const server of servers) log(server.chosen);
    await lock.write();
    const child = (command: string): Supervised =>
      new Supervised(command, process.execPath, [...process.execArgv, process.argv[1]!, command], log, {
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
