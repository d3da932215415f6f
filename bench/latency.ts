// Latency at a fixed request rate that does not depend on answers, alone and while events are ingested and the snapshot
// is swapped each second. `npm run bench:latency`
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY, startApiBench } from './api-bench.js';
import { quantile } from './figures.js';

const RATE = 2_000;
const SECONDS = 20;
const FLAGS = 1_000;
const BATCHES_PER_SECOND = 10;
const EVENTS = 50;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Milliseconds from sending a request to the end of its answer. */
function ask(port: number, path: string, body: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        port,
        path,
        method: 'POST',
        headers: {
          authorization: `Bearer ${KEY}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        response.on('data', () => undefined);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(performance.now() - began);
          else reject(new Error(`${path} was answered ${response.statusCode}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends requests at the fixed rate, whether or not answers have come. Their latencies, ms. */
async function load(port: number, path: (n: number) => string, seconds: number): Promise<number[]> {
  const answers: Promise<number>[] = [];
  const began = performance.now();
  for (let sent = 0; sent < RATE * seconds;) {
    const due = Math.min(RATE * seconds, ((performance.now() - began) / 1000) * RATE);
    for (; sent < due; sent += 1) {
      const context = { targetingKey: `user-${sent % 5_000}`, segments: ['active_users'], country: 'DE' };
      answers.push(ask(port, path(sent), JSON.stringify({ context })));
    }
    await sleep(1);
  }
  return Promise.all(answers);
}

const bench = await startApiBench();
const definition = (n: number): object =>
  n % 2 === 0
    ? { enabled: true, rules: [{ conditions: { country: 'US' }, value: true }], rollout_percentage: 50 }
    : {
        rules: [{ conditions: { country: 'US' }, value: 'a' }],
        variants: { control: { weight: 34 }, a: { weight: 33 }, b: { weight: 33 } },
      };
for (let n = 0; n < FLAGS; n += 1) await bench.put(`/v1/flags/flag-${n}`, definition(n));
const single = (n: number): string => `/ofrep/v1/evaluate/flags/flag-${n % FLAGS}`;

let busy = false;
let [swaps, events] = [0, 0];
async function swapEachSecond(): Promise<void> {
  for (; busy; swaps += 1) {
    await bench.put(`/v1/flags/flag-${swaps % FLAGS}`, {
      ...definition(swaps % FLAGS),
      description: `${swaps}`,
    });
    await sleep(1_000);
  }
}
async function ingest(): Promise<void> {
  while (busy) {
    const batch = Array.from({ length: EVENTS }, (_, n) => ({
      event_id: `e-${events + n}`,
      type: 'click',
      unit_id: `user-${(events + n) % 5_000}`,
      timestamp: new Date().toISOString(),
    }));
    await bench.post('/v1/events', batch);
    events += EVENTS;
    await sleep(1_000 / BATCHES_PER_SECOND);
  }
}

const row = (target: string, times: readonly number[]): object => ({
  target,
  ...Object.fromEntries(
    [0.5, 0.95, 0.99].map((q) => [`p${100 * q} ms`, Number(quantile(times, q).toFixed(2))]),
  ),
  'max ms': Number(quantile(times, 1).toFixed(1)),
});
await load(bench.bare.port, () => '/', 3);
await load(bench.api.port, single, 3);
const rows = [row('bare node:http', await load(bench.bare.port, () => '/', SECONDS))];
rows.push(row('OFREP single, nothing else', await load(bench.api.port, single, SECONDS)));
busy = true;
const others = [swapEachSecond(), ingest()];
rows.push(row('OFREP single, ingest and swaps', await load(bench.api.port, single, SECONDS)));
rows.push(row('bare node:http, while the API does that', await load(bench.bare.port, () => '/', SECONDS)));
busy = false;
await Promise.all(others);
console.log(
  `${RATE} requests/s for ${SECONDS} s each, ${FLAGS} flags; meanwhile ${swaps} swaps and ${events} events; load generator on the same machine; ${bench.mongo}`,
);
console.table(rows);
agent.destroy();
await bench.stop();
