// Shared by benchmarks of serving: `serve`, as users start it, and a bare server beside it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/servers/ports.js';
import { until } from '../src/servers/until.js';

export const KEY = 'an-admin-key-for-benchmarks';
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface ApiBench {
  api: { port: number; pid: number };
  bare: { port: number; pid: number };
  /** Which MongoDB it runs on. */
  mongo: string;
  put(path: string, body: object): Promise<void>;
  post(path: string, body: object): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts everything as README tells people to: `npm run cli -- serve`, with the embedded servers beside the API.
 *
 * @param process `api` starts the API alone, on the servers that the environment names
 */
export async function startApiBench(
  process: 'serve' | 'api' = 'serve',
  environment: NodeJS.ProcessEnv = {},
): Promise<ApiBench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
  const port = await freePort();
  // The script that `npm run cli` runs, itself: npm passes a signal to its shell, which ends and leaves the servers behind.
  const serve = start(execPath, ['scripts/cli.js', process], {
    ...environment,
    PORT: String(port),
    RAMPART_DATA_DIR: dataDir,
    RAMPART_ADMIN_KEY: KEY,
    RAMPART_MANAGEMENT_RATE_LIMIT: '0',
    LOG_LEVEL: 'error',
  });
  let said = '';
  serve.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const bare = start(execPath, ['bench/bare-server.js']);
  const stop = async (): Promise<void> => {
    await Promise.all([end(serve), end(bare)]);
    await rm(dataDir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    const lines = createInterface({ input: bare.stdout! })[Symbol.asyncIterator]();
    const barePort = Number((await lines.next()).value);
    await until(async () => (await fetch(`${url}/readyz`)).ok, 120_000, 'the API').catch((error: unknown) => {
      throw new Error(`${String(error)}; serve said: ${said}`);
    });
    return {
      api: { port, pid: await apiProcessOf(serve.pid!) },
      bare: { port: barePort, pid: bare.pid! },
      mongo: said.split('\n').find((line) => line.startsWith('MongoDB')) ?? 'MONGODB_URI',
      put: (path, body) => send('PUT', url + path, body),
      post: (path, body) => send('POST', url + path, body),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The API among the descendants of a process; Linux only. */
async function apiProcessOf(ancestor: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number>();
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (stat !== '') parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === ancestor || isBelow(parents.get(pid)));
  for (const pid of pids.filter(isBelow)) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words.includes('api')) return pid;
  }
  throw new Error('serve has no API process');
}

function start(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(command, args, {
    cwd: ROOT,
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
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
