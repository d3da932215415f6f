import { expect, it } from 'vitest';
import { LivenessObserver, LOST_AFTER_MS } from '../../src/serving/liveness.js';

const heartbeats = (counter: number, start_id = 'a') => [
  {
    instance_id: 'host:1:0',
    start_id,
    counter,
    serving_revision: 7,
    kind: 'api' as const,
    process: null,
    unserved: [],
  },
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

it('asks for each process a fixed number of times, however many there are', () => {
  const asked = (processes: number): number => {
    let count = 0;
    const all = Array.from({ length: processes }, (_, n) => {
      const [heartbeat] = heartbeats(1);
      return Object.defineProperty({ ...heartbeat! }, 'instance_id', {
        enumerable: true,
        get() {
          count += 1;
          return `host:${n}`;
        },
      });
    });
    const observer = new LivenessObserver();
    observer.observe(all, 0);
    count = 0;
    observer.observe(all, 1);
    return count / processes;
  };
  expect(asked(1_000)).toBe(asked(10));
});
