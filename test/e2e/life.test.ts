import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPERIMENT } from '../../src/bin/demo-definitions.js';
import { DAY_MS } from '../../src/model/time.js';
import { eventually, Rampart } from './harness.js';

let rampart: Rampart;

beforeAll(async () => {
  rampart = await Rampart.start();
  await rampart.call('PUT', '/v1/policies/slow', {
    ramp: [{ coverage: 10, min_dwell: '12s' }, { coverage: 50, min_dwell: '600s' }, { coverage: 100 }],
    poll: { ramping: '1s', running: '1s' },
    min_duration: '20s',
    max_duration: '1h',
    rollout: [{ coverage: 100 }],
    watch: '10m',
    no_traffic_grace: '1h',
    stale_after: '1h',
  });
});

afterAll(async () => {
  await rampart.dispose();
});

async function start(id: string): Promise<void> {
  const { start_date: _, end_date: __, ...definition } = EXPERIMENT;
  const created = await rampart.call('POST', '/v1/experiments', {
    ...definition,
    experiment_id: id,
    policy_id: 'slow',
  });
  expect(created.status).toBe(201);
  const started = await rampart.call('POST', `/v1/experiments/${id}/start`, {
    start_date: 'now',
    duration: '30m',
  });
  expect(started.status).toBe(202);
  await eventually(async () => (await rampart.experiment(id))['state'] === 'ramping');
}

/** What a look without any event says, and what keeps only a ship waiting. */
const UNSEEN = expect.objectContaining({ code: 'guardrail_blind' }) as unknown;

/** A unit that the first step enrols into the treatment. */
async function treated(id: string): Promise<string> {
  for (let unit = 0; unit < 2000; unit += 1) {
    const { variant } = await rampart.assign(id, `unit-${unit}`);
    if (variant === 'treatment') return `unit-${unit}`;
  }
  throw new Error('no unit is in the treatment');
}

describe('commands', () => {
  it('are answered by the workflow, refused with their reason, and shown at once', async () => {
    await start('commanded');
    const command = (name: string, body?: object): ReturnType<Rampart['call']> =>
      rampart.call('POST', `/v1/experiments/commanded/${name}`, body);
    expect(await command('pause', { reason: 'lunch' })).toMatchObject({
      status: 200,
      body: { paused: { by: 'root', reason: 'lunch' } },
    });
    expect(await rampart.experiment('commanded')).toMatchObject({ paused: { reason: 'lunch' } });
    expect(await command('pause')).toMatchObject({ status: 409, body: { code: 'already_paused' } });
    expect(await command('advance')).toMatchObject({ status: 409, body: { code: 'paused' } });
    expect(await command('resume')).toMatchObject({ status: 200, body: { paused: null } });
    expect(await command('advance')).toMatchObject({
      status: 200,
      body: { coverage: 50, step: { index: 1, of: 3 } },
    });
    expect(await command('conclude', { variant: 'nobody', reason: 'x' })).toMatchObject({
      status: 422,
      body: { code: 'unknown_variant' },
    });
    expect(await command('stop')).toMatchObject({ status: 400 });
    expect(await command('conclude', { variant: 'treatment', reason: 'we like it' })).toMatchObject({
      status: 200,
    });
    await eventually(async () => (await rampart.experiment('commanded'))['state'] === 'watching');
    expect(await rampart.assign('commanded', 'anybody')).toMatchObject({
      reason: expect.stringMatching(/SPLIT/) as string,
    });
    expect(await command('stop', { reason: 'we do not' })).toMatchObject({ status: 200 });
    await eventually(async () => (await rampart.experiment('commanded'))['state'] === 'completed');
    const { body } = await rampart.call('GET', '/v1/experiments/commanded/timeline');
    const kinds = (body['items'] as { kind: string; data?: { command?: string } }[]).map(
      ({ kind, data }) => data?.command ?? kind,
    );
    // When the rehearsal's warning comes is another matter.
    const others = kinds.filter((kind) => kind !== 'note');
    expect(others.slice(0, 3)).toEqual(['created', 'started', 'state_changed']);
    // Within five seconds the start's own answer says it too; on a busy machine only the timeline does.
    await eventually(async () => {
      const items = (await rampart.call('GET', '/v1/experiments/commanded/timeline')).body['items'];
      expect(items).toContainEqual(expect.objectContaining({ kind: 'note', data: { code: 'underpowered' } }));
      return true;
    });
    for (const name of ['pause', 'resume', 'advance', 'conclude', 'stop']) expect(kinds).toContain(name);
  });

  it('leave decisions whose certificates the command line takes again', async () => {
    const path = '/v1/experiments/commanded';
    const items = (await rampart.call('GET', `${path}/decisions`)).body['items'] as {
      n: number;
      certificate_hash: string;
    }[];
    const certificates = await Promise.all(
      items.map(async ({ n }) => (await rampart.call('GET', `${path}/decisions/${n}/certificate`)).body),
    );
    expect(certificates.length).toBeGreaterThan(1);
    expect(certificates.map((one) => one['hash'])).toEqual(items.map((one) => one.certificate_hash));
    const verify = (input: string): ReturnType<Rampart['cli']> => rampart.cli(['verify', '-'], input);
    expect(await verify(JSON.stringify(certificates))).toMatchObject({ code: 0 });
    const forged = JSON.stringify(certificates).replace(
      '"min_units_per_variant":1000',
      '"min_units_per_variant":10',
    );
    expect(await verify(forged)).toMatchObject({ code: 1, out: expect.stringContaining('hash') as string });
    expect(await verify('nonsense')).toMatchObject({ code: 2 });
    expect((await rampart.call('GET', `${path}/decisions/99/certificate`)).status).toBe(404);
  });

  it('can be taken again under another policy, and planned before', async () => {
    const path = '/v1/experiments/commanded';
    const { status, body } = await rampart.call('POST', `${path}/backtests`, { policy: 'standard' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      experiment_id: 'commanded',
      outcome: 'undecided',
      policy: { id: 'standard' },
    });
    expect(
      await rampart.call('POST', `${path}/backtests`, { policy: { alpha: { final: 7 } } }),
    ).toMatchObject({
      status: 422,
      body: { errors: [expect.objectContaining({ path: 'policy.alpha.final' })] },
    });
    const rehearsal = await rampart.call('POST', `${path}/rehearsals`, { runs: 20, true_lift: 0.5 });
    expect(rehearsal.status).toBe(200);
    expect(rehearsal.body).toMatchObject({
      power: { wanted: 0.8 },
      false_ship: { rate: expect.any(Number) as number },
    });
    expect((await rampart.call('POST', `${path}/rehearsals`, { runs: 1 })).status).toBe(422);
    const power = await rampart.call('GET', `${path}/power?units_per_day=1000`);
    expect(power.body).toMatchObject({ mde: 0.01, metrics: [{ metric_id: 'click_through_rate' }, {}] });
  });
});

describe('evidence', () => {
  it('of quantiles, ratios and covariates is measured on the real servers', async () => {
    const metric = {
      kind: 'ratio',
      event: 'purchase',
      aggregate: 'sum',
      denominator_event: 'request',
      direction: 'increase',
      scale: 100,
    };
    expect((await rampart.call('PUT', '/v1/metrics/spent_per_request', metric)).status).toBe(201);
    const { start_date: _, end_date: __, ...definition } = EXPERIMENT;
    await rampart.call('POST', '/v1/experiments', {
      ...definition,
      experiment_id: 'slow_pages',
      policy_id: 'slow',
      target_audience: {},
      success_metrics: { primary: ['spent_per_request', 'engagement_time'], guardrail: ['latency_p95'] },
    });
    // What units did before the experiment, of which the covariate is made.
    const yesterday = new Date(Date.now() - DAY_MS).toISOString();
    const units = Array.from({ length: 600 }, (_, n) => `page-${n}`);
    await rampart.call(
      'POST',
      '/v1/events',
      units.map((unit_id, n) => ({
        event_id: `before-${n}`,
        type: 'engagement',
        unit_id,
        timestamp: yesterday,
        value: n % 50,
      })),
    );
    await rampart.call('POST', '/v1/experiments/slow_pages/start', { start_date: 'now', duration: '30m' });
    await eventually(async () => (await rampart.experiment('slow_pages'))['state'] === 'ramping');
    await rampart.call('POST', '/v1/experiments/slow_pages/advance');
    await eventually(async () => (await rampart.assign('slow_pages', 'page-0'))['revision'] === 2);
    const timestamp = new Date().toISOString();
    const arms: Record<string, { n: number; d: number; y: number }> = {
      control: { n: 0, d: 0, y: 0 },
      treatment: { n: 0, d: 0, y: 0 },
    };
    const events: object[] = [];
    for (const [n, unit_id] of units.entries()) {
      const { variant, in_experiment } = await rampart.assign('slow_pages', unit_id);
      if (!in_experiment) continue;
      const factor = variant === 'treatment' ? 3 : 1;
      const requests = Array.from({ length: 8 }, (_, k) => factor * (50 + ((n * 8 + k) % 100)));
      arms[variant as string]!.n += 1;
      arms[variant as string]!.d += requests.length;
      arms[variant as string]!.y += (n % 7) * 100;
      const event = (id: string, type: string, more: object): object => ({
        event_id: `${id}-${n}`,
        type,
        unit_id,
        timestamp,
        ...more,
      });
      events.push(
        event('x', 'exposure', { experiment_id: 'slow_pages', variant }),
        event('p', 'purchase', { value: n % 7 }),
        event('e', 'engagement', { value: (n % 50) + (n % 3) }),
        ...requests.map((value, k) => event(`r${k}`, 'request', { value })),
      );
    }
    // All at once: the harm is proven by a part of them, and what comes after the end is not counted.
    while (events.length > 0) {
      const { status } = await rampart.call('POST', '/v1/events', events.splice(0, 1_000));
      expect(status).toBe(202);
    }
    await eventually(async () => {
      const { body } = await rampart.call('GET', '/v1/experiments/slow_pages/totals');
      const { variants } = body as { variants: Record<string, { metrics: Record<string, object> }> };
      for (const [variant, { n, d, y }] of Object.entries(arms)) {
        expect(variants[variant]!.metrics['spent_per_request']).toMatchObject({ n, sum_y: y, sum_d: d });
        expect(variants[variant]!.metrics['latency_p95']).toMatchObject({ n, sum_d: d });
      }
      return true;
    });
    // Latencies are three times as long: the frozen threshold shows it, and it is rolled back.
    await eventually(async () => (await rampart.experiment('slow_pages'))['outcome'] === 'rolled_back');
    const decisions = (await rampart.call('GET', '/v1/experiments/slow_pages/decisions')).body['items'];
    expect(decisions).toContainEqual(
      expect.objectContaining({
        row: 2,
        reasons: [
          expect.objectContaining({
            evidence: [expect.objectContaining({ metric_id: 'latency_p95', variant: 'treatment' })],
          }),
        ],
      }),
    );
    const { body } = await rampart.call('GET', '/v1/experiments/slow_pages/results');
    const { quantiles, evidence } = body as {
      quantiles: Record<string, Record<string, number>>;
      evidence: { metrics: { metric_id: string; comparisons: { cuped?: { variance_saved: number } }[] }[] };
    };
    expect(quantiles['latency_p95']!['treatment']! / quantiles['latency_p95']!['control']!).toBeGreaterThan(
      2.9,
    );
    const time = evidence.metrics.find((one) => one.metric_id === 'engagement_time')!;
    expect(time.comparisons[0]!.cuped!.variance_saved).toBeGreaterThan(0.9);
  });

  it('is folded exactly: events twice, out of order, from units in and outside the experiment', async () => {
    await start('counted');
    await rampart.call('POST', '/v1/experiments/counted/advance');
    const now = new Date().toISOString();
    const events: object[] = [];
    const expected: Record<string, { units: number; clicks: number; seconds: number }> = {
      control: { units: 0, clicks: 0, seconds: 0 },
      treatment: { units: 0, clicks: 0, seconds: 0 },
    };
    for (let n = 0; n < 120; n += 1) {
      const unit_id = `counted-${n}`;
      const { variant, in_experiment } = await rampart.assign('counted', unit_id);
      const common = { unit_id, timestamp: now };
      events.push({ ...common, event_id: `c${n}`, type: 'click' });
      events.push({ ...common, event_id: `g${n}`, type: 'engagement', value: n / 8 });
      events.push({ ...common, event_id: `x${n}`, type: 'exposure', experiment_id: 'counted', variant });
      if (!in_experiment) continue;
      const arm = expected[variant as string]!;
      arm.units += 1;
      arm.clicks += 1;
      arm.seconds += (n * 1000) / 8;
    }
    const half = events.length / 2;
    await rampart.call('POST', '/v1/events', events.slice(half).reverse());
    await rampart.call('POST', '/v1/events', events.slice(0, half));
    await rampart.call('POST', '/v1/events', events);
    await eventually(async () => {
      const { body } = await rampart.call('GET', '/v1/experiments/counted/totals');
      const variants = body['variants'] as Record<
        string,
        { units: number; metrics: Record<string, { n: number; sum: number }> }
      >;
      for (const [variant, { units, clicks, seconds }] of Object.entries(expected)) {
        expect(variants[variant]).toMatchObject({
          units,
          metrics: {
            click_through_rate: { n: units, sum: clicks },
            engagement_time: { n: units, sum: seconds },
          },
        });
      }
      return true;
    });
    await rampart.call('POST', '/v1/experiments/counted/stop', { reason: 'done' });
    await eventually(async () => (await rampart.experiment('counted'))['state'] === 'completed');
  });
});

describe('the emergency stop', () => {
  it('is obeyed while Temporal is away, acknowledged when it is back, and released', async () => {
    await start('stopped');
    const unit = await treated('stopped');
    const temporal = await rampart.pidOf('start-dev');
    process.kill(temporal, 'SIGSTOP');
    const { status, body } = await rampart.call('POST', '/v1/emergency-stops', { reason: 'it burns' });
    expect(status).toBe(202);
    const path = `/v1/emergency-stops/${String(body['emergency_stop_id'])}`;
    await eventually(async () => (await rampart.assign('stopped', unit))['reason'] === 'FENCED', 2_000);
    expect(await rampart.assign('stopped', unit)).toMatchObject({ variant: 'control', in_experiment: false });
    expect((await rampart.call('GET', path)).body).toMatchObject({ complete: false, pending: ['stopped'] });
    expect(await rampart.call('POST', `${path}/release`)).toMatchObject({
      status: 409,
      body: { code: 'stop_incomplete' },
    });
    // Killed for good this time: serve starts another on the same files.
    process.kill(temporal, 'SIGKILL');
    await eventually(async () => (await rampart.call('GET', path)).body['complete'] === true, 60_000);
    expect(await rampart.experiment('stopped')).toMatchObject({ state: 'completed', outcome: 'stopped' });
    const instances = (await rampart.call('GET', path)).body['instances'];
    expect(instances).toEqual([expect.objectContaining({ obeys: true, live: true })]);
    expect((await rampart.call('POST', `${path}/release`)).status).toBe(200);
    expect(await rampart.call('POST', `${path}/release`)).toMatchObject({
      status: 409,
      body: { code: 'already_released' },
    });
    expect(await rampart.assign('stopped', unit)).toMatchObject({
      variant: 'control',
      reason: 'NOT_RUNNING',
    });
  });
});

describe('Temporal away', () => {
  it('a command is accepted, and taken once when it is back', async () => {
    await start('waiting');
    const temporal = await rampart.pidOf('start-dev');
    process.kill(temporal, 'SIGSTOP');
    const accepted = await rampart.call('POST', '/v1/experiments/waiting/pause', { reason: 'later' });
    process.kill(temporal, 'SIGCONT');
    expect(accepted.status).toBe(202);
    const path = accepted.headers.get('location')!;
    expect((await rampart.call('GET', path)).body).toMatchObject({ command: 'pause' });
    await eventually(async () => (await rampart.call('GET', path)).body['status'] === 'done', 60_000);
    expect(await rampart.experiment('waiting')).toMatchObject({ paused: { reason: 'later' } });
    const { body } = await rampart.call('GET', '/v1/experiments/waiting/timeline');
    const pauses = (body['items'] as { kind: string }[]).filter(({ kind }) => kind === 'command');
    expect(pauses).toHaveLength(1);
  });
});

describe('MongoDB away', () => {
  it('is told by management within 3 s while serving goes on', async () => {
    await start('served');
    const unit = await treated('served');
    const mongo = await rampart.pidOf('EmbeddedMongo').catch(() => rampart.pidOf('mongod'));
    // Hanging first, so that nobody starts it again, then dead.
    process.kill(mongo, 'SIGSTOP');
    let hanging = await rampart.call('GET', '/v1/experiments/served');
    // The signal may arrive after the first question.
    while (hanging.status === 200) hanging = await rampart.call('GET', '/v1/experiments/served');
    expect(hanging).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(hanging.headers.get('retry-after')).toBe('1');
    expect(await rampart.assign('served', unit)).toMatchObject({ variant: 'treatment', reason: 'SPLIT' });
    process.kill(mongo, 'SIGKILL');
    const answers = await Promise.all([
      rampart.call('GET', '/v1/experiments/served'),
      rampart.assign('served', unit),
      rampart.call('POST', '/v1/events', [
        { event_id: 'm1', type: 'click', unit_id: 'u', timestamp: new Date().toISOString() },
      ]),
    ]);
    expect(answers[1]).toMatchObject({ variant: 'treatment', reason: 'SPLIT' });
    for (const { status, headers } of [answers[0], answers[2]]) {
      expect([200, 202, 503]).toContain(status);
      if (status === 503) expect(headers.get('retry-after')).toBe('1');
    }
    await eventually(
      async () => (await rampart.call('GET', '/v1/experiments/served')).status === 200,
      30_000,
    );
    expect(await rampart.experiment('served')).toMatchObject({ state: 'ramping' });
  });
});

describe('kill -9 of everything', () => {
  it('in mid-ramp: started again on the same folder it goes on where it was', async () => {
    await start('surviving');
    const unit = await treated('surviving');
    await rampart.call('POST', '/v1/experiments/surviving/advance');
    const before = await rampart.experiment('surviving');
    expect(before).toMatchObject({ state: 'ramping', coverage: 50 });
    await rampart.killAll();
    await rampart.begin();
    expect(await rampart.assign('surviving', unit)).toMatchObject({
      variant: 'treatment',
      in_experiment: true,
    });
    expect(await rampart.experiment('surviving')).toMatchObject({
      state: 'ramping',
      coverage: 50,
      revision: before['revision'],
      holds: [UNSEEN],
    });
    const advanced = await rampart.call('POST', '/v1/experiments/surviving/advance');
    expect([200, 202]).toContain(advanced.status);
    await eventually(async () => (await rampart.experiment('surviving'))['state'] === 'running', 60_000);
    expect(await rampart.assign('surviving', unit)).toMatchObject({ variant: 'treatment' });
  });

  it('and with Temporal’s files lost it comes back from the checkpoint, on hold until a person resumes', async () => {
    await start('recovered');
    const unit = await treated('recovered');
    const before = await rampart.experiment('recovered');
    await rampart.killAll();
    for (const file of await readdir(rampart.dataDir)) {
      if (file.startsWith('temporal.db')) await rm(join(rampart.dataDir, file));
    }
    await rampart.begin();
    expect(await rampart.assign('recovered', unit)).toMatchObject({ variant: 'treatment' });
    await eventually(async () => {
      const { holds } = (await rampart.experiment('recovered')) as { holds: { code: string }[] };
      return holds.some((hold) => hold.code === 'recovered');
    }, 60_000);
    expect(await rampart.experiment('recovered')).toMatchObject({
      state: 'ramping',
      revision: before['revision'],
    });
    const refused = await rampart.call('POST', '/v1/experiments/recovered/advance');
    expect(refused).toMatchObject({ status: 409, body: { code: 'held', holds: [{ code: 'recovered' }] } });
    expect(await rampart.call('POST', '/v1/experiments/recovered/resume')).toMatchObject({
      status: 200,
      body: { holds: [UNSEEN] },
    });
    expect(await rampart.call('POST', '/v1/experiments/recovered/advance')).toMatchObject({ status: 200 });
  });

  it('SIGTERM ends it cleanly, leaving no process, also while looks wait for a MongoDB that hangs', async () => {
    await start('looking');
    const pids = await rampart.childPids();
    const [mongo] = await rampart.pidsOf('mongodb');
    process.kill(mongo!, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await rampart.end()).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
    const killed = rampart.log.split('\n').filter((line) => line.includes('SIGTERM: killed'));
    // What is stopped cannot end by itself, but nothing else is kept from it.
    expect(killed).toEqual([expect.stringMatching(/^MongoDB /)]);
  });
});
