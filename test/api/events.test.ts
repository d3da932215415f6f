import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Door } from './door.js';

let door: Door;
const METRIC = {
  ...{ kind: 'mean', event: 'purchase', value: 'amount', where: { plan: 'pro' }, direction: 'increase' },
  scale: 100,
};
let sent = 0;

beforeAll(async () => {
  door = await Door.open();
});

afterAll(() => door.close());

async function send(...events: object[]): Promise<void> {
  const timestamp = new Date().toISOString();
  const body = events.map((event) => ({
    event_id: `e${(sent += 1)}`,
    unit_id: 'somebody',
    timestamp,
    ...event,
  }));
  const { status } = await door.call('post', '/v1/events', { body });
  expect(status).toBe(202);
}

interface Types {
  types: {
    type: string;
    last_hour: number;
    by_minute: number[];
    kept: boolean;
    metrics: string[];
    similar: string[];
  }[];
  unseen: { type: string; similar: string[] }[];
  rejected: { code: string; last_hour: number }[];
  dropped: { code: string; last_hour: number }[];
  properties: object[];
  more_types: number;
}

async function types(query = ''): Promise<Types> {
  await door.api.arrivals.flush();
  return (await door.call('get', `/v1/events/types${query}`)).body as unknown as Types;
}

describe('what arrives', () => {
  it('is told by type, with the metrics that count it and what is misspelt', async () => {
    expect((await door.call('put', '/v1/metrics/pro_revenue', { body: METRIC })).status).toBe(201);
    await send(
      { type: 'click' },
      { type: 'click' },
      { type: 'a.type $with %signs' },
      { type: 'playlistcreated' },
      { type: 'purchase', properties: { plan: 'pro', amount: 5, secret: 'x' } },
      { type: 'purchase', properties: { plan: 'ann@mail.example', amount: 5 } },
      { type: 'click', timestamp: 'yesterday' },
      { type: 'click', unit_id: null },
    );
    const { types: all, unseen, rejected, dropped, properties, more_types } = await types();
    const of = (type: string) => all.find((one) => one.type === type)!;
    expect(of('click')).toMatchObject({ last_hour: 2, kept: true, similar: [] });
    expect(of('click').metrics).toContain('click_through_rate');
    expect(
      of('click')
        .by_minute.slice(-2)
        .reduce((sum, n) => sum + n),
    ).toBe(2);
    expect(of('a.type $with %signs')).toMatchObject({ last_hour: 1, kept: false, metrics: [] });
    expect(of('playlistcreated').similar).toEqual(['playlist_created']);
    expect(unseen.find(({ type }) => type === 'playlist_created')!.similar).toEqual(['playlistcreated']);
    expect(rejected.map(({ code, last_hour }) => [code, last_hour])).toEqual([
      ['invalid_field', 1],
      ['missing_field', 1],
    ]);
    expect(dropped).toMatchObject([{ code: 'property_personal', last_hour: 1 }]);
    expect(properties).toEqual([
      { type: 'purchase', name: 'amount', personal: false, metrics: ['pro_revenue'] },
      { type: 'purchase', name: 'plan', personal: false, metrics: ['pro_revenue'] },
    ]);
    expect(more_types).toBe(0);
    expect(await types('?limit=1')).toMatchObject({ more_types: all.length - 1 });
  });
});

describe('trying a metric', () => {
  it('says which of the events that came it would count', async () => {
    const saved = await door.call('post', '/v1/metrics/pro_revenue/try');
    expect(saved.status).toBe(200);
    expect(saved.body).toMatchObject({
      counted: 1,
      not_counted: { condition: 1, no_value: 0 },
      unkept_properties: [],
    });
    const edit = { metric_id: 'by_place', ...METRIC, where: { place: 'top' } };
    const unsaved = await door.call('post', '/v1/metrics/try', { body: { definition: edit } });
    expect(unsaved.body).toMatchObject({ counted: 0, unkept_properties: ['place'] });
    const text = JSON.stringify([saved.body, unsaved.body]);
    expect(text).not.toMatch(/somebody|ann@mail|secret/);
    expect((await door.call('post', '/v1/metrics/none/try')).status).toBe(404);
  });

  it('refuses a definition at its place in the body', async () => {
    const definition = { metric_id: 'm', ...METRIC, aggregate: 'count' };
    const { status, body } = await door.call('post', '/v1/metrics/try', { body: { definition } });
    expect([status, (body['errors'] as { path: string }[]).map(({ path }) => path)]).toEqual([
      422,
      ['definition.value'],
    ]);
  });

  it('takes who may define metrics', async () => {
    const viewer = await door.key({ role: 'viewer' });
    expect((await door.call('post', '/v1/metrics/pro_revenue/try', { key: viewer })).status).toBe(403);
    expect((await door.call('get', '/v1/events/types', { key: viewer })).status).toBe(200);
  });

  it('keeps a new property from the moment that a metric names it', async () => {
    const body = { ...METRIC, where: { place: 'top' } };
    await send({ type: 'purchase', properties: { place: 'top', amount: 1 } });
    await door.call('put', '/v1/metrics/by_place', { body });
    await send({ type: 'purchase', properties: { place: 'top', amount: 1 } });
    expect((await door.call('post', '/v1/metrics/by_place/try')).body).toMatchObject({ counted: 1 });
    await door.call('delete', '/v1/metrics/by_place');
    const { properties } = await types();
    expect(JSON.stringify(properties)).not.toContain('place');
  });
});

describe('the revisions of a metric', () => {
  it('can be read, also of one that was deleted', async () => {
    await door.call('put', '/v1/metrics/changed', { body: METRIC });
    await door.call('put', '/v1/metrics/changed', { body: { ...METRIC, scale: 1 } });
    await door.call('delete', '/v1/metrics/changed');
    const { body } = await door.call('get', '/v1/metrics/changed/revisions');
    const items = body['items'] as {
      revision: number;
      by: string;
      definition: { scale: number; metric_id: string };
    }[];
    expect(
      items.map(({ revision, by, definition }) => [revision, by, definition.scale, definition.metric_id]),
    ).toEqual([
      [2, 'root', 1, 'changed'],
      [1, 'root', 100, 'changed'],
    ]);
  });

  it('are none of a built-in metric, and not found of one that never was', async () => {
    const { body } = await door.call('get', '/v1/metrics/click_through_rate/revisions');
    expect(body).toEqual({ items: [], next_cursor: null });
    expect((await door.call('get', '/v1/metrics/never/revisions')).status).toBe(404);
  });
});
