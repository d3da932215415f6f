import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { Door } from './door.js';

let door: Door;

const FLAGS: Record<string, object> = {
  on_off: { enabled: true, rollout_percentage: 40 },
  off: { enabled: false },
  staged: { enabled: true, environments: ['staging'] },
  later: { enabled: true, schedule: { from: '2090-01-01T00:00:00Z' } },
  needing: { enabled: true, prerequisites: [{ flag_id: 'on_off', variants: ['on'] }] },
  gated: { enabled: true, target_segments: ['beta', 'pro'] },
  sized: { value_type: 'number', default: 20, segments: { pro: 50 } },
  home_layout: {
    variants: { grid: { weight: 100 }, hybrid: { weight: 0, config: { columns: 2 } } },
    rules: [
      { conditions: { country: { $in: ['NO', 'SE'] } }, value: 'grid', environments: ['staging'] },
      { conditions: { app_version: { $vlt: '9.2.0' } }, value: 'grid' },
      { conditions: { $inGroup: 'pro' }, variants: { grid: 50, hybrid: 50 } },
    ],
  },
};
const CONTEXTS: Record<string, unknown>[] = [
  {},
  { targetingKey: 'u1' },
  { targetingKey: 'u2', plan: 'pro', app_version: '9.14.2' },
  { targetingKey: 'u3', segments: ['beta'], app_version: '9.1.0' },
  { targetingKey: '' },
];

beforeAll(async () => {
  door = await Door.open();
  await door.call('put', '/v1/segments/pro', { body: { conditions: { plan: 'pro' } } });
  for (const [flag_id, body] of Object.entries(FLAGS)) {
    expect((await door.call('put', `/v1/flags/${flag_id}`, { body })).status).toBe(201);
  }
  const { store, refresher } = door.api;
  for (const experiment_id of ['reco', 'layout']) {
    const definition = experimentSchema.parse({
      ...{ experiment_id, policy_id: 'demo', success_metrics: { primary: ['click_through_rate'] } },
      variants:
        experiment_id === 'reco'
          ? { control: { traffic: 50 }, treatment: { traffic: 50 } }
          : { grid: { traffic: 50 }, hybrid: { traffic: 50 } },
      ...(experiment_id === 'layout' && { flag_id: 'home_layout', control: 'grid' }),
    });
    await store.experiments.create(definition, experiment_id, 'root');
    await door.call('post', `/v1/experiments/${experiment_id}/start`, { body: {} });
  }
  await store.serving.changed('experiment:reco', 'experiment:layout');
  await refresher.refresh();
});

afterAll(() => door.close());

interface Explained {
  value?: unknown;
  variant: string | null;
  reason: string;
  error: string | null;
  slot: number | null;
  experiment_id: string | null;
  in_experiment: boolean;
  definition: string;
  steps: { check: string; path: string; passed: boolean; text: string; detail: string | null }[];
}

async function explained(flag_id: string, body: object): Promise<Explained> {
  const answer = await door.call('post', `/v1/flags/${flag_id}/explain`, { body });
  expect(answer.status).toBe(200);
  return answer.body as unknown as Explained;
}

it('a flag that is read names the experiments under way on it', async () => {
  expect((await door.call('get', '/v1/flags/home_layout')).body['driven_by']).toEqual(['layout']);
  expect((await door.call('get', '/v1/flags/on_off')).body).not.toHaveProperty('driven_by');
  const { items } = (await door.call('get', '/v1/flags')).body as { items: Record<string, unknown>[] };
  expect(items.filter((item) => item['driven_by']).map((item) => item['flag_id'])).toEqual(['home_layout']);
});

describe('an explanation', () => {
  it.each([...Object.keys(FLAGS), 'reco'])('gives of %s what OFREP gives', async (flag_id) => {
    for (const context of CONTEXTS) {
      const { status, body } = await door.call('post', `/ofrep/v1/evaluate/flags/${flag_id}`, {
        body: { context },
      });
      const { value, variant, reason, error, steps, ...more } = await explained(flag_id, { context });
      expect(steps.length).toBeGreaterThan(0);
      if (status === 400) {
        expect([reason, error]).toEqual(['ERROR', body['errorCode']]);
        continue;
      }
      expect([value, variant ?? undefined, reason]).toEqual([body['value'], body['variant'], body['reason']]);
      const { experiment_id, in_experiment } = body['metadata'] as Record<string, unknown>;
      expect(more.experiment_id ?? undefined).toBe(experiment_id);
      expect(more.in_experiment).toBe(in_experiment ?? false);
    }
  });

  it('names each check by its place in the definition', async () => {
    const { steps } = await explained('home_layout', {
      context: { targetingKey: 'u1', app_version: '9.14.2', plan: 'free' },
    });
    expect(steps.slice(0, 4)).toEqual([
      { check: 'enabled', path: 'enabled', passed: true, text: 'The flag is on', detail: null },
      {
        ...{ check: 'rule', path: 'rules.1', passed: false, text: 'app_version is before version "9.2.0"' },
        detail: 'app_version is "9.14.2"',
      },
      {
        ...{ check: 'rule', path: 'rules.2', passed: false, text: 'in segment pro' },
        detail: 'is not in segment pro',
      },
      expect.objectContaining({ check: 'running', path: 'experiments.layout.live', passed: true }),
    ]);
    expect(steps.at(-1)!.path).toMatch(/^(experiments\.layout\.variants|variants)$/);
    const gated = await explained('gated', { context: { targetingKey: 'u9' } });
    expect(gated.steps.at(-1)).toEqual({
      ...{ check: 'target_segments', path: 'target_segments', passed: false },
      ...{ text: 'Not in segments beta or pro: off', detail: null },
    });
    const { slot, steps: sized } = await explained('on_off', { context: { targetingKey: 'u9' } });
    expect(sized.at(-1)).toMatchObject({ check: 'otherwise', path: 'rollout_percentage' });
    expect(sized.at(-1)!.text).toContain(`slot ${slot!.toLocaleString('en')} of 10,000`);
  });

  it('is of an edit that is not saved, and saves nothing', async () => {
    const context = { targetingKey: 'u1' };
    const now = await explained('off', { context, definition: { enabled: true } });
    expect(now).toMatchObject({ value: true, variant: 'on', reason: 'STATIC', definition: 'given' });
    expect(await explained('off', { context })).toMatchObject({ value: false, definition: 'served' });
    const fresh = await explained('not_there_yet', {
      context,
      definition: { value_type: 'number', default: 7 },
    });
    expect(fresh).toMatchObject({ value: 7, variant: 'default' });
    const { body: stored } = await door.call('get', '/v1/flags/off');
    expect(stored['enabled']).toBe(false);
    // What GET answers can be sent as it is.
    expect(await explained('off', { context, definition: stored })).toMatchObject({ value: false });
  });

  it('refuses an edit as a PUT does, with errors at their fields', async () => {
    const errorsOf = async (definition: object): Promise<unknown> => {
      const { status, body } = await door.call('post', '/v1/flags/needing/explain', {
        body: { context: {}, definition },
      });
      expect(status).toBe(422);
      return (body['errors'] as { path: string }[]).map(({ path }) => path);
    };
    expect(await errorsOf({ enabled: true, rollout_percentage: 140 })).toEqual([
      'definition.rollout_percentage',
    ]);
    expect(await errorsOf({ enabled: true, flag_id: 'other' })).toEqual(['definition.flag_id']);
    expect(
      await errorsOf({ enabled: true, rules: [{ conditions: { a: { $odd: 1 } }, value: true }] }),
    ).toEqual(['definition.rules.0.conditions.a.$odd']);
    expect(await errorsOf({ enabled: true, prerequisites: [{ flag_id: 'nowhere' }] })).toEqual([
      'definition.prerequisites.0.flag_id',
    ]);
    const circle = await door.call('post', '/v1/flags/on_off/explain', {
      body: { context: {}, definition: { enabled: true, prerequisites: [{ flag_id: 'needing' }] } },
    });
    expect((circle.body['errors'] as { code: string }[])[0]!.code).toBe('circular');
  });

  it('refuses a unit that cannot be one, and knows no flag that is not served', async () => {
    const wrong = await door.call('post', '/v1/flags/off/explain', {
      body: { context: { targetingKey: 5 } },
    });
    expect([wrong.status, (wrong.body['errors'] as { path: string }[])[0]!.path]).toEqual([
      422,
      'context.targetingKey',
    ]);
    const none = await door.call('post', '/v1/flags/nowhere/explain', { body: { context: {} } });
    expect(none.status).toBe(404);
  });
});
