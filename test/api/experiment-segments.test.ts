import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceFor } from '../../src/metrics/evidence-for.js';
import { planOf } from '../../src/lifecycle/plan.js';
import type { AnalyzeInput } from '../../src/stats/input.js';
import { Door } from './door.js';

let door: Door;

const good = {
  experiment_id: 'segmented',
  variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
  success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate'] },
  segments: ['ios', 'de.new'],
};

beforeAll(async () => {
  door = await Door.open();
  for (const [id, conditions] of [
    ['ios', { platform: { $regex: '^iOS' } }],
    ['german', { country: 'DE' }],
    ['de.new', { $inGroup: 'german', sessions: { $lt: 2 } }],
  ] as const)
    expect((await door.call('put', `/v1/segments/${id}`, { body: { conditions } })).status).toBe(201);
});

afterAll(() => door.close());

const create = (definition: object) => door.call('post', '/v1/experiments', { body: definition });

describe('the segments of an experiment', () => {
  it.each<[string, unknown, string, string]>([
    ['one that is not defined', ['ios', 'android'], 'segments.1', 'unknown_segment'],
    ['the same one twice', ['ios', 'ios'], 'segments.1', 'invalid_value'],
    ['a ninth', Array.from({ length: 9 }, (_, n) => `s${n}`), 'segments', 'out_of_range'],
    ['no name', ['has a space'], 'segments.0', 'invalid_value'],
    ['no list', 'ios', 'segments', 'invalid_type'],
  ])('are refused with %s', async (_what, segments, path, code) => {
    const { status, body } = await create({ ...good, segments });
    expect(status).toBe(422);
    expect((body['errors'] as object[])[0]).toMatchObject({ path, code });
    const answer = await door.call('post', '/v1/validations', {
      body: { kind: 'experiment', definition: { ...good, segments } },
    });
    expect(answer.body['errors']).toContainEqual(expect.objectContaining({ path, code }));
  });

  it('are frozen at the start with all that they refer to, and told at assignment', async () => {
    expect((await create(good)).status).toBe(201);
    expect((await door.call('get', '/v1/segments/ios/uses')).body['experiments']).toEqual(['segmented']);
    const { status } = await door.call('post', '/v1/experiments/segmented/start', { body: {} });
    expect(status).toBe(202);
    const { store, refresher } = door.api;
    const { launch } = await store.experiments.started('segmented');
    expect(launch.segments!.names).toEqual(['ios', 'de.new']);
    expect(launch.segments!.definitions.map(({ segment_id }) => segment_id).sort()).toEqual([
      'de.new',
      'german',
      'ios',
    ]);
    const changed = { conditions: { platform: 'another' } };
    expect((await door.call('put', '/v1/segments/ios', { body: changed })).status).toBe(200);
    await refresher.refresh();
    const rules = refresher.snapshot!.ruleset.document.experiments[0]!;
    expect(rules.segments!.names).toEqual(['ios', 'de.new']);
    expect(rules.segments!.conditions['ios']).toEqual({
      platform: { $regex: expect.stringContaining('iOS') as string },
    });
  });

  it('have results of their own, which are marked as explored and have what nobody told beside them', async () => {
    const { store } = door.api;
    const { launch } = await store.experiments.started('segmented');
    const at = launch.start_at + 60_000;
    const arms = (n: number, control: number, treatment: number, name: 'sum' | 'errors') => ({
      control: { n, [name]: control },
      treatment: { n, [name]: treatment },
    });
    const input: AnalyzeInput = {
      control: 'control',
      allocation: { control: 5_000, treatment: 5_000 },
      planned_units: launch.planned_units,
      alpha: { ...launch.policy.alpha, guardrail: launch.policy.guardrails.alpha },
      metrics: [
        {
          ...{ metric_id: 'click_through_rate', role: 'primary', kind: 'proportion', direction: 'increase' },
          arms: arms(4_000, 800, 820, 'sum'),
        },
        {
          ...{ metric_id: 'error_rate', role: 'guardrail', kind: 'error_rate', direction: 'decrease' },
          margin: 0.05,
          arms: arms(4_000, 40, 60, 'errors'),
        },
      ],
      segments: ['ios', 'de.new'].map((segment, n) => ({
        segment,
        units: { control: 500, treatment: 500 },
        metrics: [
          { metric_id: 'click_through_rate', arms: arms(500, 100, 100 + 150 * n, 'sum') },
          { metric_id: 'error_rate', arms: arms(500, 5, 5, 'errors') },
        ],
      })),
    };
    const computed = evidenceFor(planOf('segmented', launch), input);
    await store.snapshots.put({
      ...{ _id: `segmented:${at}`, experiment_id: 'segmented', at, input },
      look: {
        ...{ snapshot_id: `segmented:${at}`, at, revision: 1, epoch: 0 },
        ...{ units: { control: 4_000, treatment: 4_000 }, untold_units: 3_000 },
        ...computed,
        ...{
          running_p: {},
          quantiles: {},
          crossed_over: 0,
          last_event_at: at,
          backlog_ms: 0,
          folded_until: at,
        },
        ...{ stale_guardrails: [], silent_guardrails: [], flag_enabled: true, freezes: [] },
      },
    });
    const { status, body } = await door.call('get', '/v1/experiments/segmented/results');
    expect(status).toBe(200);
    expect(body['untold_units']).toBe(3_000);
    expect(body['segments']).toMatchObject([
      { segment: 'ios', metrics: [{ comparisons: [{ discovery: false }] }, {}] },
      { segment: 'de.new', metrics: [{ comparisons: [{ discovery: true, lift: 1.5 }] }, {}] },
    ]);
    const { body: answer } = await door.call('get', '/v1/experiments/segmented/results?epoch=0');
    expect(answer['segments']).toEqual(body['segments']);
  });
});
