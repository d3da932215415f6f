import { countsAlike } from '../metrics/counts-alike.js';
import type { PriorLifts } from '../model/launch.js';
import type { Metric } from '../model/metric.js';
import { spreadOfTrueLifts, type MeasuredLift } from '../stats/meta-analysis.js';
import type { Evidence } from '../stats/evidence.js';
import type { FinalLift, Launched } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';

/** With fewer past experiments their spread says too little. */
export const FEWEST_EXPERIMENTS = 10;
/** A start reads the lifts of at most so many experiments for each metric, the newest ones. */
const MOST_EXPERIMENTS = 50;

/**
 * The spread of the true lifts of these metrics in ended experiments that counted them as they are defined now; a metric that
 * too few measured is absent.
 */
export async function priorLiftsOf(
  { pastExperiments }: Pick<Store, 'pastExperiments'>,
  metrics: readonly Metric[],
): Promise<PriorLifts[]> {
  const found = await Promise.all(
    metrics.map(async (wanted) => {
      const lifts = await pastExperiments.newestLifts(wanted.metric_id, MOST_EXPERIMENTS);
      return priorOf(
        wanted.metric_id,
        lifts.filter(({ metric }) => countsAlike(metric, wanted)),
      );
    }),
  );
  return found.filter((prior) => prior !== null);
}

/** Null where there are too few lifts, or where chance alone explains their spread: then it is not known. */
export function priorOf(metric_id: string, lifts: readonly MeasuredLift[]): PriorLifts | null {
  if (lifts.length < FEWEST_EXPERIMENTS) return null;
  const standard_deviation = spreadOfTrueLifts(lifts);
  return standard_deviation ? { metric_id, standard_deviation, experiments: lifts.length } : null;
}

/**
 * What an experiment that is over measured, taken down once for all later starts: they would read dozens of certificates each,
 * and throw most of them away.
 */
export async function finalLifts(
  { decisions }: Pick<Store, 'decisions'>,
  { _id, launch, checkpoint }: Pick<Launched, '_id' | 'launch' | 'checkpoint'>,
): Promise<FinalLift[]> {
  const evidence = await finalEvidence(decisions, _id, checkpoint?.decisions ?? 0);
  return (evidence?.metrics ?? []).flatMap(({ metric_id }) => {
    const measured = liftIn(evidence!, metric_id, launch);
    return measured ? [{ metric_id, ...measured }] : [];
  });
}

/** Decisions after the one that ended the experiment belong to the roll-out: there are few of them. */
const LAST_DECISIONS = 8;

/** The evidence of the last decision in the first epoch: what the experiment ended with. */
async function finalEvidence(
  decisions: Pick<Store['decisions'], 'get'>,
  experiment_id: string,
  decided: number,
): Promise<Evidence | null> {
  for (let n = decided; n > Math.max(0, decided - LAST_DECISIONS); n -= 1) {
    const item = await decisions.get(experiment_id, n);
    if (item?.circumstances?.epoch === 0 && item.certificate.evidence) return item.certificate.evidence;
  }
  return null;
}

/**
 * The lift of the first treatment, by the order of the definition: of treatments that were picked for their lifts the
 * spread would be too large, and several of one experiment share their control.
 */
function liftIn(
  { metrics }: Evidence,
  metric_id: string,
  { arms, control }: Launched['launch'],
): MeasuredLift | null {
  const treatment = arms.find(({ variant }) => variant !== control)?.variant;
  const comparison = metrics
    .find((metric) => metric.metric_id === metric_id)
    ?.comparisons.find(({ variant }) => variant === treatment);
  if (!comparison) return null;
  const { difference, standard_error, control_value } = comparison;
  if (difference === null || !standard_error || !control_value) return null;
  const scale = Math.abs(control_value);
  return { lift: difference / scale, standard_error: standard_error / scale };
}
