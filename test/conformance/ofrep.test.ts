import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamTokens } from '../../src/secrets/stream-token.js';
import { eventually, Rampart, type Answer } from '../e2e/harness.js';
import { FLAG_PATH, FLAGS_PATH, OfrepDocument } from './ofrep-document.js';

const RATE = 100;
const SECRET = 'the secret under which stream tokens are signed';
const document = new OfrepDocument();
let rampart: Rampart;

const variants = (values: Record<string, unknown>) => ({
  variants: Object.fromEntries(
    Object.entries(values).map(([name, config], n) => [name, { weight: n === 0 ? 100 : 0, config }]),
  ),
});
const forNobody = { variants: { a: { weight: 0, config: 1 }, b: { weight: 0, config: 2 } } };
const pro = (value: unknown) => ({ rules: [{ conditions: { plan: 'pro' }, value }] });

/** A flag of every kind and for every reason, with its evaluation for `CONTEXT`. */
const FLAGS: Record<string, [definition: object, expected: object]> = {
  boolean: [{}, { value: true, variant: 'on', reason: 'STATIC' }],
  rollout: [{ rollout_percentage: 50 }, { reason: 'SPLIT' }],
  string: [variants({ a: 'x' }), { value: 'x', variant: 'a', reason: 'STATIC' }],
  'empty-string': [variants({ a: '' }), { value: '', reason: 'STATIC' }],
  integer: [variants({ a: 10, b: 1 }), { value: 10, reason: 'STATIC' }],
  float: [variants({ a: 0.5 }), { value: 0.5, reason: 'STATIC' }],
  'large-number': [
    variants({ a: Number.MAX_SAFE_INTEGER }),
    { value: Number.MAX_SAFE_INTEGER, reason: 'STATIC' },
  ],
  object: [variants({ a: { b: { c: [1, null] } } }), { value: { b: { c: [1, null] } }, reason: 'STATIC' }],
  split: [{ variants: { a: { weight: 50 }, b: { weight: 50 } } }, { reason: 'SPLIT' }],
  targeted: [pro(false), { value: false, variant: 'off', reason: 'TARGETING_MATCH' }],
  'not-targeted': [
    { rules: [{ conditions: { plan: 'free' }, value: false }] },
    { value: true, reason: 'DEFAULT' },
  ],
  'targeted-variant': [
    { ...variants({ a: 1, b: 2 }), ...pro('b') },
    { value: 2, variant: 'b', reason: 'TARGETING_MATCH' },
  ],
  'segment-of-config': [
    { value_type: 'number', default: 20, segments: { premium: 50 } },
    { value: 50, variant: 'premium', reason: 'TARGETING_MATCH' },
  ],
  config: [
    { value_type: 'object', default: { a: 1 } },
    { value: { a: 1 }, variant: 'default', reason: 'STATIC' },
  ],
  disabled: [{ enabled: false }, { value: false, variant: 'off', reason: 'DISABLED' }],
  elsewhere: [{ environments: ['staging'] }, { value: false, reason: 'DEFAULT' }],
  'not-yet': [{ schedule: { from: '2999-01-01T00:00:00Z' } }, { value: false, reason: 'DISABLED' }],
  'not-required': [
    { prerequisites: [{ flag_id: 'disabled', variants: ['on'] }] },
    { value: false, reason: 'DEFAULT' },
  ],
  'off-to-code': [{ ...variants({ a: 1 }), enabled: false, off_variant: null }, { reason: 'DISABLED' }],
  'default-to-code': [{ ...forNobody, off_variant: null }, { reason: 'DEFAULT' }],
  described: [
    { metadata: { team: 'search', level: 2, share: 0.5, beta: true } },
    { value: true, metadata: { team: 'search', level: 2, share: 0.5, beta: true, revision: 1 } },
  ],
};
const CONTEXT = { targetingKey: 'unit-1', plan: 'pro', segments: ['premium'] };

interface Evaluated extends Record<string, unknown> {
  key: string;
}

const pathOf = (key: string): string => `${FLAGS_PATH}/${key}`;

/** Makes an OFREP call and validates its response against the document. */
async function ask(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
  const answer = await rampart.call('POST', path, body, headers);
  const template = path === FLAGS_PATH ? FLAGS_PATH : FLAG_PATH;
  expect(document.complaints(template, answer.status, answer.body)).toEqual([]);
  return answer;
}

async function keyOf(role: string, more: object = {}): Promise<{ id: string; authorization: string }> {
  const { body } = await rampart.call('POST', '/v1/keys', { name: role, role, ...more });
  const authorization = `Bearer ${body['key'] as string}`;
  // It takes a second or two until every process knows the key.
  await eventually(async () => {
    return (await rampart.call('POST', FLAGS_PATH, {}, { authorization })).status !== 401;
  });
  return { id: body['key_id'] as string, authorization };
}

beforeAll(async () => {
  rampart = await Rampart.start({ RAMPART_RATE_LIMIT: String(RATE), RAMPART_SECRET: SECRET });
  for (const [key, [definition]] of Object.entries(FLAGS)) {
    const { status, body } = await rampart.call('PUT', `/v1/flags/${key}`, { enabled: true, ...definition });
    expect([status, body['errors']]).toEqual([201, undefined]);
  }
  await rampart.call('PUT', '/v1/policies/at-once', { ramp: [{ coverage: 100 }], min_duration: '1h' });
  await rampart.call('POST', '/v1/experiments', {
    experiment_id: 'tried',
    policy_id: 'at-once',
    variants: { control: { traffic: 50, config: 1 }, treatment: { traffic: 50, config: 2 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  const started = await rampart.call('POST', '/v1/experiments/tried/start', {});
  expect(started.status).toBe(202);
  await eventually(async () => {
    const { body } = await rampart.call('POST', pathOf('tried'), { context: CONTEXT });
    return body['reason'] === 'SPLIT';
  });
});

afterAll(async () => {
  await rampart.dispose();
});

describe('the document', () => {
  const success = (more: object): object => ({ key: 'f', reason: 'STATIC', variant: 'a', ...more });
  const complaints = (validator: OfrepDocument, value: object): number =>
    validator.schemaComplaints('evaluationSuccess', value).length;

  it('rejects invalid responses', () => {
    for (const wrong of [
      { key: 1 },
      { reason: 'BECAUSE' },
      { variant: null },
      { value: [1] },
      { value: null },
    ]) {
      expect(complaints(document, success({ value: 1, ...wrong }))).toBeGreaterThan(0);
    }
    expect(document.complaints(FLAG_PATH, 404, { key: 'f', errorCode: 'GENERAL' })).not.toEqual([]);
    expect(document.complaints(FLAG_PATH, 204, {})).not.toEqual([]);
    expect(document.complaints(FLAGS_PATH, 200, { flags: [success({ key: undefined })] })).not.toEqual([]);
  });

  it('needs each of its corrections', () => {
    const accepts = (value: object, validator = document): boolean => complaints(validator, value) === 0;
    expect(accepts(success({ value: true }))).toBe(true);
    expect(accepts(success({ value: true }), new OfrepDocument('codeDefaultHasNoValue'))).toBe(false);
    expect(accepts(success({ value: 10 }))).toBe(true);
    expect(accepts(success({ value: 10 }), new OfrepDocument('integersAreNumbers'))).toBe(false);
    expect(accepts(success({ value: 1, reason: 'DEFAULT' }))).toBe(true);
    expect(accepts(success({ value: 1, reason: 'DEFAULT' }), new OfrepDocument('allReasons'))).toBe(false);
    const wait = (validator: OfrepDocument) => validator.headerComplaints(FLAG_PATH, 429, 'Retry-After', 1);
    expect(wait(document)).toEqual([]);
    expect(wait(new OfrepDocument('retryAfterInSeconds'))).not.toEqual([]);
  });
});

describe('an evaluation', () => {
  it.each(Object.entries(FLAGS))('of %s', async (key, [, expected]) => {
    const { status, body } = await ask(pathOf(key), { context: CONTEXT });
    expect(status).toBe(200);
    expect(body).toMatchObject({ key, ...expected });
    const isForTheCode = key.endsWith('-to-code');
    expect([body['value'] === undefined, body['variant'] === undefined]).toEqual([
      isForTheCode,
      isForTheCode,
    ]);
  });

  it('of a flag that an experiment drives has the metadata that an exposure needs', async () => {
    const { status, body } = await ask(pathOf('tried'), { context: CONTEXT });
    expect(status).toBe(200);
    expect(body).toEqual({
      key: 'tried',
      value: body['variant'] === 'control' ? 1 : 2,
      variant: expect.stringMatching(/^(control|treatment)$/) as string,
      reason: 'SPLIT',
      metadata: {
        experiment_id: 'tried',
        variant: body['variant'],
        in_experiment: true,
        revision: expect.any(Number) as number,
      },
    });
  });

  it.each([
    ['a unit', CONTEXT],
    ['another unit', { targetingKey: 'ünit 2', plan: 'free' }],
    ['no unit', { plan: 'pro' }],
  ])('of all flags agrees, for %s, with the evaluation of each', async (_who, context) => {
    const { status, body } = await ask(FLAGS_PATH, { context });
    expect(status).toBe(200);
    const flags = body['flags'] as Evaluated[];
    expect(flags.map(({ key }) => key).sort()).toEqual([...Object.keys(FLAGS), 'tried'].sort());
    for (const flag of flags) {
      const single = await ask(pathOf(flag.key), { context });
      expect(single.body).toEqual(flag);
      expect(single.status).toBe(flag['errorCode'] === undefined ? 200 : 400);
    }
    const withoutUnit = flags.filter(({ errorCode }) => errorCode === 'TARGETING_KEY_MISSING');
    const splits = 'targetingKey' in context ? [] : ['rollout', 'split', 'tried'];
    expect(withoutUnit.map(({ key }) => key).sort()).toEqual(splits);
  });

  it('accepts what providers add: a charset, query parameters, an escaped key', async () => {
    const utf8 = { 'content-type': 'application/json; charset=utf-8' };
    const query = '?flagConfigEtag=%22abc%22&flagConfigLastModified=1771622898';
    const bulk = await rampart.call('POST', FLAGS_PATH + query, { context: CONTEXT }, utf8);
    expect(document.complaints(FLAGS_PATH, 200, bulk.body)).toEqual([]);
    expect((await ask(pathOf('%62oolean'), { context: CONTEXT })).body).toMatchObject({ key: 'boolean' });
  });
});

describe('a bad request', () => {
  const NO_SUCH = pathOf('no-such-flag');

  it.each([
    ['no JSON', '{', 'PARSE_ERROR'],
    ['a list', [], 'INVALID_CONTEXT'],
    ['a string', '"x"', 'INVALID_CONTEXT'],
    ['null', 'null', 'INVALID_CONTEXT'],
    ['a context that is not an object', { context: 'x' }, 'INVALID_CONTEXT'],
    ['a context that is null', { context: null }, 'INVALID_CONTEXT'],
    ['a unit that is not a string', { context: { targetingKey: 7 } }, 'INVALID_CONTEXT'],
    ['a unit that is too long', { context: { targetingKey: 'ü'.repeat(129) } }, 'INVALID_CONTEXT'],
    ['a lone surrogate', '{"context":{"targetingKey":"\\ud800"}}', 'INVALID_CONTEXT'],
    ['a control character', { context: { targetingKey: 'a\u0000b' } }, 'INVALID_CONTEXT'],
  ])('with %s gets a 400, for one flag and for all', async (_what, body, errorCode) => {
    const one = await ask(pathOf('boolean'), body);
    expect(one.status).toBe(400);
    expect(one.body).toEqual({ key: 'boolean', errorCode, errorDetails: expect.any(String) as string });
    const all = await ask(FLAGS_PATH, body);
    expect(all.status).toBe(400);
    expect(all.body).toEqual({ errorCode, errorDetails: expect.any(String) as string });
  });

  it('without a unit gets a 400 where the flag splits units', async () => {
    const { status, body } = await ask(pathOf('split'), { context: {} });
    expect([status, body['errorCode']]).toEqual([400, 'TARGETING_KEY_MISSING']);
  });

  it.each(['no-such-flag', '__proto__', 'constructor', '%F0%9F%92%A9', 'a%2Fb'])(
    'for the flag %s gets a 404',
    async (key) => {
      const { status, body } = await ask(pathOf(key), { context: CONTEXT });
      expect([status, body['errorCode'], body['key']]).toEqual([
        404,
        'FLAG_NOT_FOUND',
        decodeURIComponent(key),
      ]);
    },
  );

  it('that is too large or has another type gets a response in OFREP’s shape, although OFREP has no such status', async () => {
    const large = await rampart.call('POST', NO_SUCH, { context: { a: 'x'.repeat(1024 * 1024) } });
    const other = await rampart.call('POST', NO_SUCH, 'a=1', { 'content-type': 'text/plain' });
    for (const [answer, status] of [[large, 413] as const, [other, 415] as const]) {
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ key: 'no-such-flag', errorCode: 'PARSE_ERROR' });
      expect(document.schemaComplaints('evaluationFailure', answer.body)).toEqual([]);
    }
  });
});

describe('a key', () => {
  it.each([
    ['missing', {}],
    ['unknown', { authorization: 'Bearer nobody' }],
    ['with another scheme', { authorization: 'Basic bm9ib2R5OnB3' }],
  ])('%s gets a 401', async (_what, headers: Record<string, string>) => {
    const post = (path: string): Promise<Response> =>
      fetch(rampart.url + path, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    for (const path of [FLAGS_PATH, pathOf('boolean')]) {
      const answer = await post(path);
      expect(answer.status).toBe(401);
      expect(document.schemaComplaints('generalErrorResponse', await answer.json())).toEqual([]);
    }
  });

  it('that may not evaluate, or not in this environment, gets a 403', async () => {
    const viewer = await keyOf('viewer');
    const staging = await keyOf('client', { environments: ['staging'] });
    for (const { authorization } of [viewer, staging]) {
      for (const path of [FLAGS_PATH, pathOf('boolean')]) {
        const answer = await ask(path, { context: CONTEXT }, { authorization });
        expect([answer.status, answer.body['errorCode']]).toEqual([403, 'GENERAL']);
      }
    }
  });

  it('is accepted as X-API-Key too', async () => {
    const { authorization } = await keyOf('client');
    const key = authorization.slice('Bearer '.length);
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const answer = await fetch(rampart.url + pathOf('boolean'), { method: 'POST', body: '{}', headers });
    expect(answer.status).toBe(200);
  });

  it('that is used too often gets a 429 with the seconds to wait, and works again after them', async () => {
    const { authorization } = await keyOf('client');
    for (const [path, template] of [
      [FLAGS_PATH, FLAGS_PATH],
      [pathOf('boolean'), FLAG_PATH],
    ] as const) {
      let refused: Answer | undefined;
      for (let sent = 0; sent < 20 * RATE && !refused; sent += 20) {
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => ask(path, { context: CONTEXT }, { authorization })),
        );
        refused = answers.find(({ status }) => status === 429);
      }
      const wait = refused!.headers.get('retry-after')!;
      expect(wait).toMatch(/^[1-9]\d*$/);
      expect(document.headerComplaints(template, 429, 'Retry-After', Number(wait))).toEqual([]);
      expect(refused!.body).toMatchObject({
        errorCode: 'GENERAL',
        errorDetails: expect.any(String) as string,
      });
      await new Promise((resolve) => setTimeout(resolve, Number(wait) * 1_000));
      expect((await ask(path, { context: CONTEXT }, { authorization })).status).toBe(200);
    }
  });
});

describe('an ETag', () => {
  const bulk = (ifNoneMatch?: string, context: object = CONTEXT): Promise<Answer> =>
    ask(FLAGS_PATH, { context }, ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch });

  it('is strong, and gets a 304 without a body in every form of If-None-Match', async () => {
    const { headers } = await bulk();
    const etag = headers.get('etag')!;
    expect(etag).toMatch(/^"[!#-~]+"$/);
    for (const named of [etag, `W/${etag}`, `"other", W/"more" ,${etag}`, '*', ` ${etag} `]) {
      const answer = await bulk(named);
      expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([304, {}, etag]);
    }
    for (const other of ['"other"', etag.slice(1, -1), `"${etag}`, 'W/*', '']) {
      expect((await bulk(other)).status).toBe(200);
    }
  });

  it('differs for another context, and after a change', async () => {
    const etag = (await bulk()).headers.get('etag')!;
    expect((await bulk(etag, { ...CONTEXT, plan: 'free' })).status).toBe(200);
    await rampart.call('PUT', '/v1/flags/boolean', {
      enabled: true,
      description: 'the same flag with another revision',
    });
    await eventually(async () => (await bulk(etag)).status === 200);
  });
});

describe('the event stream', () => {
  const STREAM = /^\/v1\/stream\?token=/;

  async function uriOf(authorization: string): Promise<string> {
    const { body } = await ask(FLAGS_PATH, { context: CONTEXT }, { authorization });
    const [stream, ...more] = body['eventStreams'] as { type: string; endpoint: { requestUri: string } }[];
    expect([stream!.type, more]).toEqual(['sse', []]);
    expect(stream!.endpoint.requestUri).toMatch(STREAM);
    return stream!.endpoint.requestUri;
  }

  it('announces a change in the shape of the document, and ends when its key is revoked', async () => {
    const { id, authorization } = await keyOf('client');
    const open = await fetch(rampart.url + (await uriOf(authorization)));
    expect([open.status, open.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    let text = '';
    const ended = (async () => {
      for await (const chunk of open.body!) text += Buffer.from(chunk).toString();
    })();
    const events = (): { id?: string; data: string }[] =>
      text
        .split('\n\n')
        .slice(0, -1)
        .map(
          (block) =>
            Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/, 2))) as { data: string },
        )
        .filter(({ data }) => data !== undefined);
    const refetches = (): number =>
      events().filter(({ data }) => (JSON.parse(data) as { type: string }).type === 'refetchEvaluation')
        .length;
    const before = refetches();
    await rampart.call('PUT', '/v1/flags/announced', { enabled: true });
    await eventually(() => Promise.resolve(refetches() > before), 3_000);
    for (const event of events()) {
      expect(document.schemaComplaints('sseEvent', event)).toEqual([]);
      expect(document.schemaComplaints('sseEventData', JSON.parse(event.data))).toEqual([]);
    }
    expect((await ask(pathOf('announced'), { context: CONTEXT })).status).toBe(200);
    expect((await rampart.call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    const tooLate = new Promise((resolve) => setTimeout(resolve, 2_000, 'the stream goes on'));
    expect(await Promise.race([ended, tooLate])).toBeUndefined();
    expect((await rampart.call('POST', FLAGS_PATH, {}, { authorization })).status).toBe(401);
  });

  it('is refused to a token that is invalid, expired, forged, missing, or of a revoked key', async () => {
    const { id, authorization } = await keyOf('client');
    const status = async (uri: string): Promise<number> => {
      const stop = new AbortController();
      const answer = await fetch(rampart.url + uri, { signal: stop.signal });
      stop.abort();
      return answer.status;
    };
    const uri = await uriOf(authorization);
    expect(await status(uri)).toBe(200);
    const minuteAgo = Date.now() - 61_000;
    const expired = new StreamTokens(SECRET).issue(id, minuteAgo);
    const barely = new StreamTokens(SECRET).issue(id, minuteAgo + 11_000);
    const forged = new StreamTokens(`${SECRET}, of another deployment`).issue(id);
    expect(await status(`/v1/stream?token=${barely}`)).toBe(200);
    const tampered = `${uri.slice(0, -2)}${uri.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const bad of ['nonsense', '', '..', expired, forged]) {
      expect([bad, await status(`/v1/stream?token=${bad}`)]).toEqual([bad, 401]);
    }
    expect(await status(tampered)).toBe(401);
    expect(await status('/v1/stream')).toBe(401);
    await rampart.call('DELETE', `/v1/keys/${id}`);
    await eventually(async () => (await status(uri)) === 401, 2_500);
  });
});
