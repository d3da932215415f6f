import type { ChildProcess, fork as Fork, Serializable } from 'node:child_process';
import { checkSync } from 'recheck';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { launch as rehearsable } from '../rehearsal/launch.js';
import { rehearse } from '../../src/rehearsal/rehearse.js';
import type { Launch } from '../../src/model/launch.js';
import { Door } from './door.js';

// The check of regular expressions takes seconds. The API's process must have it made by another.
vi.mock('recheck', () => ({ checkSync: vi.fn(() => ({ status: 'unknown' })) }));

/** What the other process is asked reaches it only once this is resolved. */
let held: Promise<void> = Promise.resolve();
vi.mock('node:child_process', async (original) => {
  const actual = await original<{ fork: typeof Fork }>();
  const fork = (...given: Parameters<typeof Fork>): ChildProcess => {
    const child = actual.fork(...given);
    const send: (message: Serializable) => boolean = child.send.bind(child);
    child.send = (message: Serializable) => {
      void held.then(() => send(message));
      return true;
    };
    return child;
  };
  return { ...actual, fork };
});

let door: Door;

beforeAll(async () => {
  door = await Door.open();
});

afterAll(async () => {
  await door.close();
});

interface Validation {
  errors: { path: string; code: string; message: string }[];
  warnings: { code: string; text: string }[];
  launch: Launch | null;
  baselines: object;
  traffic: object | null;
}

async function validated(kind: string, definition: object, start?: object): Promise<Validation> {
  const { status, body } = await door.call('post', '/v1/validations', { body: { kind, definition, start } });
  expect(status).toBe(200);
  return body as unknown as Validation;
}

const codesOf = ({ errors }: Validation) => errors.map(({ path, code }) => [path, code]);

const good = {
  experiment_id: 'search_short',
  variants: { control: { traffic: 50 }, short: { traffic: 50 } },
  success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate'] },
};

describe('a validation of an experiment', () => {
  it('tells what a start would freeze, what may be in its way, and stores nothing', async () => {
    const { errors, warnings, launch } = await validated('experiment', good, { duration: '14d' });
    expect(errors).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(['guardrail_unseen']);
    expect(launch!.end_at - launch!.start_at).toBe(14 * 86_400_000);
    expect(launch!.arms).toEqual([
      { variant: 'control', traffic: 50 },
      { variant: 'short', traffic: 50 },
    ]);
    const { status } = await door.call('get', '/v1/experiments/search_short');
    expect(status).toBe(404);
  });

  it('answers a launch that can be rehearsed as it is', async () => {
    const { launch } = await validated('experiment', good);
    const options = { runs: 2, units_per_day: 500 };
    expect(rehearse(launch!, options).scenarios).toHaveLength(3);
    expect(Object.keys(launch!)).toEqual(expect.arrayContaining(Object.keys(rehearsable())));
  });

  it('tells the errors of all stages at once', async () => {
    const answer = await validated(
      'experiment',
      {
        experiment_id: 'has a space',
        colour: 'blue',
        variants: { control: { traffic: 50 }, short: { traffic: 'half' } },
        success_metrics: { primary: [], guardrail: ['error_rate', 'nothing_counts_this'] },
        policy_id: 'none_such',
        layer_id: 'no_layer',
        end_date: 'soon',
      },
      {},
    );
    expect(codesOf(answer)).toEqual(
      expect.arrayContaining([
        ['experiment_id', 'invalid_value'],
        ['colour', 'unknown_field'],
        ['variants.short.traffic', 'invalid_type'],
        ['success_metrics.primary', 'out_of_range'],
        ['success_metrics.guardrail.1', 'unknown_metric'],
        ['policy_id', 'unknown_policy'],
        ['layer_id', 'unknown_layer'],
        ['end_date', 'invalid_value'],
      ]),
    );
    expect(answer.errors).toHaveLength(8);
    expect(answer.launch).toBeNull();
  });

  it('tells what only a start would refuse, besides what is wrong elsewhere', async () => {
    const variants = { control: { traffic: 50 }, short: { traffic: 49 } };
    const short = await validated('experiment', { ...good, variants }, { duration: '2d' });
    expect(codesOf(short)).toEqual([
      ['variants', 'invalid_value'],
      ['start.duration', 'horizon_too_short'],
    ]);
    const windowed = { ...good, success_metrics: { primary: ['click_through_rate', 'user_retention'] } };
    const slow = await validated('experiment', windowed, { duration: '7d' });
    expect(codesOf(slow)).toEqual([['success_metrics.primary', 'out_of_range']]);
    const dated = { ...good, start_date: '2020-01-01T00:00:00Z', end_date: '2020-02-01T00:00:00Z' };
    expect(codesOf(await validated('experiment', dated))).toEqual([['end_date', 'horizon_in_past']]);
  });

  it('tells an id that is taken, and a flag that does not fit', async () => {
    const flag = { flag_id: 'on_or_off', enabled: true };
    expect((await door.call('post', '/v1/flags', { body: flag })).status).toBe(201);
    const taken = { ...good, experiment_id: 'taken' };
    expect((await door.call('post', '/v1/experiments', { body: taken })).status).toBe(201);
    const answer = await validated('experiment', { ...taken, flag_id: 'on_or_off' });
    expect(codesOf(answer)).toEqual([
      ['experiment_id', 'already_exists'],
      ['variants.short.config', 'type_mismatch'],
    ]);
  });

  it('reads nothing into what is no experiment at all', async () => {
    const answer = await validated('experiment', { variants: 5, success_metrics: [] });
    expect(codesOf(answer)).toEqual(
      expect.arrayContaining([
        ['experiment_id', 'required'],
        ['variants', 'invalid_type'],
        ['success_metrics', 'invalid_type'],
      ]),
    );
  });
});

describe('a validation of another definition', () => {
  it.each([
    ['flag', { flag_id: 'new', enabled: true, rules: [] }, []],
    [
      'flag',
      { flag_id: 'new', rules: [{ conditions: { $inGroup: 'nobody' }, value: true }] },
      [['enabled', 'required']],
    ],
    [
      'flag',
      {
        flag_id: 'new',
        enabled: true,
        prerequisites: [{ flag_id: 'none' }],
        rules: [{ conditions: { $inGroup: 'nobody' }, value: true }],
      },
      [
        ['rules.0.conditions', 'unknown_segment'],
        ['prerequisites.0.flag_id', 'unknown_flag'],
      ],
    ],
    ['segment', { segment_id: 'pro', conditions: { plan: 'pro' } }, []],
    ['metric', { metric_id: 'clicks', kind: 'proportion', event: 'click', direction: 'increase' }, []],
    ['metric', { metric_id: 'clicks', kind: 'proportion', event: 'click' }, [['direction', 'required']]],
    ['policy', { policy_id: 'ours', mde: 0.05 }, []],
    ['policy', { policy_id: 'ours', min_duration: '60d' }, [['max_duration', 'invalid_value']]],
    ['layer', { layer_id: 'search' }, []],
    ['holdout', { holdout_id: 'all', share: 80 }, [['share', 'out_of_range']]],
  ])('of a %s', async (kind, definition, expected) => {
    expect(codesOf(await validated(kind, definition))).toEqual(expected);
  });

  it('is for whoever may read, and knows no other kind', async () => {
    const body = { kind: 'layer', definition: { layer_id: 'search' } };
    const key = await door.key({ role: 'viewer' });
    expect((await door.call('post', '/v1/validations', { body, key })).status).toBe(200);
    const other = { kind: 'universe', definition: {} };
    expect((await door.call('post', '/v1/validations', { body: other })).status).toBe(422);
    const client = await door.key({ role: 'client' });
    expect((await door.call('post', '/v1/validations', { body, key: client })).status).toBe(403);
  });
});

describe('the power of a definition that is not stored', () => {
  const facts = { units_per_day: 20_000, baselines: { click_through_rate: { value: 0.1 } } };

  it('is that of the same definition once it is stored', async () => {
    const definition = { ...good, experiment_id: 'stored' };
    const { status, body } = await door.call('post', '/v1/power', {
      body: { definition, ...facts, lifts: [0.01, 0.05] },
    });
    expect(status).toBe(200);
    expect((await door.call('post', '/v1/experiments', { body: definition })).status).toBe(201);
    const query = `units_per_day=20000&baselines=${encodeURIComponent(JSON.stringify(facts.baselines))}`;
    const stored = await door.call('get', `/v1/experiments/stored/power?${query}`);
    const { lifts, ...rest } = body;
    expect(rest).toEqual(stored.body);
    const [small, large] = lifts as { lift: number; total: number; days: number }[];
    const [primary] = stored.body['metrics'] as { total: number; days: number }[];
    expect(small).toEqual({ lift: 0.01, total: primary!.total, days: primary!.days });
    expect(large!.total).toBeLessThan(small!.total / 20);
  });

  it('is refused where the definition is wrong', async () => {
    const definition = { ...good, policy_id: 'none_such' };
    const { status, body } = await door.call('post', '/v1/power', { body: { definition } });
    expect(status).toBe(422);
    expect(body['errors']).toMatchObject([{ path: 'definition.policy_id', code: 'unknown_policy' }]);
  });
});

describe('the regular expressions of a definition', () => {
  const flag = (pattern: string) => ({
    enabled: true,
    rules: [{ conditions: { email: { $regex: pattern } }, value: true }],
  });

  it.each([
    ['put', '/v1/flags/matching', flag('^[a-c]+@put$'), 201],
    ['put', '/v1/segments/matching', { conditions: { email: { $regex: '^[a-c]+@segment$' } } }, 201],
    ['post', '/v1/flags', { flag_id: 'posted', ...flag('^(a+)+post$') }, 422],
    ['post', '/v1/validations', { kind: 'flag', definition: { flag_id: 'v', ...flag('^(a+)+v$') } }, 200],
    ['post', '/v1/flags/matching/explain', { context: {}, definition: flag('^(a+)+explain$') }, 422],
  ] as const)('are checked while assignments are answered: %s %s', async (method, path, body, status) => {
    const order: string[] = [];
    let goOn = (): void => undefined;
    held = new Promise((resolve) => (goOn = resolve));
    const asked = door.call(method, path, { body }).finally(() => order.push('definition'));
    const assignments = { unit_id: 'u' };
    await door
      .call('post', '/v1/assignments', { body: assignments })
      .finally(() => order.push('assignments'));
    goOn();
    const answer = await asked;
    expect(order).toEqual(['assignments', 'definition']);
    expect(answer.status).toBe(status);
    if (status !== 201) expect(JSON.stringify(answer.body)).toContain('could take too long (exponential');
    expect(checkSync).not.toHaveBeenCalled();
  });
});
