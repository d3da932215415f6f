import { randomBytes } from 'node:crypto';
import { parseConfig, type Environment } from '../config.js';
import { freePort } from '../servers/ports.js';
import { EXPERIMENT, FLAGS } from './demo-definitions.js';
import { Api } from './http.js';
import { withOwnSecret } from './own-secret.js';
import { cannotStart } from './processes.js';
import { simulateUsers, type Traffic } from './simulate.js';
import { serve } from './serve.js';
import { happeningOf, type TimelineLine } from './timeline-sentence.js';

/** The life of two experiments, about a minute each, over the real API. Answers the exit code. */
export async function demo(argv: readonly string[], given: Environment): Promise<number> {
  const environment = await withOwnSecret(given, say);
  const key = environment['RAMPART_ADMIN_KEY'] ?? `demo-${randomBytes(12).toString('hex')}`;
  const settings = {
    ...environment,
    PORT: environment['PORT'] ?? String(await preferredPort(8080)),
    RAMPART_ADMIN_KEY: key,
    RAMPART_SECRET: environment['RAMPART_SECRET'] ?? randomBytes(32).toString('hex'),
    LOG_LEVEL: environment['LOG_LEVEL'] ?? 'error',
  };
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  process.once('SIGTERM', () => stopping.abort());
  const config = parseConfig(settings);
  const serving = await serve(config, settings, say).catch((error: unknown) => {
    throw cannotStart(error, config.LOG_LEVEL);
  });
  try {
    say(
      `\nDashboard: ${serving.url}/experiments (API reference: ${serving.url}/docs)\nSign in with the key: ${key}\n`,
    );
    const api = new Api(serving.url, key);
    const isGood = (await shipsWinner(api, stopping.signal)) && (await rollsBackHarm(api, stopping.signal));
    if (stopping.signal.aborted) return 130;
    if (!isGood) return 1;
    if (argv.includes('--once')) return 0;
    say('\nEverything keeps running; Ctrl-C stops it.');
    await new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
    return 0;
  } finally {
    say('stopping …');
    await serving.stop();
  }
}

async function shipsWinner(api: Api, signal: AbortSignal): Promise<boolean> {
  title('1. An experiment that ships its winner by itself');
  for (const flag of FLAGS) {
    await api.call('PUT', `/v1/flags/${flag.flag_id}`, flag);
    say(`flag ${flag.flag_id}`);
  }
  const id = EXPERIMENT.experiment_id;
  await api.call('POST', '/v1/experiments', EXPERIMENT);
  await api.call('PATCH', `/v1/experiments/${id}`, { policy_id: 'demo' });
  const refused = await api.answer('POST', `/v1/experiments/${id}/start`, {});
  say(
    `start as it stands: ${refused.status} ${String(refused.body['code'])}: ${String(refused.body['detail'])}`,
  );
  await api.call('POST', `/v1/experiments/${id}/start`, { start_date: 'now', duration: '8m' });
  const outcome = await live(
    api,
    id,
    { clickRate: { control: 0.2, treatment: 0.32 }, errorRate: { control: 0.01, treatment: 0.01 } },
    signal,
  );
  return isExpected(outcome, 'shipped');
}

async function rollsBackHarm(api: Api, signal: AbortSignal): Promise<boolean> {
  title('2. An experiment that does harm, and rolls back by itself');
  const id = 'risky_reco_v1';
  await api.call('POST', '/v1/experiments', {
    ...EXPERIMENT,
    experiment_id: id,
    name: 'A recommendation service that fails under load',
    policy_id: 'demo',
  });
  await api.call('POST', `/v1/experiments/${id}/start`, { start_date: 'now', duration: '8m' });
  const outcome = await live(
    api,
    id,
    { clickRate: { control: 0.2, treatment: 0.2 }, errorRate: { control: 0.02, treatment: 0.5 } },
    signal,
  );
  return isExpected(outcome, 'rolled_back');
}

function isExpected(outcome: string, wanted: string): boolean {
  if (outcome !== wanted) say(`the outcome is ${outcome}, but should be ${wanted}`);
  return outcome === wanted;
}

/** Sends users and prints the timeline until the experiment is over. Answers its outcome. */
async function live(api: Api, id: string, traffic: Traffic, signal: AbortSignal): Promise<string> {
  const ended = new AbortController();
  const users = simulateUsers(api, id, traffic, AbortSignal.any([signal, ended.signal]));
  const began = performance.now();
  let seen = 0;
  try {
    for (;;) {
      const { body } = await api.answer('GET', `/v1/experiments/${id}/timeline?cursor=${seen}`);
      for (const item of (body['items'] ?? []) as TimelineLine[]) {
        seen = item.seq;
        const line = happeningOf(item);
        if (line) say(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
        if (item.kind === 'decided') await printEvidence(api, id, item.at!);
      }
      const experiment = await api.call('GET', `/v1/experiments/${id}`);
      const served = experiment['served'] as { live: number; at_revision: number };
      if (experiment['state'] === 'completed' && served.at_revision === served.live) {
        say(
          `completed: ${String(experiment['outcome'])} (served by ${served.at_revision} of ${served.live} processes)`,
        );
        return String(experiment['outcome']);
      }
      if (signal.aborted) return 'interrupted';
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  } finally {
    ended.abort();
    await users;
  }
}

/** What was known when something was decided: a winner's roll-out begins without any units. */
async function printEvidence(api: Api, id: string, at: string): Promise<void> {
  const { status, body } = await api.answer('GET', `/v1/experiments/${id}/results?at=${at}`);
  if (status !== 200) return;
  const units = Object.entries(body['units'] as Record<string, number>).map(
    ([variant, n]) => `${variant} ${n}`,
  );
  const { metrics } = body['evidence'] as { metrics: { metric_id: string; comparisons: Comparison[] }[] };
  const lifts = metrics.flatMap(({ metric_id, comparisons }) =>
    comparisons
      .filter(({ relative }) => relative.lift !== null)
      .map(({ relative, sequence }) => {
        const p = sequence.p_value === null ? '' : `, p ${sequence.p_value.toPrecision(2)}`;
        return `${metric_id} ${relative.lift! >= 0 ? '+' : ''}${(relative.lift! * 100).toFixed(1)} %${p}`;
      }),
  );
  say(`          units: ${units.join(', ')}; ${lifts.join('; ')}`);
}

interface Comparison {
  relative: { lift: number | null };
  sequence: { p_value: number | null };
}

async function preferredPort(port: number): Promise<number> {
  const busy = await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
  return busy ? freePort() : port;
}

function title(text: string): void {
  say(`\n${text}\n${'─'.repeat(text.length)}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
