import { expect, it } from 'vitest';
import { underFire } from './faults.js';

const KILLS = 10;
/** How long a service waits for an assignment, ms: this asks whether it is answered, on a machine that also runs other tests. */
const PATIENCE_MS = 10_000;

it('keeps its promises while its processes are killed', { timeout: 600_000 }, async () => {
  const report = await underFire(KILLS, PATIENCE_MS);
  expect(report.violations).toEqual([]);
  expect(Object.values(report.kills).reduce((sum, n) => sum + n, 0)).toBe(KILLS);
  expect(report.experiments).toBeGreaterThanOrEqual(4);
  expect(report.observations).toBeGreaterThan(100);
  expect(report.events).toBeGreaterThan(100);
  expect(report.failovers).toBeGreaterThan(0);
  // `npm run faults`, with many more requests that wait a second, asks for 99.95 %.
  const { asked, good, failures } = report.service;
  expect(asked).toBeGreaterThan(500);
  expect(good / asked, failures.join('\n')).toBeGreaterThanOrEqual(0.995);
});
