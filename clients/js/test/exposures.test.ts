import { expect, test } from 'vitest';
import type { EventQueue } from '../src/event-queue.js';
import { segmentsIn, type OutgoingEvent } from '../src/event.js';
import { Exposures } from '../src/exposures.js';

const HOUR = 3_600_000;

function setUp(maxRemembered?: number) {
  const sent: { event: OutgoingEvent; drop: () => void }[] = [];
  const queue = { add: (event: OutgoingEvent, onDrop: () => void) => sent.push({ event, drop: onDrop }) };
  return { sent, exposures: new Exposures(queue as unknown as EventQueue, maxRemembered) };
}

test('an exposure is sent once an hour for each unit, experiment and variant', () => {
  const { sent, exposures } = setUp();
  for (const at of [0, 1, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR]) exposures.record('u', 'e', 'a', at);
  expect(sent).toHaveLength(3);
  exposures.record('v', 'e', 'a', 2 * HOUR);
  exposures.record('u', 'f', 'a', 2 * HOUR);
  exposures.record('u', 'e', 'b', 2 * HOUR);
  expect(sent.map(({ event }) => [event.unit_id, event.experiment_id, event.variant]).slice(3)).toEqual([
    ['v', 'e', 'a'],
    ['u', 'f', 'a'],
    ['u', 'e', 'b'],
  ]);
  expect(new Set(sent.map(({ event }) => event.event_id)).size).toBe(6);
  expect(sent[0]!.event.type).toBe('exposure');
});

test('an exposure that was dropped may be sent again at once', () => {
  const { sent, exposures } = setUp();
  exposures.record('u', 'e', 'a', 0);
  sent[0]!.drop();
  exposures.record('u', 'e', 'a', 1);
  exposures.record('u', 'e', 'a', 2);
  expect(sent).toHaveLength(2);
});

test('memory is bounded: the exposure sent longest ago is forgotten first', () => {
  const { sent, exposures } = setUp(2);
  exposures.record('a', 'e', 'v', 0);
  exposures.record('b', 'e', 'v', 1);
  exposures.record('a', 'e', 'v', HOUR);
  exposures.record('c', 'e', 'v', HOUR + 1);
  expect(sent).toHaveLength(4);
  exposures.record('a', 'e', 'v', HOUR + 2);
  expect(sent).toHaveLength(4);
  exposures.record('b', 'e', 'v', HOUR + 3);
  expect(sent).toHaveLength(5);
});

test('an exposure tells the segments that the unit is in; none where the experiment has none', () => {
  const { sent, exposures } = setUp();
  exposures.record('u', 'e', 'a', 0, ['ios', 'de']);
  exposures.record('v', 'e', 'a', 0, []);
  exposures.record('w', 'e', 'a', 0);
  expect(sent.map(({ event }) => event.segments)).toEqual([['ios', 'de'], [], undefined]);
  expect(sent[2]!.event).not.toHaveProperty('segments');
});

test('the segments of an evaluation are read from its metadata', () => {
  expect(segmentsIn({ segments: 'ios,de' })).toEqual(['ios', 'de']);
  expect(segmentsIn({ segments: '' })).toEqual([]);
  expect(segmentsIn({})).toBeUndefined();
  expect(segmentsIn({ segments: 3 })).toBeUndefined();
});
