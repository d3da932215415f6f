import { expect, it } from 'vitest';
import { failure } from '../../src/errors.js';
import { InboxWriter } from '../../src/ingest/inbox-writer.js';
import type { Batch, InboxEvent } from '../../src/metrics/records.js';

interface Write extends Batch {
  partition: number;
  done: () => void;
  fail: (error: Error) => void;
}

/** An inbox whose writes end when the test says so. */
function controlled() {
  const writes: Write[] = [];
  const writer = new InboxWriter({
    insert: (partition, batch) =>
      new Promise((resolve, reject) => writes.push({ ...batch, partition, done: resolve, fail: reject })),
  });
  return { writer, writes };
}

const events = (count: number, name = 'e'): InboxEvent[] =>
  Array.from({ length: count }, (_, n) => ({
    kind: 'value',
    unit: 'u',
    id: `${name}${n}`,
    at: 0,
    type: 'click',
    value: 1,
  }));
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('writes at once what arrives alone, and together what arrives while it is writing', async () => {
  const { writer, writes } = controlled();
  const durable: number[] = [];
  for (let n = 0; n < 50; n += 1) {
    void writer.write(new Map([[3, events(2, `r${n}-`)]]), 100 + n).then(() => durable.push(n));
  }
  expect(writes.map((one) => [one.partition, one.events.length])).toEqual([[3, 2]]);
  await settled();
  expect(durable).toEqual([]);
  writes[0]!.done();
  await settled();
  expect(durable).toEqual([0]);
  expect(writes[1]!.events).toHaveLength(98);
  expect(writes[1]!.received_at).toBe(101);
  writes[1]!.done();
  await settled();
  expect(durable).toHaveLength(50);
  expect(new Set(writes.map(({ _id }) => _id)).size).toBe(2);
});

it('acknowledges a request only once every partition that it touches is durable', async () => {
  const { writer, writes } = controlled();
  let isDurable = false;
  const write = writer.write(new Map([0, 1, 2].map((partition) => [partition, events(1)])), 0);
  void write.then(() => (isDurable = true));
  writes[0]!.done();
  writes[2]!.done();
  await settled();
  expect(isDurable).toBe(false);
  writes[1]!.done();
  await settled();
  expect(isDurable).toBe(true);
});

it('tells every request of a document that could not be written, and goes on', async () => {
  const { writer, writes } = controlled();
  const answers: string[] = [];
  const send = (name: string): void =>
    void writer.write(new Map([[0, events(1)]]), 0).then(
      () => answers.push(`${name} durable`),
      (error: Error) => answers.push(`${name} ${error.message}`),
    );
  for (const name of ['a', 'b', 'c']) send(name);
  writes[0]!.done();
  await settled();
  writes[1]!.fail(failure('unavailable', 'away'));
  await settled();
  send('d');
  writes[2]!.done();
  await settled();
  expect(answers.sort()).toEqual(['a durable', 'b away', 'c away', 'd durable']);
});

it('holds a bounded number of events, and says so to everybody else until there is room', async () => {
  const { writer, writes } = controlled();
  const durable: Promise<void>[] = [];
  let refused: { code?: string; members?: object } = {};
  let taken = 0;
  for (; taken < 1_000; taken += 1) {
    try {
      writer.assertRoom();
      durable.push(writer.write(new Map([[0, events(1_000)]]), 0));
    } catch (error) {
      refused = error as typeof refused;
      break;
    }
  }
  expect(taken).toBe(50);
  expect(refused).toMatchObject({ code: 'unavailable', members: { retry_after: 1 } });
  for (let n = 0; n < 50; n += 1) {
    writes[n]!.done();
    await settled();
  }
  await Promise.all(durable);
  writer.assertRoom();
  expect(writes.every((one) => one.events.length <= 1_000)).toBe(true);
});
