import { expect, it } from 'vitest';
import { LivenessObserver, LOST_AFTER_MS } from '../../src/serving/liveness.js';

const beat = (counter: number, epoch = 'a') => [{ _id: 'host:1:0', epoch, counter, g: 7 }];

it('takes a process for lost when its counter has stood for ten seconds of the observer’s own clock', () => {
  const observer = new LivenessObserver();
  const live = (counter: number, now: number, epoch?: string): boolean =>
    observer.observe(beat(counter, epoch), now)[0]!.live;
  expect(live(1, 0)).toBe(true);
  expect(live(1, LOST_AFTER_MS - 1)).toBe(true);
  expect(live(1, LOST_AFTER_MS)).toBe(false);
  expect(live(2, LOST_AFTER_MS + 1)).toBe(true);
  expect(live(2, 2 * LOST_AFTER_MS + 1)).toBe(false);
  expect(live(1, 2 * LOST_AFTER_MS + 2, 'another process on the port')).toBe(true);
});
