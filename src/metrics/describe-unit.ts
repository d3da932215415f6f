import type { Properties } from '../model/property.js';
import { iso } from '../iso.js';
import { DAY_MS } from '../model/time.js';
import type { UnitValue } from './kind.js';
import { experimentsIn, type Entry, type UnitState } from './unit.js';

/** Everything that is remembered of a unit, in words and numbers that people can read. Times are ISO 8601. */
export interface UnitDescription {
  experiments: DescribedExperiment[];
  /** Hashes by which events that are sent again are recognised. */
  remembered_event_ids: number;
  /** It has more events than can be remembered, and counts in no experiment. */
  excessive: boolean;
  /** What it did on the last days, by type of event. */
  days: { type: string; day: string; count: number; sum: number }[];
  /** Events of the last minute. */
  recent: { type: string; at: string; value: number; properties: Properties }[];
}

export interface DescribedExperiment {
  experiment_id: string;
  /** The arm that it counts in; null where it was exposed to none. */
  variant: string | null;
  first_exposure_at: string | null;
  /** It was taken out of the experiment: nothing of it counts. */
  excluded: boolean;
  /** Events that came again. */
  duplicates: number;
  /** Its numbers from before the experiment, by metric; integers in the metric's scale. */
  before: Record<string, UnitValue>;
  epochs: DescribedEpoch[];
}

export interface DescribedEpoch {
  epoch: number;
  variant: string | null;
  first_exposure_at: string | null;
  /** It was seen in a second arm, and counts in none. */
  crossed_over: boolean;
  last_event_at: string | null;
  /** Its own numbers, by metric; integers in the metric's scale. */
  metrics: Record<string, UnitValue>;
}

export function describeUnit(state: UnitState): UnitDescription {
  const ids = [...new Set(experimentsIn(state))].sort();
  return {
    experiments: ids.map((id) => describeExperiment(id, state)),
    remembered_event_ids: state.seen.length,
    excessive: state.excessive,
    days: Object.entries(state.days).flatMap(([type, sums]) =>
      Object.entries(sums).map(([day, [count, thousandths]]) => ({
        ...{ type, day: moment(Number(day) * DAY_MS).slice(0, 10) },
        ...{ count, sum: thousandths / 1_000 },
      })),
    ),
    recent: state.recent.map(({ type, at, value, properties = {} }) => ({
      ...{ type, at: moment(at), value, properties },
    })),
  };
}

function describeExperiment(experiment_id: string, state: UnitState): DescribedExperiment {
  const entries = state.entries
    .filter((entry) => entry.experiment_id === experiment_id)
    .sort((a, b) => a.epoch - b.epoch);
  const first = state.firsts.find((one) => one.experiment_id === experiment_id);
  const exposure = entries.find((entry) => entry.exposure !== null)?.exposure ?? null;
  return {
    experiment_id,
    variant: exposure?.variant ?? null,
    first_exposure_at: first ? moment(first.at) : exposure && moment(exposure.at),
    excluded: state.excluded.includes(experiment_id),
    duplicates: state.duplicates[experiment_id] ?? 0,
    before: first?.before ?? {},
    epochs: entries.map(describeEpoch),
  };
}

function describeEpoch({ epoch, exposure, mismatch, last_at, values }: Entry): DescribedEpoch {
  return {
    epoch,
    variant: exposure?.variant ?? null,
    first_exposure_at: exposure && moment(exposure.at),
    crossed_over: mismatch,
    last_event_at: last_at > 0 ? moment(last_at) : null,
    metrics: values,
  };
}

function moment(at: number): string {
  return iso(at);
}
