import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Door } from './door.js';

let door: Door;

const DEFINITION = {
  variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
  success_metrics: { primary: ['click_through_rate'] },
};

beforeAll(async () => {
  door = await Door.open();
  const put = (flag_id: string, body: object) => door.call('put', `/v1/flags/${flag_id}`, { body });
  await put('free', { enabled: true });
  await put('drafted', { variants: { control: { weight: 100 }, treatment: { weight: 0 } } });
  await put('needed', { enabled: true });
  await put('needing', { enabled: true, prerequisites: [{ flag_id: 'needed', variants: ['on'] }] });
  await put('driven', { variants: { control: { weight: 100 }, treatment: { weight: 0 } } });
  for (const [experiment_id, flag_id] of [
    ['planned', 'drafted'],
    ['runs', 'driven'],
  ] as const)
    await door.call('post', '/v1/experiments', { body: { experiment_id, flag_id, ...DEFINITION } });
  await door.call('post', '/v1/experiments/runs/start', { body: { duration: '20d' } });
});

afterAll(() => door.close());

const usesOf = async (flag_id: string) => (await door.call('get', `/v1/flags/${flag_id}/uses`)).body;

describe('what uses a flag', () => {
  it.each([
    ['free', { flags: [], experiments: [], drafts: [] }],
    ['drafted', { flags: [], experiments: [], drafts: ['planned'] }],
    ['needed', { flags: ['needing'], experiments: [], drafts: [] }],
    ['driven', { flags: [], experiments: ['runs'], drafts: [] }],
  ])('of %s', async (flag_id, uses) => {
    expect(await usesOf(flag_id)).toMatchObject({ flag_id, ...uses });
  });

  it('of one that is not there is 404', async () => {
    expect((await door.call('get', '/v1/flags/none/uses')).status).toBe(404);
  });

  it.each(['needed', 'driven', 'drafted', 'free'])('says of %s what deleting it answers', async (flag_id) => {
    const { refusal } = (await usesOf(flag_id)) as { refusal: { code: string; detail: string } | null };
    const { status, body } = await door.call('delete', `/v1/flags/${flag_id}`);
    if (refusal === null) expect(status).toBe(204);
    else expect([status, body['code'], body['detail']]).toEqual([409, refusal.code, refusal.detail]);
    expect(refusal === null).toBe(flag_id === 'drafted' || flag_id === 'free');
  });

  it('that was deleted, its last revision brings back', async () => {
    const { body } = await door.call('get', '/v1/flags/free/revisions');
    const [newest] = (body as { items: { revision: number }[] }).items;
    const back = await door.call('post', `/v1/flags/free/revisions/${newest!.revision}/restore`);
    expect([back.status, back.body['enabled']]).toEqual([200, true]);
  });
});
