// What the benchmarks of serving run against: the built API on embedded servers, and a bare server beside it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startMongo } from '../src/servers/mongodb.js';
import { freePort } from '../src/servers/ports.js';
import { startTemporal } from '../src/servers/temporal.js';
import { until } from '../src/servers/until.js';

export const KEY = 'an-admin-key-for-benchmarks';

export interface Bench {
  api: { port: number; pid: number };
  bare: { port: number; pid: number };
  mongo: string;
  put(path: string, body: object): Promise<void>;
  post(path: string, body: object): Promise<void>;
  stop(): Promise<void>;
}

/** As production runs it: compiled. `tsx`, which the command line of a checkout uses, makes closures dearer. */
export async function startBench(more: NodeJS.ProcessEnv = {}): Promise<Bench> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const built = spawnSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('it does not build');
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
  const log = (line: string): void => console.error(line);
  const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log });
  const temporal = await startTemporal({ address: process.env['TEMPORAL_ADDRESS'], dataDir, log });
  const port = await freePort();
  const children: ChildProcess[] = [];
  const child = (args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess => {
    const started = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(started);
    return started;
  };
  const api = child(['dist/src/bin/cli.js', 'api'], {
    PORT: String(port),
    MONGODB_URI: mongo.address,
    TEMPORAL_ADDRESS: temporal.address,
    RAMPART_ADMIN_KEY: KEY,
    RAMPART_SECRET: 'a secret of benchmarks, long enough',
    RAMPART_MANAGEMENT_RATE_LIMIT: '0',
    LOG_LEVEL: 'error',
    ...more,
  });
  const bare = child(['bench/bare-server.js']);
  const lines = createInterface({ input: bare.stdout! })[Symbol.asyncIterator]();
  const barePort = Number((await lines.next()).value);
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    const left = children.filter((one) => one.exitCode === null && one.signalCode === null);
    const ended = left.map((one) => new Promise((resolve) => one.once('exit', resolve)));
    for (const one of left) one.kill();
    await Promise.all(ended);
    await Promise.all([mongo.stop(), temporal.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
  await until(async () => (await fetch(`${url}/readyz`)).ok, 60_000, 'the API').catch(
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  const send = async (method: string, path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` };
    const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  };
  return {
    api: { port, pid: api.pid! },
    bare: { port: barePort, pid: bare.pid! },
    mongo: mongo.chosen,
    put: (path, body) => send('PUT', path, body),
    post: (path, body) => send('POST', path, body),
    stop,
  };
}

/** CPU time that a process has used so far, µs. */
export async function cpu(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]!;
}
