// Assignments and OFREP over HTTP at full load, beside a bare node:http handler in the same run. `npm run bench:http`
import autocannon from 'autocannon';
import { KEY, startApiBench } from './api-bench.js';
import { cpuMs, median } from './figures.js';

const CONNECTIONS = 50;
const SECONDS = 2;
/** Targets take turns, so that other work on the machine affects all of them. */
const ROUNDS = 7;

interface Target {
  name: string;
  port: number;
  pid: number;
  path: string;
  body: object;
}

interface Sample {
  /** Requests per second. */
  rate: number;
  p50: number;
  p99: number;
  /** CPU time of the server per request, µs. */
  cpu: number;
}

async function measure({ name, port, path, body, pid }: Target): Promise<Sample> {
  const before = await cpuMs([pid]);
  const { requests, latency, non2xx } = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method: 'POST',
    connections: CONNECTIONS,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: JSON.stringify(body),
    duration: SECONDS,
  });
  if (non2xx > 0) throw new Error(`${name}: ${non2xx} answers were not a success`);
  const used = (await cpuMs([pid])) - before;
  return {
    rate: requests.average,
    p50: latency.p50,
    p99: latency.p99,
    cpu: (used * 1_000) / requests.total,
  };
}

const bench = await startApiBench();
for (let n = 0; n < 20; n += 1)
  await bench.put(`/v1/flags/flag-${n}`, { enabled: true, rollout_percentage: 50 });
const context = { targetingKey: 'user-1', segments: ['active_users'], country: 'DE' };
const flags = '/ofrep/v1/evaluate/flags';
const targets: Target[] = [
  { name: 'bare node:http', ...bench.bare, path: '/', body: { context } },
  { name: 'OFREP single', ...bench.api, path: `${flags}/flag-1`, body: { context } },
  { name: 'OFREP bulk of 20', ...bench.api, path: flags, body: { context } },
  {
    name: 'assignments (no experiment)',
    ...bench.api,
    path: '/v1/assignments',
    body: { unit_id: 'user-1', attributes: context },
  },
];
const samples = new Map<string, Sample[]>(targets.map(({ name }) => [name, []]));
for (const target of targets) await measure(target);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const target of targets) samples.get(target.name)!.push(await measure(target));
}
const of = (name: string, what: keyof Sample): number =>
  median(samples.get(name)!.map((sample) => sample[what]));
console.log(
  `${CONNECTIONS} connections, medians of ${ROUNDS} rounds of ${SECONDS} s; load generator on the same machine; ${bench.mongo}`,
);
console.table(
  targets.map(({ name }) => ({
    target: name,
    'requests/s': Math.round(of(name, 'rate')),
    'p50 ms': of(name, 'p50'),
    'p99 ms': of(name, 'p99'),
    'CPU µs/request': Number(of(name, 'cpu').toFixed(1)),
    '× bare': Number((of(name, 'cpu') / of('bare node:http', 'cpu')).toFixed(2)),
  })),
);
await bench.stop();
