import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { addMetrics, type MetricSources } from '../../api/metrics.js';
import { Group, GroupMember, type Channel, type GroupMessage } from '../../api/process-group.js';
import type { Fleet } from '../../src/operations/watch-fleet.js';
import { AllInsights } from '../../src/operations/tally-insights.js';
import { RateLimiter } from '../../api/rate-limit.js';

/** A process of a group, whose messages go through what structured cloning leaves of them. */
class Process {
  readonly member: GroupMember;
  readonly leave: () => void;
  /** Takes messages, and answers none. */
  hangs = false;

  constructor(group: Group) {
    const [up, down] = [new EventEmitter(), new EventEmitter()];
    const channel = (to: EventEmitter, from: EventEmitter): Channel => ({
      send: (message) => void (this.hangs || to.emit('message', JSON.parse(JSON.stringify(message)))),
      onMessage: (listener) => void from.on('message', (message: GroupMessage) => listener(message)),
    });
    this.leave = group.join(channel(down, up));
    this.member = new GroupMember(channel(up, down));
  }
}

function sources(revision: number, lost: number, streams: number, age = 1_000): MetricSources {
  return {
    refresher: {
      snapshot: { revision, ruleset: { flags: new Map() }, experiments: new Map() } as never,
      age: () => age,
      broken: [],
    },
    exposures: { lost, recorded: 10 * lost, size: streams },
    ingest: { counts: { accepted: lost, duplicates: 1, rejected: new Map([['too_old', lost]]) } },
    inboxWriter: { size: streams },
    fleet: { fleet: fleetOf(lost) },
    insights: Object.assign(new AllInsights({} as never), { isComplete: true }),
    refusals: { counts: new Map([['forbidden', lost]]) },
    streams: { size: streams },
    reachability: {
      mongodb: revision === 7 ? 'up' : 'down',
      temporal: 'up',
      reconciliation: { at: new Date().toISOString(), total: { started: 3 } } as never,
    },
  };
}

function fleetOf(running: number): Fleet {
  return {
    ...{ states: [['running', running]], holds: new Map([['srm', 1]]), paused: 0, processes: [] },
    ...{
      commands: { waiting: 2, oldest: 7 },
      stops: { in_force: 1, incomplete: 0 },
      folding_lag: 4,
      alerts_overdue: 6,
    },
    ...{ data_ages: [['e', 9]], looks_overdue: [] },
  };
}

function createMetrics(given: MetricSources): Registry {
  const registry = new Registry();
  addMetrics(registry, given);
  return registry;
}

const sample = (text: string, name: string): number | null => {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? null : Number(line.split(' ')[1]);
};

it('metrics of several processes are added up, whichever is asked', async () => {
  const group = new Group();
  const processes = [new Process(group), new Process(group)];
  processes[0]!.member.contribute(createMetrics(sources(7, 2, 10)));
  processes[1]!.member.contribute(createMetrics(sources(5, 3, 20, 9_000)));
  for (const { member } of processes) {
    const text = await member.metricsOfAll();
    const found = (name: string) => sample(text, name);
    expect(found('rampart_api_processes')).toBe(2);
    expect(found('rampart_exposures_lost_total')).toBe(5);
    expect(found('rampart_requests_refused_total{code="forbidden"}')).toBe(5);
    expect(found('rampart_streams')).toBe(30);
    expect(found('rampart_events_total{result="accepted"}')).toBe(5);
    expect(found('rampart_events_rejected_total{code="too_old"}')).toBe(5);
    expect(found('rampart_exposures_recorded_total')).toBe(50);
    expect(found('rampart_events_waiting')).toBe(30);
    // What is the case in the whole installation is told by both, and is not twice the case.
    expect(found('rampart_experiments{state="running"}')).toBe(3);
    expect(found('rampart_experiments_held{code="srm"}')).toBe(1);
    expect(found('rampart_emergency_stops{state="in_force"}')).toBe(1);
    expect(found('rampart_experiment_data_age_seconds{experiment_id="e"}')).toBe(9);
    expect(found('rampart_experiments_ended_total{outcome="shipped"}')).toBe(0);
    expect(found('rampart_harm_served_seconds_count')).toBe(0);
    expect(found('rampart_serving_revision')).toBe(5);
    expect(found('rampart_snapshot_age_seconds')).toBe(9);
    expect(found('rampart_server_up{server="mongodb"}')).toBe(0);
    expect(found('rampart_server_up{server="temporal"}')).toBe(1);
    // The same number, told by both.
    expect(found('rampart_reconciled_total{kind="started"}')).toBe(3);
    expect(found('rampart_reconciliation_age_seconds')).toBeLessThan(2);
    expect(found('process_resident_memory_bytes')).toBeGreaterThan(process.memoryUsage.rss());
  }
});

it('a total never goes back: not where a process has ended, nor where one is too busy to answer', async () => {
  const group = new Group();
  const begin = (count: number): Process => {
    const one = new Process(group);
    const registry = new Registry();
    new Counter({ name: 'done_total', help: 'x', registers: [registry] }).inc(count);
    new Gauge({ name: 'doing', help: 'x', registers: [registry] }).set(1);
    one.member.contribute(registry);
    return one;
  };
  const [first, second, third] = [begin(1), begin(10), begin(100)];
  const seen = async (): Promise<(number | null)[]> => {
    const text = await first.member.metricsOfAll();
    return [sample(text, 'done_total'), sample(text, 'doing')];
  };
  expect(await seen()).toEqual([111, 3]);
  second.leave();
  third.leave();
  expect(await seen()).toEqual([111, 1]);
  const fourth = begin(1_000);
  expect(await seen()).toEqual([1_111, 2]);
  fourth.hangs = true;
  expect(await seen()).toEqual([1_111, 1]);
});

it('what is not known yet has no sample', async () => {
  const unknown = { ...sources(7, 0, 0), reachability: { mongodb: 'down', temporal: 'down' } as never };
  unknown.fleet = { fleet: null };
  unknown.insights = new AllInsights({} as never);
  unknown.refresher = { ...unknown.refresher, snapshot: null };
  const text = await createMetrics(unknown).metrics();
  for (const name of ['serving_revision', 'snapshot_age_seconds', 'flags', 'reconciliation_age_seconds'])
    expect([name, sample(text, `rampart_${name}`)]).toEqual([name, null]);
  for (const name of ['experiments', 'commands_waiting', 'folding_lag_seconds', 'harm_served_seconds_count'])
    expect(text).not.toMatch(new RegExp(`^rampart_${name}[ {]`, 'm'));
});

it('a limit holds for all processes together, and for one alone', async () => {
  const group = new Group();
  const limiters = [new Process(group), new Process(group)].map(
    ({ member }) => new RateLimiter(20, { group: member, name: 'serving' }),
  );
  const passed = (limiter: RateLimiter, caller: string, tries: number): number => {
    let count = 0;
    for (let n = 0; n < tries; n += 1) {
      try {
        limiter.take(caller);
        count += 1;
      } catch {
        // Refused.
      }
    }
    return count;
  };
  // All requests may come to one process: it has the whole limit.
  expect(passed(limiters[0]!, 'one', 100)).toBe(40);
  await sleep(120);
  expect(passed(limiters[1]!, 'one', 100)).toBeLessThanOrEqual(3);
  expect(passed(limiters[1]!, 'another', 100)).toBe(40);
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < 2_500) {
    for (const limiter of limiters) count += passed(limiter, 'steady', 2);
    await sleep(10);
  }
  // 20 a second, and 40 at once at the beginning, which both may give before they have heard of one another.
  expect(count).toBeGreaterThanOrEqual(80);
  expect(count).toBeLessThanOrEqual(90 + 20);
});
