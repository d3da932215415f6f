import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Door, type Answer } from './door.js';

let door: Door;

const DEFINITION = {
  variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
  success_metrics: { primary: ['click_through_rate'] },
};
const DAY_MS = 86_400_000;

interface Preview {
  allowed: boolean;
  refusal: { code: string; detail: string } | null;
  before: { state: string };
  after: { state: string; coverage: number; deadlines: Record<string, string>; holds: string[] };
  effects: { code: string; text: string }[];
}

beforeAll(async () => {
  door = await Door.open();
  for (const flag_id of ['untaken', 'shared'])
    await door.call('put', `/v1/flags/${flag_id}`, {
      body: { variants: { control: { weight: 100 }, treatment: { weight: 0 } } },
    });
});
afterAll(() => door.close());

async function draft(experiment_id: string, more: object = {}): Promise<void> {
  const { status } = await door.call('post', '/v1/experiments', {
    body: { experiment_id, ...DEFINITION, ...more },
  });
  expect(status).toBe(201);
}

const start = (id: string, body: object): Promise<Answer> =>
  door.call('post', `/v1/experiments/${id}/start`, { body });

async function preview(id: string, body: object = { duration: '20d' }): Promise<Preview> {
  const answer = await door.call('post', `/v1/experiments/${id}/start?preview=true`, { body });
  expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
  return answer.body as unknown as Preview;
}

const codesOf = ({ effects }: Preview): string[] => effects.map(({ code }) => code);
const textOf = ({ effects }: Preview, code: string): string | undefined =>
  effects.find((effect) => effect.code === code)?.text;

describe('the preview of a start', () => {
  it('says what is served to whom, what is frozen, and when the first step ends', async () => {
    await draft('plain', { target_audience: { include: ['beta'], exclude: ['staff'] } });
    const said = await preview('plain');
    expect(said).toMatchObject({ allowed: true, refusal: null, before: { state: 'draft' } });
    expect(said.after).toMatchObject({ state: 'ramping', coverage: 1, holds: [] });
    expect(codesOf(said)).toEqual(['freezes', 'serves', 'enrols', 'steps', 'ends']);
    expect(textOf(said, 'serves')).toBe(
      'flag plain gives the arms to those who are enrolled, out of units in any of beta, but not in staff',
    );
    expect(textOf(said, 'enrols')).toBe('1 % of people are enrolled at once: 0.5 % control, 0.5 % treatment');
    expect(textOf(said, 'steps')).toMatch(/^5 % are enrolled from .*Z on at the earliest/);
  });

  it('changes nothing', async () => {
    await draft('untouched', { flag_id: 'untaken' });
    const look = async () => [
      (await door.call('get', '/v1/experiments/untouched')).body,
      (await door.call('get', '/v1/audit?order=desc&limit=5')).body,
    ];
    const before = await look();
    await preview('untouched');
    expect(await look()).toEqual(before);
    // The flag is nobody's: another experiment takes it.
    await draft('another', { flag_id: 'untaken' });
    expect((await start('another', { duration: '20d' })).status).toBe(202);
  });

  it('is what the start freezes', async () => {
    await draft('frozen');
    const { after } = await preview('frozen');
    const started = (await start('frozen', { duration: '20d' })).body as {
      deadlines: Record<string, string>;
    };
    for (const name of ['start_at', 'min_duration_at', 'horizon_at', 'max_duration_at']) {
      const [said, is] = [Date.parse(after.deadlines[name]!), Date.parse(started.deadlines[name]!)];
      expect(Math.abs(said - is), name).toBeLessThan(60_000);
    }
  });

  it('that is in the future enrols nobody before', async () => {
    await draft('later');
    const start_date = new Date(Date.now() + DAY_MS).toISOString();
    const said = await preview('later', { start_date, duration: '20d' });
    expect(said.after).toMatchObject({ state: 'scheduled', coverage: 0 });
    expect(textOf(said, 'waits')).toBe(`nobody is enrolled before its start at ${start_date}`);
    expect(textOf(said, 'enrols')).toContain(`from ${start_date} on`);
  });

  it('under an emergency stop waits for its release', async () => {
    await draft('stopped');
    const stop = await door.call('post', '/v1/emergency-stops', {
      body: { reason: 'try', experiment_ids: ['stopped'] },
    });
    expect(stop.status).toBe(202);
    const said = await preview('stopped');
    expect(said.after).toMatchObject({ state: 'scheduled', holds: ['fenced'] });
    expect(textOf(said, 'waits')).toContain('the emergency stop is released');
  });

  it('in a layer says whether there are slots for it', async () => {
    await door.call('put', '/v1/layers/page', { body: {} });
    await draft('in_layer', { layer_id: 'page', layer_share: 60 });
    expect((await preview('in_layer')).after.state).toBe('ramping');
    await door.api.store.leases.take('page', { experiment_id: 'somebody' }, 5_000);
    const said = await preview('in_layer');
    expect(said.after.state).toBe('queued');
    expect(textOf(said, 'waits')).toBe('it waits until 60 % of layer page are free');
  });

  it('names what speaks against the plan', async () => {
    await draft('warned', {
      success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate'] },
    });
    expect(textOf(await preview('warned'), 'warns')).toContain('error_rate');
  });
});

describe('a start that would be refused', () => {
  beforeAll(async () => {
    await draft('first', { flag_id: 'shared' });
    await start('first', { duration: '20d' });
  });

  it.each([
    ['too short', 'short', {}, { duration: '1h' }, 'horizon_too_short'],
    ['too long', 'long', {}, { duration: '3650d' }, 'horizon_too_long'],
    ['on a flag in use', 'second', { flag_id: 'shared' }, { duration: '20d' }, 'flag_in_use'],
  ])('%s has the refusal of the start', async (_, id, more, body, code) => {
    await draft(id, more);
    const said = await preview(id, body);
    expect(said).toMatchObject({ allowed: false, refusal: { code }, effects: [] });
    expect(said.after).toEqual(said.before);
    const refused = await start(id, body);
    expect(refused.body).toMatchObject({ code, detail: said.refusal!.detail });
  });

  it('for a wrong field, or because it runs, is answered as the start is', async () => {
    await draft('wrong');
    for (const [id, body] of [
      ['wrong', { duration: 'soon' }],
      ['frozen', {}],
    ] as const) {
      const tried = await door.call('post', `/v1/experiments/${id}/start?preview=true`, { body });
      const asked = await start(id, body);
      const { request_id: _, ...said } = asked.body;
      expect([tried.status, tried.body]).toMatchObject([asked.status, said]);
      expect(asked.status).toBeGreaterThanOrEqual(400);
    }
  });
});
