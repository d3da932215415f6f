// A real Prometheus that scrapes the real product, with the rules and dashboards that users get.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusPaths } from '../../scripts/prometheus.js';
import { freePort } from '../../src/servers/ports.js';
import { eventually, Rampart } from './harness.js';
import { Life } from './lives.js';

const DEPLOY = new URL('../../deploy/', import.meta.url);
const DOCS = new URL('../../docs/', import.meta.url);

/** Series that are there only once something has happened that this test does not wait for. */
const RARE = ['temporal_workflow_task_execution_failed_total'];

let rampart: Rampart;
let prometheus: Prometheus;
let folder: string;

/** A Prometheus on this machine. */
class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  static async start(dir: string, config: string): Promise<Prometheus> {
    const port = await freePort();
    const file = join(dir, 'prometheus.yml');
    await writeFile(file, config);
    const child = spawn(
      prometheusPaths().prometheus,
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(dir, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const started = new Prometheus(child, `http://127.0.0.1:${port}`);
    await eventually(async () => (await fetch(`${started.url}/-/ready`)).ok, 30_000);
    return started;
  }

  async ask<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const body = (await response.json()) as { status: string; data: T; error?: string };
    if (body.status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
  }

  /** The samples of an expression. */
  async query(query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
    return (await this.ask<{ result: never[] }>('query', { query })).result;
  }

  /** Every series that a target has told of, whether it has a sample or not. */
  async series(): Promise<Map<string, { type: string; help: string }>> {
    const found = await this.ask<Record<string, { type: string; help: string }[]>>('metadata');
    return new Map(Object.entries(found).map(([name, [first]]) => [name, first!]));
  }

  async firing(): Promise<string[]> {
    const { alerts } = await this.ask<{ alerts: { state: string; labels: { alertname: string } }[] }>(
      'alerts',
    );
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  }

  async end(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}

/** The rules of deploy/, in which what takes minutes takes seconds. */
async function hastyRules(): Promise<string[]> {
  const names = await readdir(new URL('prometheus/rules/', DEPLOY));
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(`prometheus/rules/${name}`, DEPLOY), 'utf8');
      const file = join(folder, name);
      const hasty = text
        .replaceAll(/for: \d+[smh]/g, 'for: 0s')
        .replaceAll('interval: 30s', 'interval: 1s')
        .replace('rampart_snapshot_age_seconds) > 60', 'rampart_snapshot_age_seconds) > 5');
      expect(hasty).not.toBe(text);
      await writeFile(file, hasty);
      return file;
    }),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rampart-prometheus-'));
  const metricsPort = await freePort();
  rampart = await Rampart.start({
    RAMPART_METRICS_PORT: String(metricsPort),
    RAMPART_RECONCILE_SECONDS: '1',
  });
  const target = (job: string, port: number): object => ({
    ...{ job_name: job, static_configs: [{ targets: [`127.0.0.1:${port}`] }] },
  });
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: await hastyRules(),
    scrape_configs: [target('rampart-api', rampart.port), target('rampart-worker', metricsPort)],
  };
  // JSON is YAML.
  prometheus = await Prometheus.start(folder, JSON.stringify(config));
  await happen();
}, 180_000);

afterAll(async () => {
  await prometheus.end();
  await rampart.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Whatever series count happens at least once. */
async function happen(): Promise<void> {
  await rampart.call('PUT', '/v1/policies/hasty', {
    ramp: [{ coverage: 100 }],
    poll: { ramping: '1s', running: '1s' },
    ...{ min_duration: '2s', max_duration: '1h', no_traffic_grace: '1h', stale_after: '1h' },
  });
  const stopped = await Life.begin(rampart, 'stopped', { primary: 'click_through_rate', policy_id: 'hasty' });
  await stopped.meets(40, () => [{ type: 'click' }]);
  await rampart.call('POST', '/v1/experiments/stopped/stop', { reason: 'enough' });
  const life = await Life.begin(rampart, 'lives', { primary: 'click_through_rate', policy_id: 'hasty' });
  await life.meets(40, () => [{ type: 'click' }]);
  await rampart.call('POST', '/v1/events', [{ type: 'click' }]);
  await rampart.call('POST', '/ofrep/v1/evaluate/flags/none', { context: {} });
  await rampart.call('POST', '/ofrep/v1/evaluate/flags', { context: { targetingKey: 'u' } });
  await fetch(`${rampart.url}/v1/flags`, { headers: { authorization: 'Bearer nobody' } });
  await eventually(async () => {
    const [ended] = await prometheus.query('rampart_experiments_ended_total{outcome="stopped"} == 1');
    const [folded] = await prometheus.query('rampart_folded_events_total > 100');
    return ended !== undefined && folded !== undefined;
  }, 60_000);
}

/** Names of series in an expression. */
function namesIn(expression: string): string[] {
  return [...new Set(expression.match(/\b(?:rampart|temporal|nodejs|process)_\w+/g) ?? [])];
}

/** The expressions of the dashboards and of the rules. */
async function expressions(): Promise<string[]> {
  const boards = await readdir(new URL('grafana/dashboards/', DEPLOY));
  const ofBoards = await Promise.all(
    boards.map(async (name) => {
      const text = await readFile(new URL(`grafana/dashboards/${name}`, DEPLOY), 'utf8');
      const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
      return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    }),
  );
  const rules = await readdir(new URL('prometheus/rules/', DEPLOY));
  const ofRules = await Promise.all(
    rules.map(async (name) => {
      const text = await readFile(new URL(`prometheus/rules/${name}`, DEPLOY), 'utf8');
      const { groups } = parse(text) as { groups: { rules: { expr: string }[] }[] };
      return groups.flatMap((group) => group.rules.map(({ expr }) => expr));
    }),
  );
  return [...ofBoards, ...ofRules].flat();
}

it('scrapes the API and the worker, and both answer', async () => {
  const up = await prometheus.query('up == 1');
  expect(up.map(({ metric }) => metric['job']).sort()).toEqual(['rampart-api', 'rampart-worker']);
});

it('has every series that dashboards and rules name, and takes every expression', async () => {
  const known = await prometheus.series();
  const all = await expressions();
  expect(all.length).toBeGreaterThan(60);
  const names = [...new Set(all.flatMap(namesIn))].filter((name) => !RARE.includes(name));
  const base = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
  expect(names.filter((name) => !known.has(name) && !known.has(base(name)))).toEqual([]);
  for (const expression of all) await prometheus.query(expression);
});

it('has samples of what happened', async () => {
  const samples = async (query: string): Promise<number> => (await prometheus.query(query)).length;
  for (const query of [
    'rampart_serving_requests_total{call="/v1/events",status="202"} > 0',
    'rampart_serving_requests_total{call="/ofrep/v1/evaluate/flags",status="200"} > 0',
    'rampart_serving_errors_total{code="FLAG_NOT_FOUND"} > 0',
    'rampart_serving_request_duration_seconds_bucket{call="/v1/experiments/{experiment_id}/assignments",le="0.01"} > 0',
    'rampart_events_total{result="accepted"} > 0',
    'rampart_events_rejected_total > 0',
    'rampart_exposures_recorded_total > 0',
    'rampart_requests_refused_total{code="unauthenticated"} > 0',
    'rampart_http_requests_total{method="POST",route="/v1/experiments",status="201"} > 0',
    'rampart_http_request_duration_seconds_count{route="/v1/experiments/{experiment_id}/stop"} > 0',
    'rampart_experiments{state="completed"} > 0',
    'rampart_processes{kind="api",state="live"} == 1',
    'rampart_experiment_data_age_seconds{experiment_id="lives"}',
    'rampart_experiment_look_overdue_seconds{experiment_id="lives"} < 60',
    'rampart_folding_lag_seconds < 60',
    'rampart_commands_total{command="stop",result="done"} > 0',
    'rampart_temporal_requests_total{call="update",result="answered"} > 0',
    'rampart_decisions_total{row="stop"} > 0',
    'rampart_work_duration_seconds_count{work="look"} > 0',
    'rampart_work_duration_seconds_count{work="fold"} > 0',
    'rampart_work_duration_seconds_count{work="reconcile"} > 0',
    'rampart_experiments_completed_ratio == 0',
    'temporal_worker_task_slots_available{worker_type="WorkflowWorker"} > 0',
    'temporal_workflow_task_schedule_to_start_latency_seconds_count > 0',
  ])
    expect([query, await samples(query)]).not.toEqual([query, 0]);
});

it('is told what each series means, as the table of docs/operations.md is', async () => {
  const known = await prometheus.series();
  const own = [...known].filter(([name]) => name.startsWith('rampart_'));
  const text = await readFile(new URL('operations.md', DOCS), 'utf8');
  const table = [...text.matchAll(/^\| `(rampart_\w+)(?:\{([\w, ]+)\})?` +\| (\w+) /gm)];
  expect(own.map(([name, { type }]) => `${name} ${type}`).sort()).toEqual(
    table.map(([, name, , type]) => `${name} ${type}`).sort(),
  );
  for (const [name, { type, help }] of own) {
    expect([name, help]).toEqual([name, expect.stringMatching(/\w.{10,}\.$/)]);
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
  }
  for (const [, name, labels = ''] of table) {
    const samples = await prometheus.query(`${name} or ${name}_count`);
    const found = new Set(samples.flatMap(({ metric }) => Object.keys(metric)));
    for (const common of ['__name__', 'instance', 'job']) found.delete(common);
    const documented = labels.split(', ').filter((label) => label !== '');
    if (samples.length > 0) expect([name, [...found].sort()]).toEqual([name, documented.sort()]);
  }
});

it('has no name of a unit in any label, and only so many samples', async () => {
  const all = await prometheus.query('{__name__=~"rampart_.+"}');
  expect(JSON.stringify(all)).not.toMatch(/lives-\d|stopped-\d|probe/);
  expect(all.length).toBeLessThan(3_000);
});

it('wakes somebody when what is served gets stale, and lets them sleep once it is read again', async () => {
  expect(await prometheus.firing()).not.toContain('RampartSnapshotStale');
  const [mongodb] = await rampart.pidsOf('mongodb');
  process.kill(mongodb!, 'SIGSTOP');
  try {
    await eventually(async () => (await prometheus.firing()).includes('RampartSnapshotStale'), 60_000);
    await eventually(async () => (await prometheus.firing()).includes('RampartServerDown'), 30_000);
    // It is answered at once although MongoDB is away.
    expect(await prometheus.query('up{job="rampart-api"} == 1')).toHaveLength(1);
  } finally {
    process.kill(mongodb!, 'SIGCONT');
  }
  await eventually(async () => !(await prometheus.firing()).includes('RampartSnapshotStale'), 60_000);
});
