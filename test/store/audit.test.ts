import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../../src/errors.js';
import { audited } from '../../src/operations/tell.js';
import type { AuditEntry, AuditInput, Verification } from '../../src/store/audit.js';
import type { Store } from '../../src/store/store.js';
import { TestStores } from './test-store.js';

let stores: TestStores;

beforeAll(async () => {
  stores = await TestStores.start();
});

afterAll(() => stores.end());

function entry(n: number): AuditInput {
  return {
    actor: { type: 'person', id: 'alice' },
    action: 'flag.update',
    subject: { type: 'flag', id: `f${n}` },
    after: { enabled: true },
  };
}

/** An installation with ten entries. */
async function installation(): Promise<{ name: string; store: Store }> {
  const name = stores.fresh();
  const store = await stores.store(name);
  for (let n = 1; n <= 10; n += 1) await store.audit.append(entry(n));
  expect(await store.audit.verify()).toEqual({ valid: true, entries: 10, next: null });
  return { name, store };
}

describe('the audit trail is found to be changed', () => {
  type Tamper = (entries: ReturnType<Store['database']['collection']>, store: Store) => Promise<unknown>;
  const cases: [what: string, first_bad: number, tamper: Tamper][] = [
    [
      'an entry that says something else',
      6,
      (entries) => entries.updateOne({ _id: 6 } as never, { $set: { 'actor.id': 'bob' } }),
    ],
    ['an entry taken out of the middle', 5, (entries) => entries.deleteOne({ _id: 5 } as never)],
    ['a tail that was cut off', 8, (entries) => entries.deleteMany({ _id: { $gt: 7 } } as never)],
    ['all of it deleted', 1, (entries) => entries.deleteMany({})],
    [
      'all of it deleted, with what says how long it was',
      1,
      async (entries, store) => {
        await entries.deleteMany({});
        await store.database.collection('audit_anchor').deleteMany({});
      },
    ],
    [
      'a tail cut off and the rest declared to be all',
      8,
      async (entries, store) => {
        await entries.deleteMany({ _id: { $gt: 7 } } as never);
        const last = (await entries.findOne({ _id: 7 } as never)) as unknown as AuditEntry;
        await store.database
          .collection('audit_anchor')
          .updateOne({ _id: 'head' } as never, { $set: { seq: 7, hash: last.hash } });
      },
    ],
    ['a chain that was computed anew', 6, (entries) => recompute(entries)],
    [
      'an entry added without the secret',
      11,
      async (entries) => {
        const last = (await entries.findOne({ _id: 10 } as never)) as unknown as AuditEntry;
        await entries.insertOne({ ...last, _id: 11, key: 'k' } as never);
      },
    ],
  ];

  it.each(cases)('%s', async (_, first_bad, tamper) => {
    const { name, store } = await installation();
    await tamper(store.database.collection('audit'), store);
    const found = { valid: false, entries: first_bad - 1, first_bad, next: null };
    expect(await store.audit.verify()).toEqual(found);
    // A process that starts afterwards, and has seen nothing else, finds it, too.
    const later = await stores.store(name);
    expect(await later.audit.verify()).toEqual(found);
  });

  it('an older end that was put back, by the processes that have seen a newer one', async () => {
    const { store } = await installation();
    const anchors = store.database.collection('audit_anchor');
    const before = (await anchors.findOne({}))!;
    await store.audit.append(entry(11));
    await store.database.collection('audit').deleteOne({ _id: 11 } as never);
    await anchors.replaceOne({ _id: before._id }, before);
    expect(await store.audit.verify()).toMatchObject({ valid: false, first_bad: 11 });
  });

  it('and goes on where a process died before it had written how long the chain is', async () => {
    const { name, store } = await installation();
    const anchors = store.database.collection('audit_anchor');
    const before = (await anchors.findOne({}))!;
    await store.audit.append(entry(11));
    await anchors.replaceOne({ _id: before._id }, before);
    const later = await stores.store(name);
    expect(await later.audit.verify()).toEqual({ valid: true, entries: 11, next: null });
    await later.audit.append(entry(12));
    expect(await anchors.findOne({})).toMatchObject({ seq: 12 });
  });
});

/** What somebody can do who knows how the chain is made, and lacks the secret. */
async function recompute(entries: ReturnType<Store['database']['collection']>): Promise<void> {
  const all = (await entries.find().sort({ _id: 1 }).toArray()) as unknown as AuditEntry[];
  let before = all[4]!.hash;
  for (const { hash: _, ...one } of all.slice(5)) {
    const forged = { ...one, actor: { type: 'person', id: 'bob' } };
    before = createHash('sha256')
      .update(`entry\n${before}\n${JSON.stringify(forged)}`)
      .digest('hex');
    await entries.replaceOne({ _id: one._id } as never, { ...forged, hash: before });
  }
}

describe('a change and its entry', () => {
  const change = { by: 'alice', action: 'flag.update', subject: ['flag', 'f'], key: '5' } as const;
  const actionsOf = async (store: Store): Promise<string[]> =>
    (await store.audit.list({ after: 0 }, 100)).map(({ action }) => action);

  it('has its entry before it is made', async () => {
    const store = await stores.store();
    const seen = await audited({ store }, change, () => actionsOf(store));
    expect(seen).toEqual(['flag.update']);
  });

  it('keeps its entry where nobody knows whether it was made, and is recorded once when it is tried again', async () => {
    const store = await stores.store();
    const lost = audited({ store }, change, () => Promise.reject(failure('unavailable', 'away')));
    await expect(lost).rejects.toThrow('away');
    await audited({ store }, change, () => Promise.resolve());
    expect(await actionsOf(store)).toEqual(['flag.update']);
  });

  it('says of a change that was refused that it was', async () => {
    const store = await stores.store();
    const refused = audited({ store }, change, () => Promise.reject(failure('conflict', 'too late')));
    await expect(refused).rejects.toThrow('too late');
    expect(await actionsOf(store)).toEqual(['flag.update', 'flag.update.refused']);
  });

  it('has one number, whoever writes at the same time', async () => {
    const name = stores.fresh();
    const [one, two] = [await stores.store(name), await stores.store(name)];
    const writes = Array.from({ length: 40 }, (_, n) => (n % 2 ? one : two).audit.append(entry(n)));
    const seqs = await Promise.all(writes);
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(await one.audit.verify()).toMatchObject({ valid: true, entries: 40 });
  });
});

describe('a long chain', () => {
  it('is verified in steps, and a step finds what is wrong in it', async () => {
    const { store } = await installation();
    const steps: Verification[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const step: Verification = await store.audit.verify(after, 4);
      steps.push(step);
      after = step.next;
    }
    expect(steps.map(({ valid, entries }) => [valid, entries])).toEqual([
      [true, 4],
      [true, 8],
      [true, 10],
    ]);
    const entries = store.database.collection('audit');
    await entries.updateOne({ _id: 9 } as never, { $set: { action: 'other' } });
    expect(await store.audit.verify(4, 4)).toMatchObject({ valid: true, entries: 8 });
    expect(await store.audit.verify(8, 4)).toMatchObject({ valid: false, first_bad: 9 });
    await entries.deleteOne({ _id: 8 } as never);
    expect(await store.audit.verify(8, 4)).toMatchObject({ valid: false, first_bad: 8 });
  });
});
