import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { flagSchema } from '../../src/model/flag.js';
import { Door } from './door.js';

let door: Door;

/** Stores definitions that nothing has checked, as two saves at once, or an older version, may leave them. */
beforeAll(async () => {
  door = await Door.open();
  const { store, refresher } = door.api;
  await store.segments.replace(
    'odd',
    { segment_id: 'odd', conditions: { plan: { $unheardOf: 1 } } },
    'root',
    null,
    1,
  );
  for (const [segment_id, other] of [
    ['s1', 's2'],
    ['s2', 's1'],
  ] as const) {
    await store.segments.replace(
      segment_id,
      { segment_id, conditions: { $inGroup: other } },
      'root',
      null,
      1,
    );
  }
  for (const [flag_id, more] of [
    ['good', {}],
    ['odd', { target_segments: ['odd'] }],
    ['c1', { prerequisites: [{ flag_id: 'c2' }] }],
    ['c2', { prerequisites: [{ flag_id: 'c1' }] }],
  ] as const) {
    await store.flags.replace(
      flag_id,
      flagSchema.parse({ flag_id, enabled: true, ...more }),
      'root',
      null,
      1,
    );
  }
  const definition = experimentSchema.parse({
    ...{ experiment_id: 'e', policy_id: 'demo', success_metrics: { primary: ['click_through_rate'] } },
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    target_audience: { include: ['odd'] },
  });
  await store.experiments.create(definition, 'e', 'root');
  await door.call('post', '/v1/experiments/e/start', { body: {} });
  await store.serving.changed('segment:odd', 'segment:s1', 'segment:s2');
  await store.serving.changed('flag:good', 'flag:odd', 'flag:c1', 'flag:c2', 'experiment:e');
  await refresher.refresh();
});

afterAll(() => door.close());

describe('what is stored and cannot be served', () => {
  const OWN = { instances: [expect.any(String) as string] };
  it.each([
    ['/v1/flags', 'flag_id', { odd: /unheardOf/, c1: /needs itself/, c2: /needs itself/, good: null }],
    ['/v1/segments', 'segment_id', { s1: /refers to itself/, s2: /refers to itself/ }],
    ['/v1/experiments', 'experiment_id', { e: /unheardOf/ }],
  ])('is named with its reason, in the list and by itself: %s', async (path, id, wanted) => {
    const list = (await door.call('get', path)).body['items'] as Record<string, unknown>[];
    for (const [name, reason] of Object.entries(wanted)) {
      const one = (await door.call('get', `${path}/${name}`)).body;
      for (const found of [one, list.find((item) => item[id] === name)!]) {
        if (reason === null) expect(found).not.toHaveProperty('unserved');
        else
          expect(found['unserved']).toMatchObject({
            ...OWN,
            reason: expect.stringMatching(reason) as string,
          });
      }
    }
  });

  it('is named by every process that lives and cannot serve it', async () => {
    const { store, start_id } = door.api;
    const beat = async (name: string, counter: number, broken: string[]): Promise<void> =>
      store.instances.beat({
        ...{ instance_id: name, start_id: name === 'here' ? start_id : name, counter, serving_revision: 1 },
        ...{ process: null, unserved: broken.map((one) => ({ id: one, message: 'too new for me' })) },
      });
    for (const counter of [1, 2]) {
      await beat('here', counter, []);
      await beat('older', counter, ['flag:good', 'flag:odd']);
      await beat('other', counter, []);
      // Reports share what one of them has read, for less than the time between two heartbeats.
      await sleep(250);
      await door.call('get', '/v1/flags');
    }
    const { body } = await door.call('get', '/v1/flags/good');
    expect(body['unserved']).toEqual({ reason: 'too new for me', instances: ['older'] });
    const odd = (await door.call('get', '/v1/flags/odd')).body['unserved'];
    expect(odd).toMatchObject({ instances: ['here', 'older'] });
  });

  it('is counted in the metrics', async () => {
    const text = await (await fetch(`${door.url}/metrics`)).text();
    expect(text).toMatch(/^rampart_definitions_not_served 7$/m);
  });
});
