import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../api/route.js';
import { experimentSchema } from '../../src/model/experiment.js';
import { ROLES, type Role } from '../../src/model/key.js';
import { webhookSettingsSchema } from '../../src/model/webhook.js';
import { sealSecrets } from '../../src/operations/save-webhook.js';
import { noticesOf } from '../../src/operations/commit-state.js';
import { Door, filled } from './door.js';
import { FoldingHere } from './folding-here.js';

// Every call of the management API, by every role, with a key for all environments and one for staging alone, about
// something of staging, of production and of every environment. The bodies are wrong: who may make the call hears that,
// and nothing is changed by it.

const PLACES = ['staging', 'production', 'every'] as const;
type Place = (typeof PLACES)[number];

/** What a call is about, as this test sees it. */
type Subject =
  | 'evaluation'
  | 'experiment'
  | 'flag'
  | 'key'
  | 'webhook'
  | 'stop'
  | 'definition'
  | 'shared'
  | 'installation'
  | 'list';

/** The first of these that a call matches says what it is about. */
const SUBJECTS: readonly (readonly [RegExp, Subject])[] = [
  [/^get \/v1\/(experiments|flags|segments|layers|holdouts|keys|webhooks|emergency-stops)$/, 'list'],
  [/^get \/v1\/(reports\/stale-flags|insights)$/, 'list'],
  [/ \/v1\/session/, 'list'],
  [/ \/v1\/flags\/\{flag_id\}\/explain$/, 'evaluation'],
  [/ \/v1\/experiments/, 'experiment'],
  [/ \/v1\/flags/, 'flag'],
  [/ \/v1\/keys/, 'key'],
  [/ \/v1\/webhooks/, 'webhook'],
  [/ \/v1\/emergency-stops/, 'stop'],
  [/ \/v1\/(audit|people|keyring|temporal-codec|privacy\/(units|erasures))/, 'installation'],
  [/ \/v1\/segments\/\{segment_id\}\/uses$/, 'installation'],
  [/ \/v1\/(validations|power)$/, 'definition'],
  [/ \/v1\/(segments|metrics|events|policies|layers|holdouts|privacy|processes)/, 'shared'],
];

/** Who may make a call, if it is about the right environment. */
const MAY: Record<string, readonly Role[]> = {
  read: ['viewer', 'experimenter', 'operator', 'admin'],
  define: ['experimenter', 'admin'],
  command: ['experimenter', 'operator', 'admin'],
  operate: ['operator', 'admin'],
  administer: ['admin'],
};

let door: Door;
let folding: FoldingHere;
const keys = new Map<string, string>();

beforeAll(async () => {
  door = await Door.open();
  // An erasure is answered once it is folded.
  folding = new FoldingHere(door.api.store);
  for (const role of ROLES) {
    keys.set(`${role} of every`, await door.key({ role }));
    keys.set(`${role} of staging`, await door.key({ role, environments: ['staging'] }));
  }
});

afterAll(async () => {
  await folding.stop();
  await door.close();
});

/** Makes what a call is about. Answers the parameters of its path, and a body that is wrong. */
async function subjectOf(
  subject: Subject,
  place: Place,
): Promise<{ parameters: Record<string, string>; body: object }> {
  const { store } = door.api;
  const id = `x${randomUUID()}`;
  const environments = place === 'every' ? {} : { environments: [place] };
  const environment = place === 'every' ? {} : { environment: place };
  const wrong = { nonsense: 1 };
  switch (subject) {
    case 'experiment': {
      const definition = experimentSchema.parse({
        experiment_id: id,
        variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
        success_metrics: { primary: ['click_through_rate'] },
        ...environment,
      });
      await store.experiments.create(definition, id, 'root');
      return { parameters: { experiment_id: id, unit_id: 'u1', n: '1' }, body: { ...wrong, ...environment } };
    }
    case 'evaluation':
    case 'flag':
      await store.flags.replace(id, { flag_id: id, enabled: true, ...environments }, 'root', null, 1);
      return { parameters: { flag_id: id, n: '1' }, body: { ...wrong, ...environments } };
    case 'key':
      await store.keys.put({
        ...{ _id: id, name: 'n', role: 'viewer', hash: id, ...environments },
        ...{ created_at: new Date().toISOString(), created_by: 'root' },
      });
      return { parameters: { key_id: id }, body: { ...wrong, ...environments } };
    case 'webhook': {
      const { sealing } = door.api;
      await store.webhooks.put({
        _id: id,
        settings: webhookSettingsSchema.parse({ webhook_id: id, ...environments }),
        sealed: await sealSecrets(sealing, { target: { url: 'https://127.0.0.1/' }, secrets: [] }),
        ...{ created_at: new Date().toISOString(), created_by: 'root' },
        ...{ updated_at: new Date().toISOString(), updated_by: 'root' },
      });
      return { parameters: { webhook_id: id }, body: { ...wrong, ...environments } };
    }
    case 'stop': {
      const { parameters } = await subjectOf('experiment', place);
      await store.emergencyStops.put({
        ...{ _id: id, at: new Date().toISOString(), by: 'root', reason: 'r', scope: [] },
        ...{ experiment_ids: [], fence_revision: 1, released_at: null, ...environments },
      });
      const experiment_ids = [parameters['experiment_id']];
      return { parameters: { emergency_stop_id: id }, body: { ...wrong, experiment_ids } };
    }
    case 'definition':
      return { parameters: {}, body: { ...wrong, definition: environment } };
    case 'shared':
    case 'installation':
    case 'list':
      return { parameters: { unit_id: 'u1' }, body: wrong };
  }
}

function mayReach(subject: Subject, place: Place, isRead: boolean, limit: string): boolean {
  if (limit === 'every' || subject === 'list') return true;
  // This process serves production.
  if (subject === 'installation' || subject === 'evaluation') return false;
  if (subject === 'shared') return isRead;
  return place === 'staging' || (isRead && place === 'every');
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

describe('every call, by every key', () => {
  it('is allowed or refused as its role and its environments are', async () => {
    const wrong: string[] = [];
    for (const route of door.routes) {
      const subject = SUBJECTS.find(([pattern]) => pattern.test(nameOf(route)))?.[1];
      if (!subject) throw new Error(`say in this test what ${nameOf(route)} is about`);
      for (const place of PLACES) {
        let made = await subjectOf(subject, place);
        for (const [name, key] of [...keys, ['nobody', null] as const]) {
          const [role, limit] = name.split(' of ') as [Role, string];
          const { parameters, body } = made;
          const { status } = await door.call(route.method, filled(route.path, parameters), {
            key,
            ...(route.body && { body }),
          });
          const isMayRead = route.method === 'get';
          const isAllowed = MAY[route.action]!.includes(role) && mayReach(subject, place, isMayRead, limit);
          const expected = key === null ? 401 : !isAllowed ? 403 : route.body ? 422 : 'through';
          const isThrough = status < 500 && status !== 401 && status !== 403 && status !== 422;
          if (expected === 'through' ? !isThrough : status !== expected) {
            wrong.push(`${nameOf(route)}, ${place}, by ${name}: ${status} and not ${expected}`);
          }
          if (status === 204) made = await subjectOf(subject, place);
        }
      }
    }
    expect(wrong).toEqual([]);
  }, 300_000);
});

describe('a key for staging', () => {
  const as = (role: Role) => ({ key: keys.get(`${role} of staging`)! });
  const flagIn = (environments?: string[]): object => ({
    enabled: true,
    ...(environments && { environments }),
  });

  it('cannot take a flag of staging to other places, nor one of other places to staging', async () => {
    const put = async (id: string, environments: string[] | undefined, key: object): Promise<number> =>
      (await door.call('put', `/v1/flags/${id}`, { body: flagIn(environments), ...key })).status;
    expect(await put('mine', ['staging'], as('experimenter'))).toBe(201);
    expect(await put('mine', ['staging', 'production'], as('experimenter'))).toBe(403);
    expect(await put('mine', undefined, as('experimenter'))).toBe(403);
    expect(await put('theirs', ['production'], {})).toBe(201);
    expect(await put('theirs', ['staging'], as('experimenter'))).toBe(403);
    expect(await put('mine', ['staging'], as('experimenter'))).toBe(200);
  });

  it('cannot restore a revision that was for other places', async () => {
    for (const environments of [['production'], ['staging']]) {
      await door.call('put', '/v1/flags/moved', { body: flagIn(environments) });
    }
    const restored = await door.call('post', '/v1/flags/moved/revisions/1/restore', as('experimenter'));
    expect(restored.status).toBe(403);
  });

  it('cannot move an experiment into another environment', async () => {
    const { parameters } = await subjectOf('experiment', 'staging');
    const path = `/v1/experiments/${parameters['experiment_id']}`;
    const move = async (environment: string): Promise<number> =>
      (await door.call('patch', path, { body: { environment }, ...as('experimenter') })).status;
    expect([await move('production'), await move('staging')]).toEqual([403, 200]);
  });

  it('makes keys of staging alone', async () => {
    const make = async (environments?: string[]): Promise<number> =>
      (
        await door.call('post', '/v1/keys', {
          body: { name: 'n', role: 'admin', ...(environments && { environments }) },
          ...as('admin'),
        })
      ).status;
    expect([await make(), await make(['staging', 'production']), await make(['staging'])]).toEqual([
      403, 403, 201,
    ]);
  });

  it('sees in lists what is for staging or for every environment', async () => {
    const ids = new Map<Place, string>();
    for (const place of PLACES) {
      const { parameters } = await subjectOf('flag', place);
      ids.set(place, parameters['flag_id']!);
    }
    const seen = await door.call('get', '/v1/flags?limit=1000', as('viewer'));
    const items = (seen.body['items'] as { flag_id: string }[]).map(({ flag_id }) => flag_id);
    expect(PLACES.map((place) => items.includes(ids.get(place)!))).toEqual([true, false, true]);
  });

  it('stops the experiments of staging when it stops all, also those that start later', async () => {
    const mine = (await subjectOf('experiment', 'staging')).parameters['experiment_id']!;
    const theirs = (await subjectOf('experiment', 'production')).parameters['experiment_id']!;
    const everywhere = (await subjectOf('experiment', 'every')).parameters['experiment_id']!;
    const set = await door.call('post', '/v1/emergency-stops', {
      body: { reason: 'drill' },
      ...as('operator'),
    });
    expect(set.status).toBe(202);
    const later = (await subjectOf('experiment', 'staging')).parameters['experiment_id']!;
    const { store } = door.api;
    const over = async (id: string) => noticesOf(store, await store.serving.fences(), id);
    const all = [mine, theirs, everywhere, later];
    const isUnder = await Promise.all(all.map(async (id) => (await over(id)).length > 0));
    expect(isUnder).toEqual([true, false, false, true]);
    const path = `/v1/emergency-stops/${String(set.body['emergency_stop_id'])}`;
    expect((await door.call('post', `${path}/release`, { body: {}, ...as('operator') })).status).toBe(200);
  });
});

describe('a key for another environment than this process serves', () => {
  it('makes none of the serving calls', async () => {
    for (const [method, path] of [
      ['post', '/ofrep/v1/evaluate/flags'],
      ['post', '/ofrep/v1/evaluate/flags/any'],
      ['post', '/v1/assignments'],
      ['post', '/v1/experiments/any/assignments'],
      ['post', '/v1/events'],
      ['get', '/v1/snapshot'],
      ['get', '/v1/stream'],
    ] as const) {
      const body = method === 'post' ? { body: {} } : {};
      const { status } = await door.call(method, path, { key: keys.get('server of staging')!, ...body });
      expect([path, status]).toEqual([path, 403]);
    }
  });
});
