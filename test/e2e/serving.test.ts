import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slotOf } from '../../src/assignment/hash.js';
import { eventually, Rampart } from './harness.js';

let rampart: Rampart;

beforeAll(async () => {
  rampart = await Rampart.start({ RAMPART_API_PROCESSES: '2' });
});

afterAll(async () => {
  await rampart.dispose();
});

async function keyOf(role: string, more: object = {}): Promise<Record<string, string>> {
  const { body } = await rampart.call('POST', '/v1/keys', { name: role, role, ...more });
  return { authorization: `Bearer ${body['key'] as string}`, key_id: body['key_id'] as string };
}

async function start(experiment_id: string, more: object = {}): Promise<void> {
  const definition = {
    experiment_id,
    policy_id: 'demo',
    variants: { control: { traffic: 50, config: 1 }, treatment: { traffic: 50, config: 2 } },
    success_metrics: { primary: ['click_through_rate'] },
    ...more,
  };
  expect((await rampart.call('POST', '/v1/experiments', definition)).status).toBe(201);
  expect((await rampart.call('POST', `/v1/experiments/${experiment_id}/start`, {})).status).toBe(202);
  await eventually(async () => (await rampart.experiment(experiment_id))['state'] === 'ramping');
}

/** With several processes a change is served by all of them within two seconds, not by the one that is asked first. */
async function soon(check: () => Promise<void>): Promise<void> {
  await eventually(async () => {
    for (let n = 0; n < 4; n += 1) await check();
    return true;
  }, 5_000);
}

describe('definitions that refer to others', () => {
  const put = async (path: string, body: object) => {
    const { status, body: answer } = await rampart.call('PUT', `/v1/${path}`, body);
    const errors = (answer['errors'] ?? []) as { path: string; code: string }[];
    return [status, ...errors.map(({ path: at, code }) => `${at} ${code}`)];
  };

  it('are refused where the other is not there, lacks the variant, or leads back', async () => {
    const rule = { conditions: { $inGroup: 'nowhere' }, value: true };
    expect(await put('flags/a', { enabled: true, rules: [rule] })).toEqual([
      422,
      'rules.0.conditions unknown_segment',
    ]);
    const needing = (flag_id: string, variants: string[]) => ({
      enabled: true,
      prerequisites: [{ flag_id, variants }],
    });
    expect(await put('flags/a', needing('b', ['on']))).toEqual([422, 'prerequisites.0.flag_id unknown_flag']);
    expect(await put('flags/b', { enabled: true })).toEqual([201]);
    expect(await put('flags/a', needing('b', ['blue']))).toEqual([
      422,
      'prerequisites.0.variants unknown_variant',
    ]);
    expect(await put('flags/a', needing('b', ['on']))).toEqual([201]);
    expect(await put('flags/c', needing('a', ['on']))).toEqual([201]);
    expect(await put('flags/b', needing('c', ['on']))).toEqual([422, 'prerequisites circular']);
    expect(await put('segments/s', { conditions: { plan: 'pro' } })).toEqual([201]);
    expect(await put('segments/t', { conditions: { $inGroup: 's' } })).toEqual([201]);
    expect(await put('segments/s', { conditions: { $inGroup: 't' } })).toEqual([422, 'conditions circular']);
  });

  it('keep the other from being taken away', async () => {
    const refused = async (method: string, path: string, body?: object) => {
      const { status, body: problem } = await rampart.call(method, path, body);
      return [status, problem['code']];
    };
    expect(await refused('DELETE', '/v1/flags/b')).toEqual([409, 'flag_required']);
    const variants = { blue: { weight: 100 } };
    expect(await refused('PUT', '/v1/flags/b', { variants })).toEqual([409, 'flag_required']);
    expect(await refused('DELETE', '/v1/segments/s')).toEqual([409, 'segment_in_use']);
    expect(await refused('DELETE', '/v1/segments/t')).toEqual([204, undefined]);
    expect(await refused('DELETE', '/v1/segments/s')).toEqual([204, undefined]);
  });

  it('are refused where a pattern could run away, or conditions make no sense', async () => {
    const rule = (conditions: object) => ({ enabled: true, rules: [{ conditions, value: true }] });
    expect(await put('flags/p', rule({ email: { $regex: '^(a+)+$' } }))).toEqual([
      422,
      'rules.0.conditions.email.$regex invalid_value',
    ]);
    expect(await put('flags/p', rule({ email: { $vgt: 'one' } }))).toEqual([
      422,
      'rules.0.conditions.email.$vgt invalid_value',
    ]);
    expect(await put('flags/p', rule({ email: { $regex: '@Example\\.com$', $options: 'i' } }))).toEqual([
      201,
    ]);
    const context = { targetingKey: 'u', email: 'A@EXAMPLE.COM' };
    await soon(async () => {
      const { body } = await rampart.call('POST', '/ofrep/v1/evaluate/flags/p', { context });
      expect(body).toMatchObject({ value: true, reason: 'TARGETING_MATCH' });
    });
  });
});

describe('what a person says of a unit', () => {
  it('an override gives it the variant, outside of the experiment, until it is lifted', async () => {
    await start('looked-at');
    const path = '/v1/experiments/looked-at/overrides/jürgen';
    expect((await rampart.call('PUT', path, { variant: 'blue' })).body['code']).toBe('unknown_variant');
    const { status, body } = await rampart.call('PUT', path, { variant: 'treatment' });
    expect([status, body['unit_id'], body['variant']]).toEqual([201, 'jürgen', 'treatment']);
    await soon(async () => {
      expect(await rampart.assign('looked-at', 'jürgen')).toMatchObject({
        ...{ variant: 'treatment', config: 2, in_experiment: false, reason: 'OVERRIDE' },
      });
      const context = { targetingKey: 'jürgen' };
      const flag = await rampart.call('POST', '/ofrep/v1/evaluate/flags/looked-at', { context });
      expect(flag.body).toMatchObject({ value: 2, variant: 'treatment', reason: 'TARGETING_MATCH' });
    });
    expect((await rampart.call('GET', path)).body['variant']).toBe('treatment');
    const { body: list } = await rampart.call('GET', '/v1/experiments/looked-at/overrides');
    expect(list['items']).toHaveLength(1);
    expect((await rampart.call('DELETE', path)).status).toBe(204);
    expect((await rampart.call('GET', path)).status).toBe(404);
    await eventually(async () => (await rampart.assign('looked-at', 'jürgen'))['reason'] !== 'OVERRIDE');
  });

  it('an opt-out holds for every experiment, those to come included, and keeps no events', async () => {
    const path = '/v1/privacy/opt-outs/private-person';
    expect((await rampart.call('GET', path)).status).toBe(404);
    const first = await rampart.call('PUT', path);
    expect(first.status).toBe(200);
    expect((await rampart.call('PUT', path)).body).toEqual(first.body);
    await start('after-opt-out');
    for (const id of ['looked-at', 'after-opt-out']) {
      await soon(async () =>
        expect((await rampart.assign(id, 'private-person'))['reason']).toBe('OPTED_OUT'),
      );
    }
    const timestamp = new Date().toISOString();
    const enrolled = Array.from({ length: 2_000 }, (_, n) => `u${n}`);
    const events: object[] = [];
    for (const unit_id of [...enrolled.slice(0, 40), 'private-person']) {
      const { variant, in_experiment } = await rampart.assign('after-opt-out', unit_id);
      if (!in_experiment && unit_id !== 'private-person') continue;
      const common = { unit_id, timestamp, experiment_id: 'after-opt-out' };
      events.push({ ...common, event_id: `x-${unit_id}`, type: 'exposure', variant });
    }
    const counted = events.length - 1;
    expect((await rampart.call('POST', '/v1/events', events)).body['accepted']).toBe(events.length);
    const units = async (): Promise<number> => {
      const { body } = await rampart.call('GET', '/v1/experiments/after-opt-out/totals');
      const variants = Object.values(body['variants'] as Record<string, { units: number }>);
      return variants.reduce((sum, one) => sum + one.units, 0);
    };
    await eventually(async () => (await units()) === counted);
    expect((await rampart.call('DELETE', path)).status).toBe(204);
    expect((await rampart.call('DELETE', path)).status).toBe(404);
    await eventually(
      async () => (await rampart.assign('looked-at', 'private-person'))['reason'] !== 'OPTED_OUT',
    );
  });
});

describe('the snapshot', () => {
  it('is given to services, once for each change, and they are in the reports of emergency stops', async () => {
    const server = await keyOf('server');
    const headers = { authorization: server['authorization']! };
    const ask = (query: string, more: object = {}) =>
      rampart.call('GET', `/v1/snapshot${query}`, undefined, { ...headers, ...more });
    // Two processes answer in turn, and what others still change reaches one before the other.
    await soon(async () => {
      const { status, headers: given } = await ask('');
      expect(status).toBe(200);
      expect((await ask('', { 'if-none-match': given.get('etag')! })).status).toBe(304);
    });
    const { body, headers: given } = await ask('?instance_id=service-1');
    expect(body).toMatchObject({ format: 1, environment: 'production', stale_after_ms: 600_000 });
    expect((body['flags'] as { key: string }[]).map(({ key }) => key)).toContain('looked-at');
    expect(JSON.stringify(body)).not.toContain('private-person');
    expect(given.get('etag')).toBe(`"${body['revision'] as number}"`);
    expect((await ask('?instance_id=/')).status).toBe(422);
    const client = await keyOf('client');
    await eventually(async () => {
      const { status } = await rampart.call('GET', '/v1/snapshot', undefined, {
        authorization: client['authorization']!,
      });
      return status === 403;
    });
    const listed = async () => {
      const { body: stop } = await rampart.call('POST', '/v1/emergency-stops', {
        reason: 'test',
        experiment_ids: ['looked-at'],
      });
      const path = `/v1/emergency-stops/${stop['emergency_stop_id'] as string}`;
      const report = async () => (await rampart.call('GET', path)).body;
      return { revision: stop['fence_revision'] as number, report };
    };
    await ask(`?instance_id=service-1&serving=${body['revision'] as number}`);
    const { revision, report } = await listed();
    type Instances = { instance_id: string; kind: string; obeys: boolean }[];
    const own = async () =>
      ((await report())['instances'] as Instances).find(({ instance_id }) => instance_id === 'sdk:service-1');
    // The process that was asked tells the others in its own time.
    await eventually(async () => (await own()) !== undefined);
    expect(await own()).toMatchObject({ kind: 'sdk', obeys: false });
    expect((await report())['complete']).toBe(false);
    await eventually(async () => {
      await ask(`?instance_id=service-1&serving=${revision}`);
      return (await own())!.obeys;
    });
    const apis = ((await report())['instances'] as Instances).filter(({ kind }) => kind === 'api');
    expect(new Set(apis.map(({ instance_id }) => instance_id)).size).toBe(2);
    await ask('?instance_id=service-1&closing=true');
    await eventually(async () => (await own()) === undefined);
  });

  it('is told of by a stream, to a token, which ends with its key', async () => {
    const { authorization, key_id } = await keyOf('client');
    const bulk = () =>
      rampart.call(
        'POST',
        '/ofrep/v1/evaluate/flags',
        { context: { targetingKey: 'u' } },
        { authorization: authorization! },
      );
    await soon(async () => expect((await bulk()).status).toBe(200));
    const [stream] = (await bulk()).body['eventStreams'] as { endpoint: { requestUri: string } }[];
    const open = await fetch(rampart.url + stream!.endpoint.requestUri);
    expect(open.headers.get('content-type')).toBe('text/event-stream');
    let told = '';
    const ended = (async () => {
      for await (const chunk of open.body!) told += Buffer.from(chunk).toString();
    })();
    await rampart.call('PUT', '/v1/flags/told-of', { enabled: true });
    await eventually(() => Promise.resolve(told.includes('"type":"refetchEvaluation"')), 3_000);
    expect((await fetch(`${rampart.url}/v1/stream?token=nonsense`)).status).toBe(401);
    expect((await rampart.call('DELETE', `/v1/keys/${key_id}`)).status).toBe(204);
    await Promise.race([
      ended,
      new Promise((_, reject) => setTimeout(() => reject(new Error('the stream goes on')), 3_000)),
    ]);
  });
});

describe('pages of other origins', () => {
  it('may evaluate and send events, and nothing else', async () => {
    const origin = 'https://shop.example';
    const ask = (path: string, headers: object) =>
      fetch(rampart.url + path, { method: 'OPTIONS', headers: { origin, ...headers } });
    for (const path of [
      '/ofrep/v1/evaluate/flags',
      '/ofrep/v1/evaluate/flags/b',
      '/v1/events',
      '/v1/stream',
    ]) {
      const { status, headers } = await ask(path, { 'access-control-request-headers': 'authorization' });
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, '*']);
      expect(headers.get('access-control-allow-headers')).toContain('Authorization');
    }
    for (const path of ['/v1/flags', '/v1/snapshot', '/v1/assignments']) {
      expect((await ask(path, {})).headers.get('access-control-allow-origin')).toBeNull();
    }
    const { headers } = await rampart.call('POST', '/ofrep/v1/evaluate/flags/b', { context: {} }, { origin });
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('processes', () => {
  it('a key for other environments is refused', async () => {
    const { authorization } = await keyOf('client', { environments: ['staging'] });
    await eventually(async () => {
      const body = { context: { targetingKey: 'u' } };
      const headers = { authorization: authorization! };
      return (await rampart.call('POST', '/ofrep/v1/evaluate/flags/b', body, headers)).status === 403;
    });
  });

  it('give the same assignments, also after one was killed and started again', async () => {
    await rampart.call('PUT', '/v1/flags/halves', { enabled: true, rollout_percentage: 50 });
    const values = async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, n) => {
          const context = { targetingKey: `unit-${n}` };
          return rampart.call(
            'POST',
            '/ofrep/v1/evaluate/flags/halves',
            { context },
            { connection: 'close' },
          );
        }),
      );
      return answers.map(({ body }) => body['value']);
    };
    const expected = Array.from({ length: 100 }, (_, n) => slotOf('halves', `unit-${n}`) < 5_000);
    await soon(async () => expect(await values()).toEqual(expected));
    const [primary] = await rampart.pidsOf('api');
    const [first] = await rampart.childrenOf(primary!);
    process.kill(first!.pid, 'SIGKILL');
    await eventually(async () => {
      const alive = await rampart.childrenOf(primary!);
      return alive.length === 2 && alive.every(({ pid }) => pid !== first!.pid);
    });
    expect(await values()).toEqual(expected);
  });
});
