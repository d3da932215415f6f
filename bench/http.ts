// Assignments and OFREP over HTTP, against a bare node:http handler in the same run. `npm run bench:http`
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { parseConfig } from '../src/config.js';
import { runApi } from '../src/bin/api.js';
import { createLogger } from '../src/logger.js';
import { startMongo } from '../src/servers/mongodb.js';
import { freePort } from '../src/servers/process.js';
import { startTemporal } from '../src/servers/temporal.js';

const CONNECTIONS = 50;
const SECONDS = 6;
const KEY = 'an-admin-key-for-benchmarks';

interface Target {
  name: string;
  port: number;
  path: string;
  body: object;
  pid: number;
}

/** The same kind of work without any of Rampart: read a JSON body, answer a small one. */
async function bare(): Promise<number> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { context } = JSON.parse(text) as { context: { targetingKey: string } };
      const body = JSON.stringify({
        key: 'flag',
        value: true,
        variant: 'on',
        reason: 'SPLIT',
        unit: context.targetingKey,
      });
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

async function rampart(): Promise<number> {
  const config = parseConfig(process.env);
  return (await runApi(config, createLogger('error'))).port;
}

/** CPU time of a process so far, µs. */
async function cpu(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function measure({ name, port, path, body, pid }: Target): Promise<Record<string, string | number>> {
  const options = {
    url: `http://127.0.0.1:${port}${path}`,
    method: 'POST' as const,
    connections: CONNECTIONS,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: JSON.stringify(body),
  };
  await autocannon({ ...options, duration: 2 });
  const before = await cpu(pid);
  const result = await autocannon({ ...options, duration: SECONDS });
  const used = (await cpu(pid)) - before;
  const { total } = result.requests;
  if (result.non2xx > 0) throw new Error(`${name}: ${result.non2xx} answers were no success`);
  return {
    target: name,
    'requests/s': Math.round(result.requests.average),
    'p50 ms': result.latency.p50,
    'p97.5 ms': result.latency.p97_5,
    'p99 ms': result.latency.p99,
    'CPU µs/request': Number((used / total).toFixed(1)),
  };
}

async function start(
  role: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(import.meta.url), [role], {
    env: environment,
    execArgv: ['--import', 'tsx'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-bench-'));
  const log = (line: string): void => console.error(line);
  const mongo = await startMongo({ uri: process.env['MONGODB_URI'], dataDir, log });
  const temporal = await startTemporal({ address: process.env['TEMPORAL_ADDRESS'], dataDir, log });
  const environment = {
    ...process.env,
    PORT: String(await freePort()),
    MONGODB_URI: mongo.address,
    TEMPORAL_ADDRESS: temporal.address,
    RAMPART_ADMIN_KEY: KEY,
    RAMPART_SECRET: 'a secret of benchmarks, long enough',
  };
  const [baseline, api] = [await start('bare', environment), await start('rampart', environment)];
  const put = (id: string, body: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${api.port}/v1/flags/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: JSON.stringify(body),
    });
  for (let n = 0; n < 20; n += 1) await put(`flag-${n}`, { rollout_percentage: 50 });
  const context = { targetingKey: 'user-1', segments: ['active_users'], country: 'DE' };
  const on = { port: api.port, pid: api.child.pid! };
  const rows = [
    await measure({
      name: 'bare node:http',
      port: baseline.port,
      path: '/',
      body: { context },
      pid: baseline.child.pid!,
    }),
    await measure({
      ...on,
      name: 'OFREP single',
      path: '/ofrep/v1/evaluate/flags/flag-1',
      body: { context },
    }),
    await measure({ ...on, name: 'OFREP bulk of 20', path: '/ofrep/v1/evaluate/flags', body: { context } }),
    await measure({
      ...on,
      name: 'assignments',
      path: '/v1/assignments',
      body: { unit_id: 'user-1', attributes: context },
    }),
  ];
  console.log(
    `${CONNECTIONS} connections, ${SECONDS} s each; load generator on the same machine; ${mongo.chosen}`,
  );
  console.table(rows);
  baseline.child.kill();
  api.child.kill();
  await Promise.all([mongo.stop(), temporal.stop()]);
  await rm(dataDir, { recursive: true, force: true });
}

const role = process.argv[2];
if (role === undefined) await main();
else process.send!(await (role === 'bare' ? bare() : rampart()));
