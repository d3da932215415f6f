import { expect, it } from 'vitest';
import {
  crossoverLine,
  eventsLine,
  sharesLine,
  type HealthOf,
} from '../../../dashboard/src/pages/experiment/health/health-lines.js';

const seen = (units: Record<string, number>, last_event_at: string | null): HealthOf =>
  ({
    experiment: { state: 'ramping', holds: [] },
    results: { units, crossed_over: 0, last_event_at, evidence: { srm: { log_bayes_factor: 0 } } },
    plan: { thresholds: { srm: 1_000 } },
    totals: { lag_seconds: 0 },
    now: Date.UTC(2026, 10, 29),
  }) as unknown as HealthOf;

it('calls nothing fine that was not seen', () => {
  const nobody = seen({ control: 0, treatment: 0 }, null);
  for (const line of [sharesLine(nobody), crossoverLine(nobody), eventsLine(nobody)])
    expect(line.standing).toBe('none');
  expect(sharesLine(nobody).text).toBe('Nobody was exposed yet.');
  expect(eventsLine(nobody).text).toBe('No event has come yet.');
});

it('calls it fine once it was', () => {
  const some = seen({ control: 500, treatment: 501 }, '2026-11-28T23:59:00Z');
  for (const line of [sharesLine(some), crossoverLine(some), eventsLine(some)])
    expect(line.standing).toBe('fine');
});

it('says what holds it, also where nobody came', () => {
  const nobody = seen({ control: 0, treatment: 0 }, null);
  const held = { ...nobody, experiment: { state: 'ramping', holds: [{ code: 'no_traffic' }] } };
  expect(eventsLine(held as never)).toMatchObject({
    standing: 'holding',
    text: expect.stringContaining('Nobody was exposed.') as string,
  });
});
