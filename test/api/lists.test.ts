import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../api/route.js';
import { experimentSchema, type ExperimentDefinition } from '../../src/model/experiment.js';
import { fanOut } from '../../src/operations/fan-out.js';
import { alertOf, heldBy } from '../alerts/fixtures.js';
import { sealUnit } from '../../src/secrets/unit-secret.js';
import { Door, filled } from './door.js';

let door: Door;
const PARAMETERS = {
  ...{ experiment_id: 'e1', flag_id: 'f1', unit_id: 'u1', policy_id: 'standard' },
  ...{ webhook_id: 'w1', metric_id: 'm1' },
};
const NAMES = ['1', '2', '3'];

function experiment(experiment_id: string): ExperimentDefinition {
  return experimentSchema.parse({
    experiment_id,
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
}

beforeAll(async () => {
  door = await Door.open();
  const { store } = door.api;
  const at = new Date().toISOString();
  for (const n of NAMES) {
    await store.experiments.create(experiment(`e${n}`), `e${n}`, 'root');
    await store.timeline.append('e1', [
      [n, { at: Date.now(), kind: 'note', actor: { type: 'engine', id: 'rampart' }, revision: 0 }],
    ]);
    for (const [path, body] of [
      [`/v1/flags/f${n}`, { enabled: false }],
      ['/v1/flags/f1', { enabled: false, description: n }],
      [`/v1/segments/s${n}`, { conditions: { plan: n } }],
      [`/v1/layers/l${n}`, {}],
      [`/v1/holdouts/h${n}`, { share: 1 }],
      ['/v1/policies/standard', { description: n }],
      ['/v1/metrics/m1', { kind: 'proportion', event: `bought_${n}`, direction: 'increase' }],
      [`/v1/webhooks/w${n}`, { url: 'https://example.com/' }],
    ] as const) {
      const { status } = await door.call('put', path, { body });
      expect([path, status < 300]).toEqual([path, true]);
    }
    const alert = alertOf(heldBy('srm', { seq: Number(n) }));
    await fanOut(store, [(await store.webhooks.get('w1'))!], alert, Date.now());
    await door.key({ role: 'viewer' });
    const sealed = await sealUnit(door.api.sealing, { unit_id: `u${n}`, variant: 'control' });
    const mark = { _id: `e1:u${n}`, experiment_id: 'e1', unit: `u${n}`, sealed, at, by: 'root' };
    await store.optOuts.put({ _id: `u${n}`, sealed, at });
    await store.exclusions.put({ ...mark, reason: 'r' });
    await store.overrides.put(mark);
    await store.emergencyStops.put({
      ...{ _id: `stop${n}`, at, by: 'root', reason: 'r', scope: [] },
      ...{ experiment_ids: [], fence_revision: 1, released_at: at },
    });
    await store.snapshots.put({
      ...{ _id: `snapshot${n}`, experiment_id: 'e1', at: Number(n), input: {} as never },
      look: { units: {}, evidence: { metrics: [] } } as never,
    });
    await store.instances.hearSdk(`i${n}`, 1);
    await store.people.signIn({
      ...{ _id: `person${n}`, subject: n, name: n, email: null },
      ...{ role: 'viewer', environments: null, signed_in_at: at },
    });
    await store.decisions.add('e1', { n: Number(n), at: 1, row: 1, reasons: [] } as never, {} as never);
  }
});

afterAll(() => door.close());

/** Every route that has a page of items as its answer. */
function lists(): Route[] {
  return door.routes.filter(({ replies, method }) => {
    const { shape = {} } = (replies[200] ?? {}) as { shape?: object };
    return method === 'get' && 'items' in shape && 'next_cursor' in shape;
  });
}

describe('every list', () => {
  it('reaches all of its items with pages of one', async () => {
    const short: string[] = [];
    for (const { path } of lists()) {
      const target = filled(path, PARAMETERS);
      const whole = await door.call('get', `${target}?limit=1000&days=0`.replace(daysOf(path), ''));
      const all = whole.body['items'] as unknown[];
      expect([path, whole.status, whole.body['next_cursor']]).toEqual([path, 200, null]);
      if (all.length < 3) short.push(`${path}: this test makes only ${all.length} items`);
      const seen: unknown[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = await door.call('get', `${target}?limit=1&days=0${query}`.replace(daysOf(path), ''));
        expect([path, page.status]).toEqual([path, 200]);
        seen.push(...(page.body['items'] as unknown[]));
        cursor = page.body['next_cursor'] as string | null;
      } while (cursor !== null && seen.length < 200);
      if (JSON.stringify(seen) !== JSON.stringify(all))
        short.push(`${path}: ${seen.length} of ${all.length}`);
    }
    expect(short).toEqual([]);
  });

  it('refuses parameters that it does not have, that come twice, or that are nonsense', async () => {
    const wrong: string[] = [];
    for (const route of door.routes.filter(({ method }) => method === 'get')) {
      const target = filled(route.path, PARAMETERS);
      const isList = lists().includes(route);
      const queries: [query: string, path: string][] = [['nonsense=1', 'nonsense']];
      if (isList) queries.push(['limit=1&limit=2', 'limit'], ['limit=0', 'limit'], ['limit=x', 'limit']);
      if (isList) queries.push(['cursor=', 'cursor'], ['cursor=1&cursor=2', 'cursor']);
      for (const [query, path] of queries) {
        const { status, body } = await door.call('get', `${target}?${query}`);
        const errors = body['errors'] as { path: string }[] | undefined;
        if (status !== 422 || errors?.[0]?.path !== path) wrong.push(`${route.path}?${query}: ${status}`);
      }
    }
    for (const query of ['state=nonsense', 'state=draft&state=draft', 'stat=draft']) {
      const { status } = await door.call('get', `/v1/experiments?${query}`);
      if (status !== 422) wrong.push(`experiments?${query}: ${status}`);
    }
    for (const query of ['since=garbage', 'since=2026-01-01', 'actor=']) {
      const { status } = await door.call('get', `/v1/audit?${query}`);
      if (status !== 422) wrong.push(`audit?${query}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('refuses the same of the serving calls', async () => {
    const wrong: string[] = [];
    for (const query of [
      'serving=null',
      'serving=1&serving=2',
      'nonsense=1',
      'instance_id=a&instance_id=b',
      'closing=perhaps',
    ]) {
      const { status } = await door.call('get', `/v1/snapshot?${query}`);
      if (status !== 422) wrong.push(`snapshot?${query}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });
});

/** Only the report of stale flags has the parameter. */
function daysOf(path: string): string {
  return path.includes('stale-flags') ? '&none' : '&days=0';
}
