// The real processes, killed without warning while experiments live, and an observer of its own that knows what must
// hold. `npm run faults [-- KILLS]` runs it for long; test/e2e/faults.test.ts for a minute.
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMongo } from '../../src/servers/mongodb.js';
import { freePort } from '../../src/servers/ports.js';
import { Supervised } from '../../src/servers/supervised.js';
import { startTemporal } from '../../src/servers/temporal.js';
import type { Server } from '../../src/servers/server.js';
import { failOver } from './faults-failover.js';
import { Memory, Service, type Size } from './faults-measure.js';
import { Recount, RECOUNTED } from './faults-recount.js';
import { PROGRAM } from '../program.js';
import { ADMIN_KEY, Rampart, SECRET } from './harness.js';

const LIVES = 4;
const UNITS = 40;
const TARGETS = ['api', 'worker', 'temporal', 'mongodb'] as const;
type Target = (typeof TARGETS)[number];
const DATABASE = 'faults';
/** One in so many strikes is a failover of MongoDB in place of a kill. */
const FAILOVERS = 5;

/** A worker takes some seconds to come back: killed as often as the others it would never get anything done. */
const WEIGHTS: Record<Target, number> = { api: 0.35, mongodb: 0.3, temporal: 0.2, worker: 0.15 };

/** What each takes to be of use again, on a busy machine. */
const RESTART_MS: Record<Target, number> = { api: 7_000, mongodb: 4_000, temporal: 4_000, worker: 15_000 };

const POLICY = {
  ramp: [{ coverage: 20, min_dwell: '2s' }, { coverage: 60, min_dwell: '2s' }, { coverage: 100 }],
  poll: { ramping: '1s', running: '1s' },
  min_duration: '5s',
  max_duration: '1h',
  no_traffic_grace: '1h',
  stale_after: '1h',
  rollout: [{ coverage: 100 }],
  watch: '1s',
};

export interface Report {
  kills: Record<Target, number>;
  /** Times that MongoDB went through a failover. */
  failovers: number;
  /** Events acknowledged for the experiment whose totals are recounted, each once. */
  events: number;
  /** Requests for assignments of a service with two API processes, and those that had a good answer. */
  service: Pick<Service, 'asked' | 'good_at_first' | 'good' | 'failures'>;
  /** By kind of process. */
  memory: Record<string, Size>;
  experiments: number;
  outcomes: Record<string, number>;
  commands: { acknowledged: number; refused: number };
  observations: number;
  continued_as_new: number;
  /** What must never be seen, in words. Empty where all invariants held. */
  violations: string[];
}

/** What the observer knows of one experiment. */
interface Seen {
  revision: number;
  /** The treatment or control that a unit had while it was in the experiment. */
  arms: Map<string, string>;
  /** Since when, by the monotonic clock, nothing but the control may be served. */
  stopped_at: number | null;
  acknowledged: string[];
}

class Faults {
  private readonly seen = new Map<string, Seen>();
  private readonly violations: string[] = [];
  private readonly kills: Record<Target, number> = { api: 0, worker: 0, temporal: 0, mongodb: 0 };
  private readonly killed_at: Partial<Record<Target, number>> = {};
  private readonly outcomes: Record<string, number> = {};
  private readonly commands = { acknowledged: 0, refused: 0 };
  private readonly memory = new Memory();
  private readonly service: Service;
  private readonly recount = new Recount((method, path, body) => this.insist(method, path, body));
  private failovers = 0;
  private observations = 0;
  private number = 0;
  private over = false;

  constructor(
    private readonly rampart: Rampart,
    private readonly temporal: Server,
    private readonly mongo: Server,
    /** The second API process, and its address. */
    private readonly twin: { pid(): number[]; url: string },
    patience_ms: number,
  ) {
    this.service = new Service([rampart.url, twin.url], RECOUNTED, ADMIN_KEY, patience_ms);
  }

  async run(kills: number): Promise<Report> {
    await this.insist('PUT', '/v1/policies/hurried', POLICY);
    await this.recount.begin();
    const counting = this.recount.send(() => this.over).catch(this.broken);
    const lives = Array.from({ length: LIVES }, (_, n) => this.liveAndDie(n).catch(this.broken));
    const watching = this.watch();
    const serving = this.service.run(() => this.over);
    await this.failOver();
    while (!this.over && Object.values(this.kills).reduce((sum, n) => sum + n, 0) < kills) {
      await sleep(400 + Math.random() * 2_000);
      if (Math.random() < 1 / FAILOVERS) await this.failOver();
      else await this.kill();
      await this.readMemory();
    }
    this.over = true;
    await Promise.all([...lives, counting, watching, serving]);
    this.violations.push(...(await this.recount.complaints(this.mongo.address, DATABASE)));
    if (this.violations.length === 0) for (const id of this.seen.keys()) await this.audit(id);
    return {
      kills: this.kills,
      failovers: this.failovers,
      events: this.recount.events,
      service: this.service,
      memory: this.memory.sizes,
      experiments: this.seen.size,
      outcomes: this.outcomes,
      commands: this.commands,
      observations: this.observations,
      continued_as_new: await this.continued(),
      violations: this.violations,
    };
  }

  /** A life that cannot go on is the end of the run. */
  private readonly broken = (error: unknown): void => {
    this.over = true;
    this.violations.push(`${String(error)}; the log ends with\n${this.rampart.log.slice(-4_000)}`);
  };

  private async failOver(): Promise<void> {
    if (!(await this.isBack('mongodb'))) return;
    // A server that was just killed cannot be reached; the next one comes soon.
    await failOver(this.mongo.address).then(
      () => (this.failovers += 1),
      () => undefined,
    );
  }

  private async kill(): Promise<void> {
    let draw = Math.random();
    const target = TARGETS.find((one) => (draw -= WEIGHTS[one]) < 0) ?? 'api';
    // Who is killed again and again while it starts gets nothing done, and nothing would be tested.
    if (performance.now() - (this.killed_at[target] ?? -Infinity) < RESTART_MS[target]) return;
    if (!(await this.isBack(target))) return;
    const [pid] = target === 'api' ? await this.apiToKill() : await this.pidsOf(target);
    if (pid === undefined) return;
    try {
      process.kill(pid, 'SIGKILL');
      this.kills[target] += 1;
      this.killed_at[target] = performance.now();
    } catch {
      // It had just gone.
    }
  }

  /**
   * Whether what was killed before is of use again, which takes its time on a busy machine. Of the API processes both must be:
   * it is promised that one may die. A server is not struck while a process starts that needs it: nothing would ever start.
   */
  private async isBack(target: Target): Promise<boolean> {
    const metrics = await Promise.all([this.rampart.url, this.twin.url].map(metricsOf));
    const samples = (name: string): number[] => metrics.flatMap((one) => one.get(`rampart_${name}`) ?? []);
    const apis = samples('api_processes').length === 2;
    if (target === 'api') return apis;
    const since = performance.now() - (this.killed_at.worker ?? -Infinity);
    const worker = samples('reconciliation_age_seconds').some((age) => age < since / 1_000);
    if (target === 'worker') return worker;
    return apis && worker && samples(`server_up{server="${target}"}`).includes(1);
  }

  /** One of the two API processes. */
  private async apiToKill(): Promise<number[]> {
    return Math.random() < 0.5 ? this.twin.pid() : this.rampart.pidsOf('api');
  }

  private async readMemory(): Promise<void> {
    const pids = {
      serve: this.rampart.pid(),
      api: (await this.rampart.pidsOf('api'))[0],
      'second API': this.twin.pid()[0],
      worker: (await this.rampart.pidsOf('worker'))[0],
      mongodb: this.mongo.pids()[0],
      temporal: this.temporal.pids()[0],
    };
    for (const [kind, pid] of Object.entries(pids)) await this.memory.read(kind, pid);
  }

  private async pidsOf(target: Exclude<Target, 'api'>): Promise<number[]> {
    if (target === 'worker') return this.rampart.pidsOf(target);
    return target === 'temporal' ? this.temporal.pids() : this.mongo.pids();
  }

  /** One experiment after the other, each ended in another way. */
  private async liveAndDie(lane: number): Promise<void> {
    const ends = ['stop', 'conclude', 'emergency', 'harm', 'control'] as const;
    for (let round = lane; !this.over; round += 1) {
      const id = `life-${(this.number += 1)}`;
      const end = ends[round % ends.length]!;
      // A guardrail without data would hold the ship.
      await this.begin(id, end === 'conclude' ? [] : ['error_rate']);
      await sleep(Math.random() * 6_000);
      switch (end) {
        case 'stop':
          await this.command(id, 'pause', {});
          await this.command(id, 'resume', {});
          await this.stop(id, 'stop', { reason: 'test' });
          break;
        case 'control':
          await this.command(id, 'ramp', { coverage: 100 });
          await this.stop(id, 'conclude', { variant: 'control', reason: 'test' });
          break;
        case 'conclude':
          await this.visit(id, 0, 40, 'nobody');
          await this.command(id, 'conclude', { variant: 'treatment', reason: 'test' });
          await this.visitUntilOver(id);
          break;
        case 'emergency':
          await this.emergency(id);
          break;
        case 'harm':
          await this.harm(id);
          break;
      }
      await this.completed(id);
    }
  }

  private async begin(id: string, guardrail: string[]): Promise<void> {
    const definition = {
      experiment_id: id,
      policy_id: 'hurried',
      variants: { control: { traffic: 50, config: 0 }, treatment: { traffic: 50, config: 1 } },
      success_metrics: { primary: ['click_through_rate'], guardrail },
    };
    await this.insist('POST', '/v1/experiments', definition);
    this.seen.set(id, { revision: 0, arms: new Map(), stopped_at: null, acknowledged: [] });
    await this.insist('POST', `/v1/experiments/${id}/start`, { duration: '30m' });
    await this.until(id, (one) => one['state'] !== 'scheduled');
  }

  private async command(id: string, name: string, body: object): Promise<boolean> {
    const key = randomUUID();
    const { status, body: answer } = await this.insist('POST', `/v1/experiments/${id}/${name}`, body, key);
    const command_id = createHash('sha256').update(['root', id, key].join('\n')).digest('hex').slice(0, 32);
    if (status === 202) {
      const path = `/v1/experiments/${id}/commands/${command_id}`;
      for (;;) {
        const { body: found } = await this.insist('GET', path);
        if (found['status'] === 'done') break;
        if (found['status'] !== 'pending') return false;
        await sleep(300);
      }
    } else if (status !== 200) {
      this.commands.refused += 1;
      if (status !== 409)
        this.violations.push(`${name} of ${id} was answered ${status} ${JSON.stringify(answer)}`);
      return false;
    }
    this.commands.acknowledged += 1;
    this.seen.get(id)!.acknowledged.push(command_id);
    return true;
  }

  private async stop(id: string, name: string, body: object): Promise<void> {
    if (!(await this.command(id, name, body))) return;
    await this.servesControl(id);
  }

  private async emergency(id: string): Promise<void> {
    const body = { reason: 'test', experiment_ids: [id] };
    const { body: stop } = await this.insist('POST', '/v1/emergency-stops', body);
    const path = `/v1/emergency-stops/${String(stop['emergency_stop_id'])}`;
    // From when it is called complete, no process serves an arm: that is what an operator relies on.
    const isComplete = async (): Promise<boolean> =>
      (await this.insist('GET', path)).body['complete'] === true;
    const deadline = performance.now() + 240_000;
    while (!(await isComplete()) && performance.now() < deadline) await sleep(200);
    this.stopped(id);
    await this.until(id, (one) => one['state'] === 'completed');
    const report = await this.insist('GET', path);
    if (report.body['acknowledged'] !== report.body['experiments']) {
      this.violations.push(
        `${id} is completed, and its emergency stop pending: ${JSON.stringify(report.body)}`,
      );
    }
  }

  /** Events that prove harm; sent again until they are accepted, which must not count them twice. */
  private async harm(id: string): Promise<void> {
    let sent = 0;
    while (sent < 300) {
      const state = (await this.experiment(id))['state'];
      if (state === 'rolling_back' || state === 'completed') return;
      await this.visit(id, sent, 50, 'treatment');
      sent += 50;
    }
    // Where too few were enrolled to prove anything, a person ends it.
    for (let n = 0; n < 100; n += 1) {
      if ((await this.experiment(id))['outcome'] === 'rolled_back') return;
      await sleep(200);
    }
    await this.stop(id, 'stop', { reason: 'not enough harm' });
  }

  /** Nothing ships without evidence: units that come until the experiment is over. */
  private async visitUntilOver(id: string): Promise<void> {
    const deadline = performance.now() + 200_000;
    for (let n = 40; performance.now() < deadline; n += 20) {
      if ((await this.experiment(id))['state'] === 'completed') return;
      await this.visit(id, n, 20, 'nobody');
      await sleep(500);
    }
  }

  /** Units are exposed and click, and those of one arm meet an error. */
  private async visit(id: string, from: number, count: number, harmed: string): Promise<void> {
    const timestamp = new Date().toISOString();
    const events: object[] = [];
    for (let n = from; n < from + count; n += 1) {
      const unit_id = `visitor-${n}`;
      const path = `/v1/experiments/${id}/assignments`;
      const { body } = await this.insist('POST', path, { unit_id, exposure: false });
      if (!body['in_experiment']) continue;
      const common = { unit_id, timestamp };
      const variant = body['variant'];
      events.push({ ...common, event_id: `${id}-x-${n}`, type: 'exposure', experiment_id: id, variant });
      events.push({
        ...common,
        event_id: `${id}-c-${n}`,
        type: n % 2 === 0 ? 'click' : 'request',
        value: 10,
      });
      if (variant === harmed) events.push({ ...common, event_id: `${id}-e-${n}`, type: 'error' });
    }
    if (events.length > 0) await this.insist('POST', '/v1/events', events);
  }

  /** From now on nobody may be served an arm, or from when a process that could not be asked serves the control by itself. */
  private stopped(id: string, after_ms = 0): void {
    this.seen.get(id)!.stopped_at ??= performance.now() + after_ms;
  }

  /** Waits until the product says that every process serves the control. What it says then must be so. */
  private async servesControl(id: string): Promise<void> {
    const isRolledBack = (one: Record<string, unknown>): boolean =>
      one['state'] === 'rolling_back' || one['state'] === 'completed';
    const one = await this.until(
      id,
      (it) => isRolledBack(it) && (servedOf(it).verified || it['state'] === 'completed'),
    );
    const untils = servedOf(one).lost.map(({ until }) => Date.parse(until) - Date.now());
    this.stopped(id, Math.max(0, ...untils));
  }

  private async completed(id: string): Promise<void> {
    const { outcome } = await this.until(id, (one) => one['state'] === 'completed');
    if (outcome !== 'shipped') await this.servesControl(id);
    this.outcomes[outcome as string] = (this.outcomes[outcome as string] ?? 0) + 1;
  }

  /** The observer: asks for assignments as a service would, and compares with what it knows. */
  private async watch(): Promise<void> {
    while (!this.over) {
      for (const [id, seen] of this.seen) {
        for (let n = 0; n < 5; n += 1) {
          const unit_id = `unit-${Math.floor(Math.random() * UNITS)}`;
          const asked = performance.now();
          const answer = await this.rampart
            .call('POST', `/v1/experiments/${id}/assignments`, { unit_id, exposure: false })
            .catch(() => null);
          if (answer?.status === 200) this.observe(id, seen, unit_id, asked, answer.body);
        }
      }
      await sleep(20);
    }
  }

  private observe(
    id: string,
    seen: Seen,
    unit_id: string,
    asked: number,
    { variant, in_experiment, revision }: Record<string, unknown>,
  ): void {
    this.observations += 1;
    if ((revision as number) < seen.revision) {
      this.violations.push(`revision of ${id} went back from ${seen.revision} to ${String(revision)}`);
    }
    seen.revision = Math.max(seen.revision, revision as number);
    if (!in_experiment) return;
    if (seen.stopped_at !== null && asked > seen.stopped_at) {
      this.violations.push(`${unit_id} saw ${String(variant)} of ${id} after its stop was acknowledged`);
    }
    const before = seen.arms.get(unit_id);
    // A roll-out brings units of the control to the winner; nothing else ever changes an arm.
    if (before !== undefined && before !== variant && variant !== 'treatment') {
      this.violations.push(`${unit_id} changed from ${before} to ${String(variant)} in ${id}`);
    }
    seen.arms.set(unit_id, variant as string);
  }

  /** What the records say once it is quiet. */
  private async audit(id: string): Promise<void> {
    const list = async (what: string): Promise<Record<string, unknown>[]> =>
      (await this.insist('GET', `/v1/experiments/${id}/${what}?limit=1000`)).body['items'] as Record<
        string,
        unknown
      >[];
    const timeline = await list('timeline');
    const count = (of: (item: Record<string, unknown>) => boolean): number => timeline.filter(of).length;
    const data = (item: Record<string, unknown>): Record<string, unknown> =>
      (item['data'] ?? {}) as Record<string, unknown>;
    for (const command_id of this.seen.get(id)!.acknowledged) {
      const times = count((one) => data(one)['command_id'] === command_id);
      if (times !== 1) this.violations.push(`command ${command_id} of ${id} took effect ${times} times`);
    }
    const ends = count((one) => one['kind'] === 'state_changed' && one['to'] === 'completed');
    if (ends !== 1) this.violations.push(`${id} ended ${ends} times`);
    const seq = timeline.map((one) => one['seq'] as number);
    if (seq.some((n, i) => i > 0 && n <= seq[i - 1]!))
      this.violations.push(`the timeline of ${id} is out of order`);
    const decisions = await list('decisions');
    decisions.forEach((one, i) => {
      if (one['n'] !== i + 1) this.violations.push(`decision ${i + 1} of ${id} is missing or doubled`);
    });
    const final = decisions.filter((one) =>
      ['stop', 'roll_back', 'winner', 'no_effect', 'inconclusive'].includes(one['decision'] as string),
    );
    if (final.length > 1) this.violations.push(`${id} was decided ${final.length} times`);
  }

  private async continued(): Promise<number> {
    const { Client, Connection } = await import('@temporalio/client');
    const connection = await Connection.connect({ address: this.temporal.address });
    const { count } = await new Client({ connection }).workflow.count("ExecutionStatus = 'ContinuedAsNew'");
    await connection.close();
    return count;
  }

  private async experiment(id: string): Promise<Record<string, unknown>> {
    return (await this.insist('GET', `/v1/experiments/${id}`)).body;
  }

  private async until(
    id: string,
    is: (one: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>> {
    const deadline = performance.now() + 240_000;
    for (;;) {
      const one = await this.experiment(id);
      if (is(one)) return one;
      if (performance.now() > deadline) {
        this.violations.push(
          `${id} is stuck: ${JSON.stringify({ state: one['state'], holds: one['holds'], served: one['served'] })}`,
        );
        throw new Error('stuck');
      }
      await sleep(200);
    }
  }

  /** As a careful client: the same request with the same key until there is an answer that is one. */
  private async insist(
    method: string,
    path: string,
    body?: object,
    key: string = randomUUID(),
  ): ReturnType<Rampart['call']> {
    const began = performance.now();
    const deadline = began + 120_000;
    const got: string[] = [];
    for (;;) {
      const answer = await this.rampart
        .call(method, path, body, method === 'POST' ? { 'idempotency-key': key } : {})
        .catch(() => null);
      const what = answer ? `${answer.status} ${answer.body['code'] as string}` : 'none';
      if (got.at(-1)?.endsWith(what) !== true) {
        got.push(`${Math.round((performance.now() - began) / 1000)} s: ${what}`);
      }
      if (answer && answer.status < 500 && answer.body['code'] !== 'conflict') return answer;
      if (performance.now() > deadline)
        throw new Error(`${method} ${path} had no answer, but ${got.join(', ')}`);
      await sleep(100);
    }
  }
}

/** Which processes serve the newest allocation, as an experiment's answer has it. */
function servedOf(one: Record<string, unknown>): { verified: boolean; lost: { until: string }[] } {
  return one['served'] as { verified: boolean; lost: { until: string }[] };
}

/** The samples of an API process; none where it does not answer. */
async function metricsOf(url: string): Promise<Map<string, number>> {
  const text = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.text(),
    () => '',
  );
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end))];
    }),
  );
}

/** Runs lives under fire until so many processes were killed, then lets them end in peace. */
export async function underFire(kills: number, patience_ms: number): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rampart-faults-'));
  process.env['RAMPART_TEST_FAIL_POINTS'] = 'yes';
  const log = (): void => undefined;
  const mongo = await startMongo({ dataDir, log });
  const temporal = await startTemporal({
    dataDir,
    log,
    // Continues as new every few seconds of an experiment's life, instead of every few weeks.
    dynamicConfig: [
      'limit.historyCount.suggestContinueAsNew=120',
      'history.workflowIdReuseMinimalInterval="0s"',
    ],
  });
  const environment = {
    MONGODB_URI: mongo.address,
    MONGODB_DATABASE: DATABASE,
    TEMPORAL_ADDRESS: temporal.address,
    RAMPART_PARTITIONS: '3',
    RAMPART_RECONCILE_SECONDS: '3',
    RAMPART_ADMIN_KEY: ADMIN_KEY,
    LOG_LEVEL: 'warn',
  };
  const rampart = await Rampart.start(environment);
  const port = await freePort();
  const twin = new Supervised('the second API', process.execPath, [...PROGRAM, 'api'], log, {
    ...process.env,
    ...environment,
    RAMPART_SECRET: SECRET,
    RAMPART_MANAGEMENT_RATE_LIMIT: '0',
    RAMPART_PARENT: String(process.pid),
    PORT: String(port),
    // What it says would stand among the figures.
    LOG_LEVEL: 'silent',
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await twin.ready(async () => (await fetch(`${url}/readyz`)).ok, 60_000);
    const second = { pid: () => twin.pid(), url };
    return await new Faults(rampart, temporal, mongo, second, patience_ms).run(kills);
  } finally {
    await twin.stop();
    await rampart.dispose();
    await Promise.all([temporal.stop(), mongo.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  }
}
