import { expect, it } from 'vitest';
import { LivenessObserver, LOST_AFTER_MS } from '../../src/serving/liveness.js';

const heartbeats = (counter: number, start_id = 'a') => [
  { instance_id: 'host:1:0', start_id, counter, serving_revision: 7, kind: 'api' as const },
];

it('considers a process lost when its counter has not moved for ten seconds of the observer’s own clock', () => {
  const observer = new LivenessObserver();
  const live = (counter: number, now: number, start_id?: string): boolean =>
    observer.observe(heartbeats(counter, start_id), now)[0]!.live;
  expect(live(1, 0)).toBe(true);
  expect(live(1, LOST_AFTER_MS - 1)).toBe(true);
  expect(live(1, LOST_AFTER_MS)).toBe(false);
  expect(live(2, LOST_AFTER_MS + 1)).toBe(true);
  expect(live(2, 2 * LOST_AFTER_MS + 1)).toBe(false);
  expect(live(1, 2 * LOST_AFTER_MS + 2, 'another process on the port')).toBe(true);
});
