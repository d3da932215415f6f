import { expect, it } from 'vitest';
import { describeUnit } from '../../src/metrics/describe-unit.js';
import { emptyUnit, foldUnit } from '../../src/metrics/unit.js';
import type { InboxEvent } from '../../src/metrics/records.js';
import { CATALOG } from '../store/fold-catalog.js';

const NOW = Date.UTC(2026, 0, 20, 12);
const iso = (at: number): string => new Date(at).toISOString();
const common = { unit: 'a', received_at: NOW };

function folded(events: InboxEvent[]) {
  return foldUnit(
    emptyUnit(),
    events.map((event) => ({ event, received_at: common.received_at })),
    CATALOG,
    NOW,
  );
}

const exposure = (epoch: number, at: number, mismatch = false): InboxEvent => ({
  ...{ kind: 'exposure', unit: 'a', id: `x${epoch}${mismatch}`, at, experiment_id: 'e' },
  ...{ epoch, band: 1, variant: 'treatment', mismatch },
});

it('nothing is described of an empty unit', () => {
  expect(describeUnit(emptyUnit())).toEqual({
    ...{ experiments: [], remembered_event_ids: 0, excessive: false, days: [], recent: [] },
  });
});

it('everything that is remembered of a unit can be read: arms, numbers, days, and what it was before', () => {
  const day = 86_400_000;
  const state = folded([
    { kind: 'value', unit: 'a', id: 'early', at: NOW - 3 * day, type: 'engagement', value: 2.5 },
    exposure(0, NOW - 2_000),
    exposure(1, NOW - 1_000, true),
    { kind: 'value', unit: 'a', id: 'c', at: NOW - 500, type: 'engagement', value: 3 },
    { kind: 'exclusion', unit: 'a', id: 'o', at: NOW, experiment_id: 'other' },
  ]);
  const { experiments, days, recent, remembered_event_ids } = describeUnit(state);
  expect(experiments.map(({ experiment_id, excluded }) => [experiment_id, excluded])).toEqual([
    ['e', false],
    ['other', true],
  ]);
  expect(experiments[0]).toMatchObject({ variant: 'treatment', first_exposure_at: iso(NOW - 2_000) });
  expect(experiments[1]).toMatchObject({ variant: null, first_exposure_at: null, epochs: [] });
  const [first, second] = experiments[0]!.epochs;
  expect(first).toMatchObject({ epoch: 0, variant: 'treatment', crossed_over: false });
  expect(first!.metrics['engagement_time']).toBe(3_000);
  expect(second).toMatchObject({ epoch: 1, variant: null, crossed_over: true });
  expect(experiments[0]!.before['engagement_time']).toBeDefined();
  expect(days).toContainEqual({ type: 'engagement', day: '2026-01-17', count: 1, sum: 2.5 });
  expect(recent.map(({ type }) => type)).toContain('engagement');
  // The oldest is older than what may be sent again.
  expect(remembered_event_ids).toBe(4);
});
