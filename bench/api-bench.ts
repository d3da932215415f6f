// Shared by benchmarks of serving: the built API on embedded servers, and a bare server beside it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startMongo } from '../src/servers/mongodb.js';
import { freePort } from '../src/servers/ports.js';
import { startTemporal } from '../src/servers/temporal.js';
import { until } from '../src/servers/until.js';

export const KEY = 'an-admin-key-for-benchmarks';
export const SECRET = 'a secret of benchmarks, long enough';
export const DATABASE = 'bench';
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface ApiBench {
  api: { port: number; pid: number };
  bare: { port: number; pid: number };
  /** Which MongoDB it runs on. */
  mongo: string;
  /** Its address, and ids of its processes where it was started here. */
  mongoAddress: string;
  mongoPids(): number[];
  put(path: string, body: object): Promise<void>;
  post(path: string, body: object): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the API as in production: compiled. `tsx`, with which a checkout runs, makes closures slower. */
export async function startApiBench(): Promise<ApiBench> {
  const built = spawnSync('npm', ['run', '-s', 'build'], { cwd: ROOT, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('it does not build');
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
  const log = (line: string): void => console.error(line);
  const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log });
  const temporal = await startTemporal({ address: process.env['TEMPORAL_ADDRESS'], dataDir, log });
  const port = await freePort();
  const api = start(['dist/src/bin/cli.js', 'api'], {
    PORT: String(port),
    MONGODB_URI: mongo.address,
    TEMPORAL_ADDRESS: temporal.address,
    RAMPART_ADMIN_KEY: KEY,
    MONGODB_DATABASE: DATABASE,
    // As `serve` has it on one machine.
    RAMPART_PARTITIONS: process.env['RAMPART_PARTITIONS'] ?? '2',
    RAMPART_SECRET: SECRET,
    RAMPART_MANAGEMENT_RATE_LIMIT: '0',
    LOG_LEVEL: 'error',
  });
  const bare = start(['bench/bare-server.js']);
  const stop = async (): Promise<void> => {
    await Promise.all([end(api), end(bare)]);
    await Promise.all([mongo.stop(), temporal.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    const lines = createInterface({ input: bare.stdout! })[Symbol.asyncIterator]();
    const barePort = Number((await lines.next()).value);
    await until(async () => (await fetch(`${url}/readyz`)).ok, 60_000, 'the API');
    return {
      api: { port, pid: api.pid! },
      bare: { port: barePort, pid: bare.pid! },
      mongo: mongo.chosen,
      mongoAddress: mongo.address,
      mongoPids: () => mongo.pids(),
      put: (path, body) => send('PUT', url + path, body),
      post: (path, body) => send('POST', url + path, body),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function start(args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** @throws {Error} if the answer is not a success */
async function send(method: string, url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}
