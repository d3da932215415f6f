import { afterAll, beforeAll, expect, it } from 'vitest';
import { experimentSchema } from '../../src/model/experiment.js';
import { Door } from './door.js';

let door: Door;
let key_id: string;
const LISTS = {
  timeline: '/v1/experiments/e/timeline',
  decisions: '/v1/experiments/e/decisions',
  audit: '/v1/audit',
  'the audit of one subject': '/v1/audit?subject=e',
  'the audit since a moment': `/v1/audit?since=${new Date(Date.now() - 60_000).toISOString()}`,
};

beforeAll(async () => {
  door = await Door.open();
  const { store } = door.api;
  const made = await door.call('post', '/v1/keys', { body: { name: 'Ada', role: 'experimenter' } });
  key_id = made.body['key_id'] as string;
  const experiment = experimentSchema.parse({
    experiment_id: 'e',
    variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
    success_metrics: { primary: ['click_through_rate'] },
  });
  await store.experiments.create(experiment, 'e', 'root');
  const actors = [
    { type: 'person', id: key_id },
    { type: 'person', id: 'a key that is gone' },
    { type: 'engine', id: 'rampart' },
  ] as const;
  for (const [index, actor] of [...actors, ...actors].entries()) {
    const line = { at: index, kind: 'note', actor, revision: 0 } as const;
    await store.timeline.append('e', [[`n${index}`, line]]);
    const decision = { n: index + 1, at: index, row: 12, decision: 'continue', reasons: [] };
    await store.decisions.add('e', decision as never, {} as never);
    await store.audit.append({
      actor: { type: 'person', id: actor.id },
      action: 'x',
      subject: { type: 'experiment', id: 'e' },
    });
  }
  await door.api.refresher.refresh();
});

afterAll(() => door.close());

async function pagesOf(path: string, limit: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let cursor: string | null = '0'; cursor !== null && found.length < 100;) {
    const target: string = `${path}${path.includes('?') ? '&' : '?'}order=desc&limit=${limit}&cursor=${cursor}`;
    const { status, body } = await door.call('get', target);
    expect(status).toBe(200);
    found.push(...(body['items'] as unknown[]));
    cursor = body['next_cursor'] as string | null;
  }
  return found;
}

it.each(Object.entries(LISTS))('%s: the newest first, whole and by pages', async (_, path) => {
  const oldestFirst = (await door.call('get', path)).body['items'] as unknown[];
  expect(oldestFirst.length).toBeGreaterThanOrEqual(6);
  const expected = [...oldestFirst].reverse();
  expect(await pagesOf(path, 1000)).toEqual(expected);
  expect(await pagesOf(path, 1)).toEqual(expected);
  expect(await pagesOf(path, 4)).toEqual(expected);
});

it('an order that there is not is refused', async () => {
  for (const path of Object.values(LISTS)) {
    const { status } = await door.call('get', `${path}${path.includes('?') ? '&' : '?'}order=newest`);
    expect(status).toBe(422);
  }
});

it('actors have the name of their key, as long as there is one', async () => {
  type Acted = { actor: { id: string; name?: string } };
  for (const path of [LISTS.timeline, LISTS['the audit of one subject']]) {
    const { body } = await door.call('get', path);
    const actors = (body['items'] as Acted[]).map(({ actor }) => actor);
    const named = new Set(actors.filter(({ name }) => name !== undefined).map(({ name }) => name));
    expect([...named]).toEqual(['Ada']);
    expect(actors.find(({ id }) => id === key_id)?.name).toBe('Ada');
    expect(actors.find(({ id }) => id === 'a key that is gone')).not.toHaveProperty('name');
  }
});
