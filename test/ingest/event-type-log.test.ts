import { expect, it } from 'vitest';
import { EventTypeLog } from '../../src/ingest/event-type-log.js';

function logOf(note: (types: readonly string[]) => Promise<void> = () => Promise.resolve()) {
  const noted: string[][] = [];
  const log = new EventTypeLog({
    note: (types) => {
      noted.push([...types]);
      return note(types);
    },
  });
  return { log, noted };
}

it('notes each type once a minute', () => {
  const { log, noted } = logOf();
  log.add(['click', 'error', 'click'], 0);
  log.add(['click'], 59_999);
  log.add(['click', 'purchase'], 60_000);
  expect(noted).toEqual([
    ['click', 'error'],
    ['click', 'purchase'],
  ]);
});

it('notes a type again that could not be noted', async () => {
  const { log, noted } = logOf(() => Promise.reject(new Error('MongoDB is unreachable')));
  log.add(['click'], 0);
  await Promise.resolve();
  log.add(['click'], 1);
  expect(noted).toEqual([['click'], ['click']]);
});

it('does not grow with the types that senders invent', () => {
  const { log, noted } = logOf();
  for (let n = 0; n < 5_000; n += 1) log.add([`type ${n}`], 0);
  expect(noted.flat()).toHaveLength(1_000);
  log.add(['later'], 60_000);
  expect(noted.at(-1)).toEqual(['later']);
});
