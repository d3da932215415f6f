import { partsOf, type TotalsDocument } from '../metrics/totals-document.js';
import type { ExperimentDefinition } from '../model/experiment.js';
import type { Launch, TrafficSource } from '../model/launch.js';
import { DAY_MS } from '../model/time.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';

/** Traffic changes: what is older says little about the days to come. */
const RECENT_MS = 14 * DAY_MS;
/** Less is a guess. */
const LEAST_DAYS = 1;
const LEAST_UNITS = 100;

/** Eligible units of a flag's audience that come each day, before any layer or holdout takes its share. */
export interface MeasuredTraffic {
  units_per_day: number;
  source: TrafficSource;
}

/**
 * The traffic of the last 14 days, from the first exposures of the newest experiment on the same flag for the same
 * audience. Exposures are the only thing stored that says how many units come to this place: another flag, or the
 * events of the whole installation, may see many more or far fewer. Null where no such experiment was enrolling lately.
 */
export async function measuredTraffic(
  { experiments, totals }: Pick<Store, 'experiments' | 'totals'>,
  { flag_id, definition }: Pick<ExperimentDocument, 'flag_id' | 'definition'>,
  now: number,
): Promise<MeasuredTraffic | null> {
  for (const experiment of await experiments.launchedOnFlag(flag_id, now - RECENT_MS)) {
    if (!hasSameAudience(experiment.definition, definition)) continue;
    const measured = arrivalsIn(experiment, await totals.of(experiment._id), now);
    if (measured) return measured;
  }
  return null;
}

function hasSameAudience(one: ExperimentDefinition, other: ExperimentDefinition): boolean {
  const audience = ({ target_audience, environment, unit }: ExperimentDefinition): string =>
    JSON.stringify([
      [...target_audience.include].sort(),
      [...target_audience.exclude].sort(),
      environment,
      unit,
    ]);
  return audience(one) === audience(other);
}

/** An experiment whose first exposures are read. */
export type Enrolling = Pick<ExperimentDocument, '_id' | 'checkpoint'> & { launch: Launch };

/**
 * Units first exposed in the last 14 days over the days in which they could be: each band counts with its width, from
 * the day of its first unit on. Later epochs are left out, because everybody is first exposed again in them.
 */
export function arrivalsIn(
  { _id, launch, checkpoint }: Enrolling,
  documents: readonly TotalsDocument[],
  now: number,
): MeasuredTraffic | null {
  const first = documents.map((document) => ({ ...partsOf(document._id), units: unitsIn(document) }));
  const ofEpoch = first.filter(({ epoch }) => epoch === 0);
  const lastDay = Math.max(...ofEpoch.map(({ day }) => day));
  const since = (Math.floor((now - RECENT_MS) / DAY_MS) + 1) * DAY_MS;
  const until = Math.min(now, (lastDay + 1) * DAY_MS);
  let [units, fullDays, earliest] = [0, 0, until];
  for (const { revision, from, to } of checkpoint?.bands ?? []) {
    const own = ofEpoch.filter(({ band }) => band === revision);
    const begin = Math.max(since, launch.start_at, Math.min(...own.map(({ day }) => day)) * DAY_MS);
    if (!(begin < until)) continue;
    earliest = Math.min(earliest, begin);
    fullDays += (((until - begin) / DAY_MS) * (to - from)) / 100;
    units += own.filter(({ day }) => (day + 1) * DAY_MS > begin).reduce((sum, one) => sum + one.units, 0);
  }
  const days = (until - earliest) / DAY_MS;
  if (!(days >= LEAST_DAYS) || units < LEAST_UNITS) return null;
  return {
    units_per_day: units / fullDays / eligibleShare(launch),
    source: { experiment_id: _id, units, days },
  };
}

function unitsIn({ arms = {}, crossed_over = 0n }: TotalsDocument): number {
  return Object.values(arms).reduce((sum, { units = 0n }) => sum + Number(units), Number(crossed_over));
}

/** The share of an audience that an experiment may enrol: its slots of the layer, without the holdouts. */
export function eligibleShare({ layer, holdouts = [] }: Pick<Launch, 'layer' | 'holdouts'>): number {
  const ofLayer = layer ? layer.slots / 10_000 : 1;
  return holdouts.reduce((share, holdout) => share * (1 - holdout.share / 100), ofLayer);
}
