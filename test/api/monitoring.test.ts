import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failure } from '../../src/errors.js';
import { launched } from '../store/launched.js';
import { Door } from './door.js';

const lines: Record<string, unknown>[] = [];
const logger = pino(
  { level: 'info', base: null },
  new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  }),
);

let door: Door;

beforeAll(async () => {
  door = await Door.open({}, logger);
});
afterAll(() => door.close());

async function metrics(): Promise<(name: string) => number | null> {
  const text = await (await fetch(`${door.url}/metrics`)).text();
  return (name) => {
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? null : Number(line.slice(name.length));
  };
}

describe('the id of a request', () => {
  const header = (answer: { headers: Headers }): string | null => answer.headers.get('x-request-id');

  it('is the one that its sender gave it', async () => {
    const headers = { 'x-request-id': 'deploy-7:step/3' };
    expect(header(await door.call('GET', '/v1/flags', { headers }))).toBe('deploy-7:step/3');
    const unknown = await door.call('GET', '/v1/flags/none', { headers });
    expect(header(unknown)).toBe('deploy-7:step/3');
    expect(unknown.body).toMatchObject({ code: 'not_found', request_id: 'deploy-7:step/3' });
  });

  it.each(['', 'a b', 'x'.repeat(129), 'somebody@example.com', '"quoted"', '<b>'])(
    'is a new one where that is %j',
    async (given) => {
      const headers = { 'x-request-id': given };
      const ids = [];
      for (let n = 0; n < 2; n += 1)
        ids.push(header(await door.call('GET', '/v1/flags/none', { headers })) ?? '');
      expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
      expect(ids[0]).not.toBe(ids[1]);
    },
  );

  it('is in every answer of Express, also where there is no such path, and in that of a probe', async () => {
    for (const path of ['/none', '/healthz', '/v1/flags', '/openapi.json'])
      expect(header(await door.call('GET', path))).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is in the line of the log that tells of a refusal, and of a fault', async () => {
    const answer = await door.call('GET', '/v1/flags', { key: 'nobody knows this key' });
    expect(answer.status).toBe(401);
    expect(lines.at(-1)).toMatchObject({ code: 'unauthenticated', request_id: header(answer) });
    const spy = vi.spyOn(door.api.store.flags, 'page').mockRejectedValue(new TypeError('a fault'));
    const fault = await door.call('GET', '/v1/flags');
    spy.mockRestore();
    expect([fault.status, fault.body['request_id']]).toEqual([500, header(fault)]);
    expect(lines.at(-1)).toMatchObject({ route: '/v1/flags', request_id: header(fault) });
  });

  it('is in failures of serving calls; good answers have none', async () => {
    const headers = { 'x-request-id': 'mine' };
    const failed = await door.call('POST', '/v1/events', { body: '{', headers });
    expect([failed.status, header(failed), failed.body['request_id']]).toEqual([400, 'mine', 'mine']);
    const unknown = await door.call('POST', '/ofrep/v1/evaluate/flags/none', { body: {} });
    expect(unknown.status).toBe(404);
    expect(header(unknown)).toMatch(/^[0-9a-f-]{36}$/);
    const good = await door.call('POST', '/ofrep/v1/evaluate/flags', { body: {}, headers });
    expect([good.status, header(good)]).toEqual([200, null]);
  });
});

describe('the metrics', () => {
  it('count what management answers by route, and never by path', async () => {
    const name = (route: string, status: number): string =>
      `rampart_http_requests_total{method="GET",route="${route}",status="${status}"}`;
    const before = await metrics();
    await door.call('GET', '/v1/flags/secret-flag-7');
    await door.call('GET', '/nothing/of/the/kind');
    await door.call('GET', '/v1/flags', { key: 'nobody knows this key' });
    const after = await metrics();
    const grown = (series: string): number => (after(series) ?? 0) - (before(series) ?? 0);
    expect(grown(name('/v1/flags/{flag_id}', 404))).toBe(1);
    expect(grown(name('other', 404))).toBe(1);
    expect(grown(name('/v1/flags', 401))).toBe(1);
    const text = await (await fetch(`${door.url}/metrics`)).text();
    expect(text).not.toMatch(/secret-flag-7|of\/the\/kind/);
    expect(
      after('rampart_http_request_duration_seconds_count{method="GET",route="/v1/flags"}'),
    ).toBeGreaterThan(0);
  });

  it('count evaluations and events, and why they failed', async () => {
    const before = await metrics();
    const event = (event_id: string, more: object = {}): object => {
      const timestamp = new Date().toISOString();
      return { event_id, type: 'click', unit_id: 'u', timestamp, ...more };
    };
    const body = [
      event('1'),
      event('1'),
      event('2'),
      event('3', { timestamp: '2020-01-01T00:00:00Z' }),
      { type: 'x' },
    ];
    expect((await door.call('POST', '/v1/events', { body })).status).toBe(202);
    await door.call('POST', '/ofrep/v1/evaluate/flags/none', { body: {} });
    await door.call('POST', '/ofrep/v1/evaluate/flags', { body: {}, key: 'nobody knows this key' });
    const after = await metrics();
    const grown = (name: string): number => (after(name) ?? 0) - (before(name) ?? 0);
    expect(grown('rampart_events_total{result="accepted"}')).toBe(2);
    expect(grown('rampart_events_total{result="duplicate"}')).toBe(1);
    expect(grown('rampart_events_rejected_total{code="too_old"}')).toBe(1);
    expect(grown('rampart_serving_requests_total{call="/v1/events",status="202"}')).toBe(1);
    const flag = 'call="/ofrep/v1/evaluate/flags/{key}"';
    expect(grown(`rampart_serving_requests_total{${flag},status="404"}`)).toBe(1);
    expect(grown(`rampart_serving_errors_total{${flag},code="FLAG_NOT_FOUND"}`)).toBe(1);
    expect(
      grown('rampart_serving_errors_total{call="/ofrep/v1/evaluate/flags",code="unauthenticated"}'),
    ).toBe(1);
    expect(grown(`rampart_serving_request_duration_seconds_count{${flag}}`)).toBe(1);
  });

  it('tell of the installation what was read last', async () => {
    expect((await metrics())('rampart_commands_waiting')).toBeNull();
    await door.call('POST', '/v1/experiments', {
      body: {
        experiment_id: 'draft-1',
        variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
        success_metrics: { primary: ['click_through_rate'] },
      },
    });
    await door.api.fleet.round();
    await door.api.insights.round();
    const found = await metrics();
    expect(found('rampart_experiments{state="draft"}')).toBe(1);
    expect(found('rampart_commands_waiting')).toBe(0);
    expect(found('rampart_emergency_stops{state="in_force"}')).toBe(0);
    await door.call('POST', '/v1/emergency-stops', { body: { reason: 'a test' } });
    await door.api.fleet.round();
    expect((await metrics())('rampart_emergency_stops{state="in_force"}')).toBe(1);
  });
});

describe('GET /v1/insights', () => {
  const day = 86_400_000;
  const end = Date.parse('2026-06-01T00:00:00Z');

  const DECIDED_BY: Record<string, [row: number, decision: string]> = {
    shipped: [10, 'winner'],
    rolled_back: [2, 'roll_back'],
    stopped: [1, 'stop'],
  };

  async function ended(id: string, at: number, outcome: string, environment?: string): Promise<void> {
    const { definition, launch, view } = launched(
      id,
      at - 10 * day,
      environment === undefined ? {} : { environment },
    );
    const interval = { kind: 'sequence', lower: 0.01, upper: 0.05, relative_lower: 0.1, relative_upper: 0.5 };
    const primary = { metric_id: 'click_through_rate', lift: 0.3, estimate: 0.2, difference: 0.03, interval };
    const lifts = { at_decision: { variant: 'treatment', primaries: [primary] }, after_watch: null };
    const { database } = door.api.store;
    await database.collection<{ _id: string }>('experiments').insertOne({
      ...{ _id: id, definition, launch, view: { ...view, outcome }, settled_at: at, state: 'completed' },
      ...{ held: 'ended', ...(outcome === 'shipped' && { lifts }) },
    });
    const [row, decision] = DECIDED_BY[outcome]!;
    await database.collection<{ _id: string }>('decisions').insertOne({
      ...{ _id: `${id}#1`, experiment_id: id, n: 1, at: at - 4 * day, row },
      ...{ decision, variant: 'treatment', certificate: { large: 'x'.repeat(1_000) } },
    });
  }

  beforeAll(async () => {
    await ended('shipped-1', end - day, 'shipped');
    await ended('harmful-1', end - 2 * day, 'rolled_back', 'production');
    await ended('elsewhere-1', end - 3 * day, 'stopped', 'staging');
    await ended('long-ago', end - 200 * day, 'shipped');
  });

  it('says what experiments were worth that ended in a time', async () => {
    const { status, body } = await door.call('GET', `/v1/insights?until=${new Date(end).toISOString()}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ experiments: 3, truncated: false, guardrail_saves: 1 },
      outcomes: { shipped: 1, rolled_back: 1, no_effect: 0, inconclusive: 0, stopped: 1 },
      time_to_decision: { experiments: 2, median_seconds: (6 * day) / 1000 },
      harm_served: { experiments: 1, longest_seconds: (10 * day) / 1000 },
      effects: [{ metric_id: 'click_through_rate', ships: 1, estimate: 0.2, lower: 0.1, upper: 0.5 }],
      ...{ revenue: [], shipped: [{ experiment_id: 'shipped-1', variant: 'treatment', source: 'decision' }] },
    });
    expect(body['completed_share']).toBeCloseTo(2 / 3);
    const all = await door.call('GET', '/v1/insights?from=2025-01-01T00:00:00Z&until=2026-06-01T00:00:00Z');
    expect(all.body).toMatchObject({ experiments: 4, outcomes: { shipped: 2 } });
  });

  it('keeps to the environments of a key', async () => {
    const key = await door.key({ role: 'viewer', environments: ['production'] });
    const { body } = await door.call('GET', '/v1/insights?until=2026-06-01T00:00:00Z', { key });
    expect(body).toMatchObject({ experiments: 2, outcomes: { stopped: 0 } });
  });

  it('has numbers of nothing where nothing ended, and refuses a time that ends before it begins', async () => {
    const none = await door.call('GET', '/v1/insights?from=2019-01-01T00:00:00Z&until=2019-02-01T00:00:00Z');
    expect(none.body).toMatchObject({ experiments: 0, completed_share: null, time_to_decision: null });
    const wrong = await door.call('GET', '/v1/insights?from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z');
    expect(wrong.body).toMatchObject({ status: 422, errors: [{ path: 'from', code: 'out_of_range' }] });
  });

  it('is where the metrics of all of them come from', async () => {
    for (let n = 0; n < 3; n += 1) await door.api.insights.round();
    const found = await metrics();
    // Those of this test alone; the one of staging, too: metrics are of the whole installation.
    expect(found('rampart_experiments_ended_total{outcome="shipped"}')).toBe(2);
    expect(found('rampart_experiments_ended_total{outcome="stopped"}')).toBe(1);
    expect(found('rampart_guardrail_saves_total')).toBe(1);
    expect(found('rampart_experiment_decision_seconds_count')).toBe(3);
    expect(found('rampart_harm_served_seconds_sum')).toBe((10 * day) / 1000);
    expect(found('rampart_shipped_effect_ratio{metric_id="click_through_rate",bound="estimate"}')).toBe(0.2);
  });
});

it('without MongoDB it is 503, as everything that reads the store', async () => {
  const spy = vi.spyOn(door.api.store.insights, 'ended').mockRejectedValue(failure('unavailable', 'away'));
  const answer = await door.call('GET', '/v1/insights');
  spy.mockRestore();
  expect([answer.status, answer.body['code']]).toEqual([503, 'unavailable']);
});
