import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import type { Summary } from '../../src/lifecycle/summary.js';
import { Door, type Answer } from './door.js';

const SUMMARY: Summary = {
  ...{ last_look_at: 1_800_000_000_000, units: 412 },
  primary: { metric_id: 'click_through_rate', variant: 'treatment', lift: 0.02, lower: null, upper: 0.4 },
  guardrail: {
    ...{ metric_id: 'error_rate', variant: 'treatment' },
    ...{ log_e_harm: 1.2, threshold: 50, status: 'suspect' },
  },
  srm: { log_bayes_factor: -2, threshold: 1000 },
  spark: [{ at: 1_800_000_000_000, units: 412 }],
};

interface Made {
  id: string;
  definition?: object;
  set?: object;
}

const VIEW = { holds: [], paused: null, outcome: null, lost: [] };
const MADE: Made[] = [
  { id: 'calm', definition: { owner: 'mira', name: 'Quiet (50 %) one' }, set: { state: 'running' } },
  {
    id: 'held',
    definition: { owner: 'mira', layer_id: 'home', environment: 'production' },
    set: { state: 'running', view: { ...VIEW, holds: [{ code: 'srm', since: '2026-01-01T00:00:00Z' }] } },
  },
  {
    id: 'paused',
    definition: { environment: 'staging' },
    set: {
      state: 'ramping',
      view: { ...VIEW, paused: { by: 'a', at: '2026-01-01T00:00:00Z', reason: null } },
    },
  },
  { id: 'asking', set: { state: 'awaiting_approval', view: VIEW } },
  { id: 'lost', set: { state: 'watching', view: { ...VIEW, lost: [{ instance_id: 'i', until: 1 }] } } },
  ...[3, 1, 2].map((at) => ({
    id: `ended-${at}`,
    set: {
      ...{ state: 'completed', settled_at: at, held: 'ended' },
      view: { ...VIEW, outcome: at === 1 ? 'shipped' : 'stopped', holds: [{ code: 'srm' }] },
    },
  })),
  { id: 'just-ended', set: { state: 'completed', view: { ...VIEW, outcome: 'stopped' } } },
  { id: 'draft' },
];

let door: Door;

beforeAll(async () => {
  door = await Door.open();
  const { store } = door.api;
  for (const { id, definition = {}, set } of MADE) {
    const parsed = experimentSchema.parse({
      experiment_id: id,
      variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
      success_metrics: { primary: ['click_through_rate'] },
      ...definition,
    });
    await store.experiments.create(parsed, id, 'root');
    if (set) await store.database.collection('experiments').updateOne({ _id: id as never }, { $set: set });
  }
  await store.experiments.create(
    experimentSchema.parse({
      ...{ experiment_id: 'deleted', variants: { a: { traffic: 50 }, b: { traffic: 50 } } },
      success_metrics: { primary: ['click_through_rate'] },
    }),
    'deleted',
    'root',
  );
  await store.experiments.deleteDraft('deleted');
  await store.experimentList.summarise('calm', SUMMARY);
});

afterAll(() => door.close());

const get = (query: string, key?: string): Promise<Answer> =>
  door.call('get', `/v1/experiments?${query}`, key === undefined ? {} : { key });

async function ids(query: string, key?: string): Promise<string[]> {
  const { body } = await get(query, key);
  return (body['items'] as { experiment_id: string }[]).map(({ experiment_id }) => experiment_id);
}

describe('the list of experiments', () => {
  it.each([
    ['q=CAL', ['calm']],
    ['q=%2850%20%25%29', ['calm']],
    ['q=.', []],
    ['ids=held,calm,nobody,ended-1', ['calm', 'ended-1', 'held']],
    ['ids=held,calm,ended-1&ended=false&limit=2', ['calm', 'held']],
    ['ids=held,ended-1&ended=true', ['ended-1']],
    ['owner=mira', ['calm', 'held']],
    ['owner=mira&layer_id=home', ['held']],
    ['outcome=shipped', ['ended-1']],
    ['needs=somebody', ['asking', 'held', 'lost', 'paused']],
    ['ended=false', ['asking', 'calm', 'draft', 'held', 'just-ended', 'lost', 'paused']],
    ['ended=true', ['ended-3', 'ended-2', 'ended-1']],
    ['ended=true&state=running', []],
    ['ended=true&state=completed&q=3', ['ended-3']],
    ['ended=true&outcome=stopped', ['ended-3', 'ended-2']],
  ])('selects by %s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
  });

  it('goes through ended experiments by pages of one', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null && seen.length < 9) {
      const { body } = await get(`ended=true&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...(body['items'] as { experiment_id: string }[]).map((one) => one.experiment_id));
      cursor = body['next_cursor'] as string | null;
    }
    expect(seen).toEqual(['ended-3', 'ended-2', 'ended-1']);
  });

  it('leaves none out of those that ended in the same moment', async () => {
    const experiments = door.api.store.database.collection('experiments');
    const same = { _id: { $in: ['ended-1', 'ended-2'] as never[] } };
    await experiments.updateMany(same, { $set: { settled_at: 2 } });
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page += 1) {
      const { body } = await get(`ended=true&limit=1${cursor}`);
      seen.push(...(body['items'] as { experiment_id: string }[]).map((one) => one.experiment_id));
      cursor = `&cursor=${body['next_cursor'] as string}`;
    }
    expect([seen[0], ...seen.slice(1).sort()]).toEqual(['ended-3', 'ended-1', 'ended-2']);
    expect(cursor).toBe('&cursor=null');
    await experiments.updateOne({ _id: 'ended-1' as never }, { $set: { settled_at: 1 } });
  });

  it('says when an experiment ended', async () => {
    const { body } = await get('q=ended-3');
    expect((body['items'] as object[])[0]).toMatchObject({ ended_at: '1970-01-01T00:00:00.003Z' });
  });

  it('adds what the newest look said, if it is asked to', async () => {
    const [calm] = (await get('q=calm&include=summary')).body['items'] as Record<string, unknown>[];
    const at = new Date(SUMMARY.last_look_at).toISOString();
    expect(calm!['summary']).toEqual({ ...SUMMARY, last_look_at: at, spark: [{ at, units: 412 }] });
    const [held] = (await get('q=held&include=summary')).body['items'] as Record<string, unknown>[];
    expect(held!['summary']).toBeNull();
    const [plain] = (await get('q=calm')).body['items'] as Record<string, unknown>[];
    expect(plain).not.toHaveProperty('summary');
  });

  it('keeps the summary of the later look', async () => {
    const { experimentList } = door.api.store;
    await experimentList.summarise('calm', { ...SUMMARY, last_look_at: SUMMARY.last_look_at - 1, units: 1 });
    const [calm] = (await get('q=calm&include=summary')).body['items'] as { summary: { units: number } }[];
    expect(calm!.summary.units).toBe(412);
  });

  it('counts by state, whatever is selected', async () => {
    const { body } = await get('q=nothing&include=summary,counts');
    expect(body['items']).toEqual([]);
    expect(body['counts']).toEqual({
      ...{ draft: 1, running: 2, ramping: 1, awaiting_approval: 1, watching: 1, completed: 4 },
    });
  });

  it('shows and counts for a key only what is in its environments', async () => {
    const key = await door.key({ role: 'viewer', environments: ['production'] });
    expect(await ids('needs=somebody', key)).toEqual(['asking', 'held', 'lost']);
    const { counts } = (await get('include=counts', key)).body as { counts: Record<string, number> };
    expect(counts['ramping']).toBeUndefined();
    expect(counts['running']).toBe(2);
  });

  it.each([
    ['include=nonsense', 'include'],
    ['ids=calm,$odd', 'ids.1'],
    [`ids=${Array.from({ length: 101 }, (_, n) => `e${n}`).join(',')}`, 'ids'],
    ['include=summary,summary', 'include'],
    ['needs=anybody', 'needs'],
    ['ended=1', 'ended'],
    ['q=', 'q'],
    ['outcome=won', 'outcome'],
    ['ended=true&cursor=held', 'cursor'],
  ])('refuses %s', async (query, path) => {
    const { status, body } = await get(query);
    expect([status, (body['errors'] as { path: string }[])[0]!.path]).toEqual([422, path]);
  });
});
