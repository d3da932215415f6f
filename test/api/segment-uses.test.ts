import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { Door } from './door.js';

let door: Door;

beforeAll(async () => {
  door = await Door.open();
  const put = async (path: string, body: object): Promise<void> => {
    const { status } = await door.call('put', path, { body });
    expect([path, status]).toEqual([path, 201]);
  };
  await put('/v1/segments/beta', { conditions: { plan: 'beta' } });
  await put('/v1/segments/narrow', { conditions: { $inGroup: 'beta', country: 'DE' } });
  await put('/v1/flags/by_condition', {
    enabled: true,
    rules: [{ conditions: { $or: [{ $inGroup: 'beta' }, { plan: 'free' }] }, value: true }],
  });
  await put('/v1/flags/by_target', { enabled: true, target_segments: ['beta'] });
  await put('/v1/flags/other', { enabled: true, target_segments: ['narrow'] });
  for (const [experiment_id, target_audience] of [
    ['included', { include: ['beta'] }],
    ['excluded', { exclude: ['beta'] }],
    ['everybody', {}],
  ] as const) {
    const definition = experimentSchema.parse({
      experiment_id,
      target_audience,
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
      success_metrics: { primary: ['click_through_rate'] },
    });
    await door.api.store.experiments.create(definition, experiment_id, 'root');
  }
});

afterAll(() => door.close());

describe('who uses a segment', () => {
  it('is told of flags, segments and experiments', async () => {
    expect((await door.call('get', '/v1/segments/beta/uses')).body).toEqual({
      segment_id: 'beta',
      flags: ['by_condition', 'by_target'],
      segments: ['narrow'],
      experiments: ['excluded', 'included'],
    });
  });

  it('may be nobody', async () => {
    const { body } = await door.call('get', '/v1/segments/unknown/uses');
    expect(body).toEqual({ segment_id: 'unknown', flags: [], segments: [], experiments: [] });
  });
});
