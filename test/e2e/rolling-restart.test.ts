import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMongo } from '../../src/servers/mongodb.js';
import { freePort } from '../../src/servers/ports.js';
import type { Server } from '../../src/servers/server.js';
import { startTemporal } from '../../src/servers/temporal.js';
import { PROGRAM } from '../program.js';
import { ADMIN_KEY, eventually, SECRET } from './harness.js';
import { processes } from '../processes.js';

const log = (): void => undefined;
const PROBE_MS = 100;
const CLIENTS = 8;
let dataDir: string;
let servers: Server[] = [];
let environment: Record<string, string | undefined>;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rampart-rolling-'));
  servers = await Promise.all([startMongo({ dataDir, log }), startTemporal({ dataDir, log })]);
  const [mongo, temporal] = servers;
  environment = {
    ...process.env,
    MONGODB_URI: mongo!.address,
    TEMPORAL_ADDRESS: temporal!.address,
    RAMPART_SECRET: SECRET,
    RAMPART_ADMIN_KEY: ADMIN_KEY,
    RAMPART_MANAGEMENT_RATE_LIMIT: '0',
    RAMPART_DRAIN_SECONDS: '2',
    LOG_LEVEL: 'warn',
  };
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dataDir, { recursive: true, force: true });
});

/** API processes as `rampart api` runs them, one or several on a port. */
class Api {
  private child!: ChildProcess;
  said = '';

  private constructor(
    readonly port: number,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Api> {
    const api = new Api(await freePort(), settings);
    await api.begin();
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    this.child = spawn(process.execPath, [...PROGRAM, 'api'], {
      env: { ...environment, ...this.settings, PORT: String(this.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    await eventually(async () => {
      if (this.child.exitCode !== null) throw new Error(`api ended: ${this.said}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    }, 60_000);
  }

  /** The processes that it has started, where it is several. */
  async processes(): Promise<number[]> {
    const all = await processes();
    return all.filter(({ parent }) => parent === this.child.pid).map(({ pid }) => pid);
  }

  /** Tells it to end, as an orchestrator does; answers the exit code. */
  async end(): Promise<unknown> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    return ((await ended) as unknown[])[0];
  }
}

/** A balancer as simple as can be: it asks /readyz, keeps its connections, and tries nothing twice. */
class Balancer {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly ready: Set<string>;
  private readonly server: HttpServer;
  private readonly timer: NodeJS.Timeout;
  private turn = 0;

  constructor(private readonly addresses: readonly string[]) {
    this.ready = new Set(addresses);
    this.server = createServer((incoming, outgoing) => {
      this.pass(incoming).then(
        ({ status, type, body }) => outgoing.writeHead(status, { 'content-type': type }).end(body),
        (error: Error) => outgoing.writeHead(502).end(error.message),
      );
    });
    this.server.keepAliveTimeout = 600_000;
    this.timer = setInterval(() => void this.probe(), PROBE_MS);
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    clearInterval(this.timer);
    this.agent.destroy();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async probe(): Promise<void> {
    await Promise.all(
      this.addresses.map(async (address) => {
        const isReady = await fetch(`${address}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
        if (isReady) this.ready.add(address);
        else this.ready.delete(address);
      }),
    );
  }

  private async pass(incoming: IncomingMessage): Promise<{ status: number; type: string; body: string }> {
    const ready = [...this.ready];
    const address = ready[(this.turn += 1) % ready.length];
    if (address === undefined) throw new Error('no address is ready');
    const { method, url, headers } = incoming;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(`${address}${url}`, { method, headers, agent: this.agent }, resolve);
      sent.on('error', reject);
      incoming.pipe(sent);
    });
    const type = answer.headers['content-type'] ?? 'text/plain';
    return { status: answer.statusCode!, type, body: await text(answer) };
  }
}

/** Clients that evaluate, change flags and send events, each over a connection that it keeps. */
class Traffic {
  sent = 0;
  readonly failures: string[] = [];
  private isOver = false;
  private readonly running: Promise<void>[];

  constructor(private readonly url: string) {
    this.running = Array.from({ length: CLIENTS }, (_, n) => this.client(n));
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
  }

  private async client(n: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; !this.isOver; round += 1) {
      await this.ask(agent, 'POST', '/ofrep/v1/evaluate/flags/rolling', {
        context: { targetingKey: `u${n}` },
      });
      if (round % 5 === n % 5)
        await this.ask(agent, 'PUT', `/v1/flags/flag-${n}`, {
          enabled: true,
          rollout_percentage: round % 100,
        });
      if (round % 5 === (n + 1) % 5) {
        const event = { event_id: `${n}-${round}`, type: 'click', unit_id: `u${n}`, value: 1 };
        await this.ask(agent, 'POST', '/v1/events', [{ ...event, timestamp: new Date().toISOString() }]);
      }
    }
    agent.destroy();
  }

  private async ask(agent: Agent, method: string, path: string, body: object): Promise<void> {
    this.sent += 1;
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
    const failure = await new Promise<string | null>((resolve) => {
      request(`${this.url}${path}`, { method, headers, agent }, (answer) => {
        text(answer).then(
          (said) => resolve(answer.statusCode! < 400 ? null : `${answer.statusCode} ${said}`),
          (error: Error) => resolve(error.message),
        );
      })
        .on('error', (error) => resolve(error.message))
        .end(JSON.stringify(body));
    });
    if (failure !== null) this.failures.push(`${method} ${path}: ${failure}`);
  }
}

it('a rolling restart of two API processes drops no request', async () => {
  const apis = [await Api.start(), await Api.start()];
  const balancer = new Balancer(apis.map(({ url }) => url));
  const url = await balancer.start();
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  await fetch(`${url}/v1/flags/rolling`, { method: 'PUT', headers, body: '{"enabled":true}' });
  await sleep(1_500);
  const traffic = new Traffic(url);
  for (const api of apis) {
    await sleep(1_000);
    expect(await api.end()).toBe(0);
    await api.begin();
  }
  await sleep(1_000);
  await traffic.end();
  expect(traffic.failures).toEqual([]);
  expect(traffic.sent).toBeGreaterThan(500);
  await balancer.end();
  for (const api of apis) expect(await api.end()).toBe(0);
});

describe('two API processes on one port', () => {
  const settings = { RAMPART_API_PROCESSES: '2', RAMPART_RATE_LIMIT: '20', RAMPART_DRAIN_SECONDS: '0' };
  let api: Api;
  beforeAll(async () => {
    api = await Api.start(settings);
  });
  afterAll(() => api.end());

  const metrics = async (): Promise<Map<string, number>> => {
    // A connection for each scrape: they go to the processes in turn.
    // One that is handed to a process at the moment of its death has no answer.
    const answer = await fetch(`${api.url}/metrics`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(4_000),
    });
    const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  };

  it('answer /metrics as one: totals never go back, also not where a process dies', async () => {
    await eventually(async () => (await metrics()).get('rampart_api_processes') === 2);
    let before = 0;
    const next = async (): Promise<Map<string, number>> => {
      const now = await metrics();
      const cpu = now.get('process_cpu_seconds_total')!;
      expect(cpu).toBeGreaterThanOrEqual(before);
      before = cpu;
      return now;
    };
    for (let n = 0; n < 6; n += 1) expect((await next()).get('rampart_api_processes')).toBe(2);
    const [killed] = await api.processes();
    process.kill(killed!, 'SIGKILL');
    // For how long there is only one is a matter of luck.
    const isReplaced = async (): Promise<boolean> => {
      const now = await api.processes();
      return now.length === 2 && !now.includes(killed!);
    };
    await eventually(
      async () => (await next()).get('rampart_api_processes') === 2 && (await isReplaced()),
      60_000,
    );
  });

  it('share the limit of a key', async () => {
    const body = JSON.stringify({ context: { targetingKey: 'u' } });
    const ask = async (): Promise<number> =>
      (
        await fetch(`${api.url}/ofrep/v1/evaluate/flags`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${ADMIN_KEY}`,
            'content-type': 'application/json',
            connection: 'close',
          },
          body,
        })
      ).status;
    let good = 0;
    const began = performance.now();
    while (performance.now() - began < 5_000) {
      for (const status of await Promise.all(Array.from({ length: 10 }, ask))) {
        expect([200, 429]).toContain(status);
        if (status === 200) good += 1;
      }
    }
    const seconds = (performance.now() - began) / 1_000;
    // 40 at once, then 20 a second; each process may give some before it hears of the other's. Alone, each would give all.
    expect(good).toBeLessThan(40 + 20 * seconds + 50);
    expect(good).toBeGreaterThan(20 * seconds);
  });
});
