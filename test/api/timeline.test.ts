import { Collection, MongoNetworkError } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { tellEverything } from '../../src/operations/tell-lines.js';
import type { TimelineItem } from '../../src/store/timeline.js';
import { Door } from './door.js';

let door: Door;

// A rehearsal starts processes of its own, and has nothing to do with this.
vi.mock('../../src/operations/rehearse-apart.js', () => ({
  rehearseApart: () => Promise.reject(new Error('not here')),
}));

beforeAll(async () => {
  door = await Door.open();
});

afterEach(() => vi.restoreAllMocks());
afterAll(() => door.close());

const WRITES = [
  ...(['insertOne', 'insertMany', 'updateOne', 'updateMany', 'replaceOne'] as const),
  ...(['deleteOne', 'deleteMany', 'bulkWrite', 'findOneAndUpdate'] as const),
];

/** Runs something in a process that dies before its write number `fatal`: neither that one is made nor any after it. */
async function dyingAt(fatal: number, operation: () => Promise<unknown>): Promise<{ died: boolean }> {
  let writes = 0;
  for (const name of WRITES) {
    const original = Reflect.get(Collection.prototype, name) as (...given: unknown[]) => Promise<unknown>;
    vi.spyOn(Collection.prototype, name).mockImplementation(function (this: Collection, ...given: unknown[]) {
      writes += 1;
      if (writes >= fatal) return Promise.reject(new MongoNetworkError('the process is dead'));
      return original.apply(this, given);
    } as never);
  }
  await operation();
  vi.restoreAllMocks();
  return { died: writes >= fatal };
}

async function linesOf(id: string): Promise<TimelineItem[]> {
  return door.api.store.timeline.of(id, 100, 0);
}

async function audited(id: string, action: string): Promise<boolean> {
  const entries = await door.api.store.audit.list({ after: 0, subject: id }, 100);
  return entries.some((entry) => entry.action === action);
}

const DRAFT = {
  policy_id: 'demo',
  variants: { control: { traffic: 50 }, treatment: { traffic: 50 } },
  success_metrics: { primary: ['click_through_rate'], guardrail: ['error_rate'] },
};

async function draft(experiment_id: string, more: object = {}): Promise<void> {
  const body = { experiment_id, ...DRAFT, ...more };
  expect((await door.call('post', '/v1/experiments', { body })).status).toBe(201);
}

async function started(experiment_id: string): Promise<void> {
  await draft(experiment_id);
  expect((await door.call('post', `/v1/experiments/${experiment_id}/start`, { body: {} })).status).toBe(202);
}

interface Change {
  prepare: (id: string) => Promise<unknown>;
  make: (id: string) => Promise<unknown>;
  isMade: (id: string) => Promise<boolean>;
  /** The lines that tell of it. */
  lines: { kind: string; reason?: unknown }[];
  entry: (id: string) => [subject: string, action: string];
}

const state = async (id: string): Promise<string | undefined> =>
  (await door.api.store.experiments.get(id))?.state;

const CHANGES: Record<string, Change> = {
  created: {
    prepare: () => Promise.resolve(),
    make: (id) => door.call('post', '/v1/experiments', { body: { experiment_id: id, ...DRAFT } }),
    isMade: async (id) => (await state(id)) === 'draft',
    lines: [{ kind: 'created' }],
    entry: (id) => [id, 'experiment.create'],
  },
  started: {
    prepare: (id) => draft(id),
    make: (id) => door.call('post', `/v1/experiments/${id}/start`, { body: {} }),
    isMade: async (id) => (await state(id)) === 'scheduled',
    // What was known at the start, too: no event of the guardrail has ever arrived.
    lines: [{ kind: 'started' }, { kind: 'note', reason: expect.stringContaining('guardrail error_rate') }],
    entry: (id) => [id, 'experiment.start'],
  },
  'a flag changed': {
    prepare: async (id) => {
      const body = { variants: { control: { weight: 100 }, treatment: { weight: 0 } } };
      expect((await door.call('put', `/v1/flags/${id}`, { body })).status).toBe(201);
      await started(id);
    },
    make: (id) => {
      const body = { variants: { control: { weight: 90 }, treatment: { weight: 10 } } };
      return door.call('put', `/v1/flags/${id}`, { body });
    },
    isMade: async (id) => (await door.api.store.flags.get(id))?.revision === 2,
    lines: [{ kind: 'flag_changed' }],
    entry: (id) => [id, 'flag.update'],
  },
  'units excluded': {
    prepare: (id) => started(id),
    make: (id) =>
      door.call('post', `/v1/experiments/${id}/exclusions`, { body: { unit_ids: ['u'], reason: 'ours' } }),
    isMade: async (id) =>
      ((await door.call('get', `/v1/experiments/${id}/exclusions`)).body['items'] as unknown[]).length > 0,
    lines: [{ kind: 'command', reason: 'ours' }],
    entry: (id) => [id, 'experiment.exclusions'],
  },
  'ended by force': {
    prepare: async (id) => {
      await started(id);
      await door.api.store.emergencyStops.put({
        ...{ _id: id, at: '2020-01-01T00:00:00Z', by: 'root', reason: 'r', scope: [id] },
        ...{ experiment_ids: [id], fence_revision: 1, released_at: null },
      });
    },
    make: (id) => door.call('post', `/v1/emergency-stops/${id}/force`, { body: { reason: 'it must end' } }),
    isMade: async (id) => (await state(id)) === 'completed',
    lines: [{ kind: 'state_changed', reason: 'forced: it must end' }],
    entry: (id) => [id, 'emergency_stop.force'],
  },
};

it.each(Object.entries(CHANGES))(
  'no change is without its line and its entry, whenever a process dies: %s',
  async (name, { prepare, make, isMade, lines, entry }) => {
    const { store } = door.api;
    let [fatal, made] = [1, 0];
    for (let died = true; died; fatal += 1) {
      const id = `${name.replaceAll(' ', '-')}-${fatal}`;
      await prepare(id);
      const before = (await linesOf(id)).length;
      ({ died } = await dyingAt(fatal, () => make(id)));
      if (!(await isMade(id))) continue;
      made += 1;
      // What reconciliation does, in another process.
      await tellEverything(store, await store.experiments.underWay(), Date.now(), () => undefined);
      const told = (await linesOf(id)).slice(before);
      expect(told.slice(0, lines.length), `dead at write ${fatal}`).toMatchObject(lines);
      expect(await audited(...entry(id)), `dead at write ${fatal}`).toBe(true);
      await tellEverything(store, await store.experiments.underWay(), Date.now(), () => undefined);
      expect(await linesOf(id)).toHaveLength(before + told.length);
    }
    // It died before the change, and after it.
    expect(made).toBeGreaterThan(1);
    expect(fatal).toBeGreaterThan(made + 2);
  },
);

it('every change of the flag is told once, also those that were made while nobody could tell', async () => {
  const { store } = door.api;
  const variants = (weight: number): object => ({
    variants: { control: { weight }, treatment: { weight: 100 - weight } },
  });
  await door.call('put', '/v1/flags/many', { body: variants(50) });
  await started('many');
  const append = vi.spyOn(store.timeline, 'append').mockRejectedValue(new MongoNetworkError('away'));
  for (const weight of [60, 70]) await door.call('put', '/v1/flags/many', { body: variants(weight) });
  append.mockRestore();
  await door.call('put', '/v1/flags/many', { body: variants(80) });
  const changes = (await linesOf('many')).filter(({ kind }) => kind === 'flag_changed');
  expect(changes.map(({ data }) => data?.['flag_revision'])).toEqual([2, 3, 4]);
});

it('a start whose rehearsal was cut off says so in the end', async () => {
  const { store } = door.api;
  await draft('cut-off');
  // It dies on its way to telling of the rehearsal.
  vi.spyOn(store.experiments, 'started').mockRejectedValue(new MongoNetworkError('the process is dead'));
  await door.call('post', '/v1/experiments/cut-off/start', { body: {} });
  vi.restoreAllMocks();
  const reasons = async (at: number): Promise<unknown[]> => {
    await tellEverything(store, [], at, () => undefined);
    return (await linesOf('cut-off')).map(({ reason }) => reason);
  };
  expect(await reasons(Date.now() + 60_000)).not.toContainEqual(expect.stringContaining('its rehearsal'));
  expect(await reasons(Date.now() + 3_600_000)).toContainEqual(
    expect.stringContaining('nothing came of its rehearsal'),
  );
  expect((await store.untold.all()).map(({ _id }) => _id)).not.toContain('cut-off');
});
