import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPERIMENT } from '../../src/bin/demo-definitions.js';
import { eventually, Rampart } from './harness.js';

let rampart: Rampart;

beforeAll(async () => {
  rampart = await Rampart.start();
  for (const [policy_id, holdback] of [
    ['quick', 10],
    ['quick_for_all', 0],
  ] as const) {
    await rampart.call('PUT', `/v1/policies/${policy_id}`, {
      ramp: [{ coverage: 10, min_dwell: '60s' }, { coverage: 50, min_dwell: '60s' }, { coverage: 100 }],
      poll: { ramping: '1s', running: '1s' },
      min_duration: '2m',
      max_duration: '1h',
      rollout: [{ coverage: 100 }],
      holdback,
      watch: '2s',
      no_traffic_grace: '1h',
      stale_after: '1h',
    });
  }
});

afterAll(async () => {
  await rampart.dispose();
});

async function start(id: string, more: object = {}): Promise<void> {
  const { start_date: _, end_date: __, ...definition } = EXPERIMENT;
  const body = { ...definition, experiment_id: id, policy_id: 'quick', ...more };
  expect((await rampart.call('POST', '/v1/experiments', body)).status).toBe(201);
  const started = await rampart.call('POST', `/v1/experiments/${id}/start`, { duration: '30m' });
  expect(started.status).toBe(202);
}

const isIn = (id: string, state: string): Promise<void> =>
  eventually(async () => (await rampart.experiment(id))['state'] === state);
const command = (id: string, name: string, body?: object): ReturnType<Rampart['call']> =>
  rampart.call('POST', `/v1/experiments/${id}/${name}`, body);

async function ofrep(flag: string): Promise<unknown> {
  const context = { targetingKey: 'somebody', segments: ['active_users'] };
  return (await rampart.call('POST', `/ofrep/v1/evaluate/flags/${flag}`, { context })).body['value'];
}

describe('a layer', () => {
  it('lets the second wait in the queue and begin by itself when the first is over', async () => {
    expect((await rampart.call('PUT', '/v1/layers/checkout', {})).status).toBe(201);
    const whole = { layer_id: 'checkout' };
    expect(
      await rampart.call('POST', '/v1/experiments', { ...EXPERIMENT, experiment_id: 'x', layer_id: 'none' }),
    ).toMatchObject({ status: 422, body: { errors: [{ path: 'layer_id', code: 'unknown_layer' }] } });
    await start('first', { ...whole, layer_share: 60 });
    await isIn('first', 'ramping');
    await start('second', { ...whole, layer_share: 60 });
    await start('third', { ...whole, layer_share: 30 });
    await isIn('second', 'queued');
    await isIn('third', 'queued');
    expect((await rampart.call('GET', '/v1/layers/checkout')).body).toMatchObject({
      leases: [{ experiment_id: 'first', share: 60 }],
      free: 40,
      queue: ['second', 'third'],
    });
    expect((await command('first', 'ramp', { coverage: 100 })).status).toBe(200);
    const counts = { SPLIT: 0, LAYER: 0 };
    for (let unit = 0; unit < 400; unit += 1) {
      counts[(await rampart.assign('first', `unit-${unit}`))['reason'] as 'SPLIT' | 'LAYER'] += 1;
    }
    expect(Math.abs(counts.SPLIT - 240)).toBeLessThan(60);
    await command('first', 'stop', { reason: 'enough' });
    await isIn('second', 'ramping');
    await isIn('third', 'ramping');
    expect((await rampart.call('GET', '/v1/layers/checkout')).body).toMatchObject({ queue: [], free: 10 });
  });
});

describe('ramp and exclusions', () => {
  it('withdraw units at once, and say what coverage it is now', async () => {
    await start('ramped');
    await isIn('ramped', 'ramping');
    expect(await command('ramped', 'ramp', { coverage: 70 })).toMatchObject({
      status: 200,
      body: { state: 'ramping', coverage: 70 },
    });
    expect(await command('ramped', 'ramp', { coverage: 40 })).toMatchObject({ body: { coverage: 10 } });
    expect(await command('ramped', 'ramp', { coverage: 90 })).toMatchObject({
      status: 409,
      body: { code: 'out_of_range', detail: expect.stringContaining('at most 40 %') as string },
    });
    // All that were not withdrawn: nobody is left to enrol.
    expect(await command('ramped', 'ramp', { coverage: 40 })).toMatchObject({
      body: { state: 'running', coverage: 40 },
    });
    let unit_id = '';
    for (let n = 0; unit_id === ''; n += 1) {
      if ((await rampart.assign('ramped', `unit-${n}`))['in_experiment']) unit_id = `unit-${n}`;
    }
    await rampart.call('POST', '/v1/experiments/ramped/assignments', {
      unit_id,
      attributes: { segments: ['active_users'] },
    });
    const units = async (): Promise<number> => {
      const { variants } = (await rampart.call('GET', '/v1/experiments/ramped/totals')).body as {
        variants: Record<string, { units: number }>;
      };
      return Object.values(variants).reduce((sum, one) => sum + one.units, 0);
    };
    await eventually(async () => (await units()) === 1);
    const excluded = await command('ramped', 'exclusions', { unit_ids: [unit_id], reason: 'our own tester' });
    expect(excluded).toMatchObject({ status: 200, body: { count: 1 } });
    expect(await rampart.assign('ramped', unit_id)).toMatchObject({ variant: 'control', reason: 'EXCLUDED' });
    await eventually(async () => (await units()) === 0);
    const path = '/v1/experiments/ramped/exclusions';
    expect((await rampart.call('GET', path)).body).toMatchObject({ items: [{ unit_id, by: 'root' }] });
    expect((await rampart.call('DELETE', `${path}/${unit_id}`)).status).toBe(204);
    expect(await rampart.assign('ramped', unit_id)).toMatchObject({ reason: 'SPLIT' });
  });
});

describe('a winner', () => {
  it.each(['quick', 'quick_for_all'])('is written into the flag at the end (%s)', async (policy_id) => {
    const id = `won_${policy_id}`;
    await start(id, {
      policy_id,
      variants: { control: { traffic: 50, config: 'old' }, treatment: { traffic: 50, config: 'new' } },
    });
    await isIn(id, 'ramping');
    await command(id, 'conclude', { variant: 'treatment', reason: 'we know' });
    await isIn(id, 'completed');
    await eventually(async () => (await rampart.call('GET', `/v1/flags/${id}`)).status === 200);
    expect((await rampart.call('GET', `/v1/flags/${id}`)).body).toMatchObject({
      rules: [{ experiment_id: id, variants: { treatment: 100 } }],
    });
    await eventually(async () => (await ofrep(id)) === 'new');
    const { items } = (await rampart.call('GET', '/v1/reports/stale-flags')).body as {
      items: { flag_id: string; reason: string }[];
    };
    expect(items).toContainEqual(expect.objectContaining({ flag_id: id, reason: 'shipped' }));
    // The flag is free again: its owner may change it, or run the next experiment on it.
    const { body } = await rampart.call('GET', `/v1/flags/${id}`);
    const { revision: _, created_at: __, updated_at: ___, ...flag } = body;
    expect((await rampart.call('PUT', `/v1/flags/${id}`, { ...flag, rules: [] })).status).toBe(200);
    await eventually(async () => (await ofrep(id)) === 'old');
  });

  it('of a stopped experiment is nobody: the flag serves the control', async () => {
    await start('lost', {
      variants: { control: { traffic: 50, config: 'old' }, treatment: { traffic: 50, config: 'new' } },
    });
    await isIn('lost', 'ramping');
    await command('lost', 'stop', { reason: 'no' });
    await isIn('lost', 'completed');
    expect(await ofrep('lost')).toBe('old');
    expect((await rampart.call('GET', '/v1/flags/lost')).status).toBe(404);
    expect(await rampart.assign('lost', 'somebody')).toMatchObject({
      variant: 'control',
      reason: 'NOT_RUNNING',
    });
  });
});

describe('the terminal', () => {
  const json = async (argv: string[], input?: string): Promise<Record<string, unknown>> => {
    const { code, out, err } = await rampart.cli(argv, input);
    expect(code, err).toBe(0);
    return JSON.parse(out) as Record<string, unknown>;
  };

  it('creates, starts, lists and follows an experiment, and stops all of them', async () => {
    const { start_date: _, end_date: __, ...definition } = EXPERIMENT;
    const file = JSON.stringify({
      ...definition,
      experiment_id: 'typed',
      policy_id: 'quick',
      tags: ['by-hand'],
    });
    expect(await json(['create', '-'], file)).toMatchObject({ state: 'draft' });
    await json(['start', 'typed', '--duration', '30m']);
    await isIn('typed', 'ramping');
    const listed = await json(['list', '--state', 'ramping', '--tag', 'by-hand']);
    expect(listed['items']).toMatchObject([{ experiment_id: 'typed', state: 'ramping' }]);
    expect(await json(['ramp', 'typed', '--coverage', '50'])).toMatchObject({ coverage: 50 });

    const watching = rampart.cli(['watch', 'typed']);
    const { code, out } = await rampart.cli(['emergency-stop', '--all', '--reason', 'a drill', '--wait']);
    expect(code).toBe(0);
    const report = JSON.parse(out) as Record<string, unknown>;
    expect(report).toMatchObject({ complete: true, pending: [], reason: 'a drill' });
    expect(await json(['get', 'typed'])).toMatchObject({ state: 'completed', outcome: 'stopped' });
    const lines = (await watching).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; to?: string });
    expect(lines.at(-1)).toBeDefined();
    expect(lines.some(({ to }) => to === 'completed')).toBe(true);
    expect(await json(['release', String(report['emergency_stop_id'])])).toHaveProperty('released_at');
  });

  it('says in one line what is in the way', async () => {
    const refused = await rampart.cli(['pause', 'typed']);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(JSON.parse(refused.err)).toMatchObject({ code: 'not_live' });
    const half = await rampart.cli(['emergency-stop', '--reason', 'which?']);
    expect(half).toMatchObject({ code: 2, err: expect.stringMatching(/^usage: .*\n$/) as string });
  });
});
