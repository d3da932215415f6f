import { Validator as OpenApiValidator } from '@seriousme/openapi-schema-validator';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature } from '@openfeature/server-sdk';
import { OpenFeature as WebOpenFeature } from '@openfeature/web-sdk';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPERIMENT, FLAGS } from '../../src/bin/demo-definitions.js';
import { ADMIN_KEY, eventually, Rampart } from './harness.js';
import { runs } from '../properties.js';

let rampart: Rampart;

beforeAll(async () => {
  rampart = await Rampart.start();
  for (const flag of FLAGS) {
    const answer = await rampart.call('PUT', `/v1/flags/${flag.flag_id}`, flag);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject(flag);
  }
});

afterAll(async () => {
  await rampart.dispose();
});

describe('flags through OpenFeature', () => {
  it('serve all three kinds to the real server provider', async () => {
    await OpenFeature.setProviderAndWait(
      new OFREPProvider({ baseUrl: rampart.url, headers: [['Authorization', `Bearer ${ADMIN_KEY}`]] }),
    );
    const client = OpenFeature.getClient();
    const premium = { targetingKey: 'u1', segments: ['premium'] };
    expect(await client.getNumberDetails('recommendation_count', 1, premium)).toMatchObject({
      value: 50,
      variant: 'premium',
      reason: 'TARGETING_MATCH',
    });
    expect(await client.getNumberDetails('recommendation_count', 1, { targetingKey: 'u1' })).toMatchObject({
      value: 20,
      variant: 'default',
      reason: 'DEFAULT',
    });
    const algorithms = new Map<string, number>();
    for (let unit = 0; unit < 200; unit += 1) {
      const { variant, value, reason } = await client.getObjectDetails(
        'recommendation_algorithm',
        {},
        { targetingKey: `u${unit}` },
      );
      expect(reason).toBe('SPLIT');
      expect(value).toEqual(FLAGS[1]!.variants![variant as 'control'].config);
      algorithms.set(variant!, (algorithms.get(variant!) ?? 0) + 1);
    }
    expect(algorithms.get('control')).toBeGreaterThan(70);
    expect(algorithms.size).toBe(3);
    expect(
      await client.getBooleanDetails('new_recommendation_ui', true, { targetingKey: 'u1' }),
    ).toMatchObject({
      value: false,
      reason: 'DEFAULT',
    });
    expect(await client.getBooleanDetails('no_such_flag', true, premium)).toMatchObject({
      value: true,
      errorCode: 'FLAG_NOT_FOUND',
    });
    expect(await client.getStringDetails('recommendation_count', 'x', premium)).toMatchObject({
      value: 'x',
      errorCode: 'TYPE_MISMATCH',
    });
    expect(await client.getObjectDetails('recommendation_algorithm', {}, {})).toMatchObject({
      errorCode: 'TARGETING_KEY_MISSING',
    });
  });

  it('serve in bulk to the real web provider', async () => {
    await WebOpenFeature.setContext({ targetingKey: 'u1', segments: ['free'] });
    await WebOpenFeature.setProviderAndWait(
      new OFREPWebProvider({
        baseUrl: rampart.url,
        headers: [['Authorization', `Bearer ${ADMIN_KEY}`]],
        pollInterval: 0,
      }),
    );
    expect(WebOpenFeature.getClient().getNumberDetails('recommendation_count', 1)).toMatchObject({
      value: 10,
      variant: 'free',
    });
    await WebOpenFeature.close();
  });

  it('answer 304 to what has not changed, and anew to what has', async () => {
    const ask = (headers: Record<string, string> = {}): ReturnType<Rampart['call']> =>
      rampart.call('POST', '/ofrep/v1/evaluate/flags', { context: { targetingKey: 'u1' } }, headers);
    const first = await ask();
    const etag = first.headers.get('etag')!;
    expect((await ask({ 'if-none-match': `W/"other", W/${etag}` })).status).toBe(304);
    await rampart.call('PUT', '/v1/flags/extra', { enabled: true });
    const next = await ask({ 'if-none-match': etag });
    expect(next.status).toBe(200);
    expect(next.body['flags']).toHaveLength(4);
  });

  it('are never answered with a server error, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.json()),
        fc.constantFrom('/recommendation_algorithm', ''),
        async (body, path) => {
          const answer = await rampart.call('POST', `/ofrep/v1/evaluate/flags${path}`, body);
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns: runs(150) },
    );
  });
});

describe('definitions', () => {
  it('keep revisions and restore them', async () => {
    await rampart.call('PUT', '/v1/flags/r', { enabled: true });
    await rampart.call('PUT', '/v1/flags/r', { enabled: false });
    const restored = await rampart.call('POST', '/v1/flags/r/revisions/1/restore');
    expect(restored).toMatchObject({ status: 200, body: { enabled: true, revision: 3 } });
    const { body } = await rampart.call('GET', '/v1/flags/r/revisions');
    expect((body['items'] as { revision: number }[]).map(({ revision }) => revision)).toEqual([3, 2, 1]);
  });

  it('name every wrong field at once, and store nothing', async () => {
    const wrong = {
      ...EXPERIMENT,
      experiment_id: 'wrong',
      variants: { control: { traffic: 60 }, treatment: { traffic: 60, colour: 'red' } },
      success_metrics: { primary: ['nothing_known'] },
      extra: 1,
    };
    const answer = await rampart.call('POST', '/v1/experiments', wrong);
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const paths = (answer.body['errors'] as { path: string; code: string }[]).map(
      ({ path, code }) => `${path} ${code}`,
    );
    expect(paths).toContain('extra unknown_field');
    expect(paths).toContain('variants.treatment.colour unknown_field');
    const metric = await rampart.call('POST', '/v1/experiments', {
      ...EXPERIMENT,
      experiment_id: 'wrong',
      success_metrics: { primary: ['nothing_known'] },
    });
    expect(metric.body['errors']).toEqual([
      expect.objectContaining({
        path: 'success_metrics.primary.0',
        code: 'unknown_metric',
        message: expect.stringContaining('click_through_rate') as string,
      }),
    ]);
    expect((await rampart.call('GET', '/v1/experiments/wrong')).status).toBe(404);
  });

  it('answer 4xx to every field wrong in every way, never 5xx', async () => {
    const paths = [
      'experiment_id',
      'variants',
      'control',
      'success_metrics',
      'target_audience',
      'start_date',
      'end_date',
      'policy_id',
      'tags',
      'owner',
      'flag_id',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, value) => {
        const body = { ...EXPERIMENT, experiment_id: 'fuzzed', [path]: value };
        const answer = await rampart.call('POST', '/v1/experiments', body);
        expect(answer.status).toBeLessThan(500);
        if (answer.status === 422)
          expect((answer.body['errors'] as unknown[] | undefined)?.length ?? 1).toBeGreaterThan(0);
        if (answer.status === 201)
          await rampart.call('DELETE', `/v1/experiments/${String(answer.body['experiment_id'])}`);
      }),
      { numRuns: runs(150) },
    );
  });

  it('make the next version of a policy over what standard says', async () => {
    const first = await rampart.call('PUT', '/v1/policies/mine', { min_duration: '1d', max_duration: '3d' });
    expect(first).toMatchObject({ status: 201, body: { version: 1, min_duration: '1d', holdback: 5 } });
    expect((await rampart.call('PUT', '/v1/policies/mine', { version: 9 })).status).toBe(409);
    expect(
      (await rampart.call('PUT', '/v1/policies/mine', { ramp: [{ coverage: 50 }, { coverage: 10 }] })).status,
    ).toBe(422);
    expect((await rampart.call('PUT', '/v1/policies/mine', { version: 1, holdback: 7 })).body).toMatchObject({
      version: 2,
      holdback: 7,
    });
  });
});

describe('the contract', () => {
  it('has its status codes', async () => {
    const no = (path: string, init: RequestInit): Promise<number> =>
      fetch(rampart.url + path, init).then((r) => r.status);
    const key = { authorization: `Bearer ${ADMIN_KEY}` };
    expect(await no('/v1/flags', {})).toBe(401);
    expect(await no('/v1/flags', { headers: { authorization: 'Bearer wrong' } })).toBe(401);
    expect(await no('/v1/nothing', { headers: key })).toBe(404);
    expect(
      await no('/v1/flags', {
        method: 'POST',
        headers: { ...key, 'content-type': 'application/json' },
        body: '{',
      }),
    ).toBe(400);
    expect(
      await no('/v1/flags', {
        method: 'POST',
        headers: { ...key, 'content-type': 'text/plain' },
        body: '{}',
      }),
    ).toBe(415);
    expect(
      await no('/v1/flags', {
        method: 'POST',
        headers: { ...key, 'content-type': 'application/json' },
        body: '[]',
      }),
    ).toBe(422);
    expect(await no('/v1/flags', { method: 'POST', headers: key })).toBe(400);
    const large = JSON.stringify({ flag_id: 'x', description: 'x'.repeat(1_100_000) });
    expect(
      await no('/v1/flags', {
        method: 'POST',
        headers: { ...key, 'content-type': 'application/json' },
        body: large,
      }),
    ).toBe(413);
    expect(
      await no('/v1/events', {
        method: 'POST',
        headers: { ...key, 'content-type': 'application/json' },
        body: large,
      }),
    ).toBe(413);
    expect(await no('/healthz', {})).toBe(200);
    expect(await no('/metrics', {})).toBe(200);
    expect(await no('/docs', {})).toBe(200);
  });

  it('gives the first answer again to the same Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const body = { ...EXPERIMENT, experiment_id: 'idempotent' };
    const first = await rampart.call('POST', '/v1/experiments', body, headers);
    const again = await rampart.call('POST', '/v1/experiments', body, headers);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await rampart.call('POST', '/v1/experiments', { ...body, name: 'other' }, headers);
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
  });

  it('lets each role do what it may, and obeys a revoked key', async () => {
    const keyOf = async (role: string): Promise<[string, string]> => {
      const { body } = await rampart.call('POST', '/v1/keys', { name: role, role });
      return [String(body['key_id']), `Bearer ${String(body['key'])}`];
    };
    const may: Record<string, number[]> = {
      client: [403, 403, 200, 403],
      server: [403, 403, 200, 403],
      viewer: [200, 403, 403, 403],
      experimenter: [200, 201, 403, 403],
      operator: [200, 403, 403, 202],
    };
    for (const [role, wanted] of Object.entries(may)) {
      const [id, authorization] = await keyOf(role);
      const as = async (method: string, path: string, body?: unknown): Promise<number> =>
        (await rampart.call(method, path, body, { authorization })).status;
      expect([
        await as('GET', '/v1/flags'),
        await as('PUT', `/v1/flags/by_${role}`, { enabled: true }),
        await as('POST', '/ofrep/v1/evaluate/flags', { context: {} }),
        await as('POST', '/v1/emergency-stops', { reason: 'drill', experiment_ids: ['idempotent'] }),
      ]).toEqual(wanted);
      expect((await rampart.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
      expect(await as('GET', '/v1/flags')).toBe(401);
    }
  });

  it('writes down every change, in a chain that holds', async () => {
    const { body } = await rampart.call('GET', '/v1/audit?subject=recommendation_count');
    expect(body['items']).toEqual([
      expect.objectContaining({ action: 'flag.create', actor: { type: 'person', id: 'root' } }),
    ]);
    expect((await rampart.call('GET', '/v1/audit/verify')).body).toMatchObject({ valid: true });
  });

  it('documents every route, validly', async () => {
    const { body } = await rampart.call('GET', '/openapi.json');
    const { valid, errors } = await new OpenApiValidator().validate(structuredClone(body));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    const text = JSON.stringify(body);
    const schemas = (body['components'] as { schemas: object }).schemas;
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(schemas)).toContain(name);
    }
    expect(text).not.toContain('$defs');
    expect(text).toContain('approval_timeout');
    expect(body['openapi']).toBe('3.1.0');
    expect(Object.keys(body['paths'] as object).length).toBeGreaterThan(25);
  });

  it('refuses parameters of the query that a call does not have', async () => {
    const { body } = await rampart.call('GET', '/openapi.json');
    const calls = Object.entries(body['paths'] as Record<string, Record<string, object>>).flatMap(
      ([path, operations]) => Object.keys(operations).map((method) => [method.toUpperCase(), path] as const),
    );
    const checked = calls.filter(([, path]) => path.startsWith('/v1/') && path !== '/v1/stream');
    expect(checked.length).toBeGreaterThan(50);
    for (const [method, path] of checked) {
      const target = `${path.replaceAll(/\{\w+\}/g, 'any')}?nonsense=1`;
      const answer = await rampart.call(method, target, method === 'GET' ? undefined : {});
      expect([method, path, answer.status, answer.body['errors']]).toEqual([
        method,
        path,
        422,
        [{ path: 'nonsense', code: 'unknown_field', message: 'is not a field here' }],
      ]);
    }
  });

  it('refuses wrong values in the query', async () => {
    for (const [target, path, code] of [
      ['/v1/flags?limit=0', 'limit', 'out_of_range'],
      ['/v1/flags?limit=1001', 'limit', 'out_of_range'],
      ['/v1/flags?limit=', 'limit', 'out_of_range'],
      ['/v1/flags?limit=5&limit=6', 'limit', 'invalid_type'],
      ['/v1/experiments?state=nowhere', 'state', 'invalid_value'],
      ['/v1/audit?cursor=first', 'cursor', 'invalid_value'],
      ['/v1/audit?since=yesterday', 'since', 'invalid_value'],
      ['/v1/reports/stale-flags?days=-1', 'days', 'out_of_range'],
      ['/v1/experiments/any/results?at=noon', 'at', 'invalid_value'],
      ['/v1/experiments/any/power?units_per_day=0', 'units_per_day', 'out_of_range'],
      ['/v1/experiments/any/power?baselines=nonsense', 'baselines', 'invalid_value'],
      ['/v1/snapshot?serving=x', 'serving', 'out_of_range'],
    ] as const) {
      const { status, body } = await rampart.call('GET', target);
      expect([target, status, (body['errors'] as object[])[0]]).toMatchObject([target, 422, { path, code }]);
    }
  });

  it('has a schema for every answer, a group and a name of its own for every call', async () => {
    const { body } = await rampart.call('GET', '/openapi.json');
    type Operation = {
      operationId: string;
      tags: string[];
      responses: Record<string, { content?: Record<string, { schema: object }> }>;
    };
    const operations = Object.values(body['paths'] as Record<string, Record<string, Operation>>).flatMap(
      (path) => Object.values(path),
    );
    const tags = (body['tags'] as { name: string }[]).map(({ name }) => name);
    for (const { operationId, tags: own, responses } of operations) {
      expect(tags, operationId).toContain(own[0]);
      for (const [status, { content }] of Object.entries(responses)) {
        for (const { schema } of Object.values(content ?? {}))
          expect(Object.keys(schema).length, `${operationId} ${status}`).toBeGreaterThan(0);
      }
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('takes events one by one: accepted, duplicates, rejected', async () => {
    const now = new Date().toISOString();
    const event = { event_id: 'e1', type: 'click', unit_id: 'u', timestamp: now };
    const { status, body } = await rampart.call('POST', '/v1/events', [
      event,
      event,
      { ...event, event_id: 'e2', timestamp: '2020-01-01T00:00:00Z' },
      { ...event, event_id: 'e3', unit_id: undefined },
      { ...event, event_id: 'e4', value: 1e300 },
      7,
    ]);
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(
      (body['rejected'] as { index: number; code: string }[]).map(({ index, code }) => `${index} ${code}`),
    ).toEqual(['2 too_old', '3 missing_field', '4 value_out_of_range', '5 invalid_field']);
    const lines = await rampart.call(
      'POST',
      '/v1/events',
      `${JSON.stringify({ ...event, event_id: 'l1' })}\nnonsense\n`,
      {
        'content-type': 'application/x-ndjson',
      },
    );
    expect(lines.body).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'malformed_json' }] });
  });
});

describe('an experiment as the source document writes it', () => {
  it('is refused as it stands, for its end has passed, and starts with a duration', async () => {
    expect((await rampart.call('POST', '/v1/experiments', EXPERIMENT)).status).toBe(201);
    const id = EXPERIMENT.experiment_id;
    expect(await rampart.call('POST', `/v1/experiments/${id}/start`)).toMatchObject({
      status: 422,
      body: { code: 'horizon_in_past' },
    });
    const short = await rampart.call('POST', `/v1/experiments/${id}/start`, {
      start_date: 'now',
      duration: '1d',
    });
    expect(short).toMatchObject({ status: 422, body: { code: 'horizon_too_short' } });
    expect(
      (
        await rampart.call('POST', '/ofrep/v1/evaluate/flags/hybrid_reco_v1', {
          context: { targetingKey: 'u' },
        })
      ).status,
    ).toBe(404);
    const started = await rampart.call('POST', `/v1/experiments/${id}/start`, {
      start_date: 'now',
      duration: '14d',
    });
    expect(started).toMatchObject({ status: 202, body: { policy: { id: 'standard', version: 1 } } });
    expect(await rampart.call('POST', `/v1/experiments/${id}/start`, { duration: '14d' })).toMatchObject({
      status: 409,
      body: { code: 'already_started' },
    });
    await eventually(async () => (await rampart.experiment(id))['state'] === 'ramping');
    expect(await rampart.call('PATCH', `/v1/experiments/${id}`, { name: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'experiment_not_draft' },
    });
    await eventually(async () => (await rampart.assign(id, 'somebody'))['reason'] !== 'NOT_RUNNING');
    const outside = await rampart.call('POST', `/v1/experiments/${id}/assignments`, {
      unit_id: 'u',
      attributes: { segments: ['new_users'] },
    });
    expect(outside.body).toMatchObject({
      variant: 'control',
      in_experiment: false,
      reason: 'NOT_TARGETED',
      config: null,
    });
    const flag = await rampart.call('POST', `/ofrep/v1/evaluate/flags/${id}`, {
      context: { targetingKey: 'u', segments: ['active_users'] },
    });
    expect(flag.body).toMatchObject({
      value: 'control',
      metadata: { experiment_id: id, in_experiment: false },
    });
    const stopped = await rampart.call('POST', `/v1/experiments/${id}/stop`, { reason: 'the test is over' });
    expect(stopped.status).toBe(200);
    await eventually(async () => (await rampart.experiment(id))['state'] === 'completed');
    // What settling changes is served a moment later.
    await eventually(
      async () => ((await rampart.experiment(id))['served'] as { verified: boolean }).verified,
    );
    expect(await rampart.experiment(id)).toMatchObject({
      outcome: 'stopped',
      served: { live: 1, at_revision: 1, verified: true, lost: [] },
    });
    expect(await rampart.assign(id, 'somebody')).toMatchObject({ variant: 'control', reason: 'NOT_RUNNING' });
    expect(await rampart.call('POST', `/v1/experiments/${id}/pause`)).toMatchObject({
      status: 409,
      body: { code: 'not_live' },
    });
  });
});
