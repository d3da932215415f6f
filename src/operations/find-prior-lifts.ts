import type { PriorLifts } from '../model/launch.js';
import { spreadOfTrueLifts, type MeasuredLift } from '../stats/meta-analysis.js';
import type { Evidence } from '../stats/evidence.js';
import type { Launched } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';

/** With fewer past experiments their spread says too little. */
export const FEWEST_EXPERIMENTS = 10;
/** A start reads the final evidence of at most so many experiments for each metric, the newest ones. */
const MOST_EXPERIMENTS = 50;

/** The spread of the true lifts of these metrics in ended experiments; a metric that too few measured is absent. */
export async function priorLiftsOf(
  { experiments, decisions }: Pick<Store, 'experiments' | 'decisions'>,
  metric_ids: readonly string[],
): Promise<PriorLifts[]> {
  const evidences = new Map<string, Promise<Evidence | null>>();
  const evidenceOf = (id: string, decided: number): Promise<Evidence | null> => {
    const known = evidences.get(id) ?? finalEvidence(decisions, id, decided);
    evidences.set(id, known);
    return known;
  };
  const found: PriorLifts[] = [];
  for (const metric_id of metric_ids) {
    const ended = await experiments.newestWithMetric(metric_id, MOST_EXPERIMENTS, { state: 'completed' });
    if (ended.length < FEWEST_EXPERIMENTS) continue;
    // At once: one after the other, they would take most of the time of a start.
    const lifts = await Promise.all(
      ended.map(async ({ _id, checkpoint, launch }) => {
        const evidence = await evidenceOf(_id, checkpoint?.decisions ?? 0);
        return evidence && liftIn(evidence, metric_id, launch);
      }),
    );
    const prior = priorOf(
      metric_id,
      lifts.filter((lift) => lift !== null),
    );
    if (prior) found.push(prior);
  }
  return found;
}

/** Null where there are too few lifts, or where chance alone explains their spread: then it is not known. */
export function priorOf(metric_id: string, lifts: readonly MeasuredLift[]): PriorLifts | null {
  if (lifts.length < FEWEST_EXPERIMENTS) return null;
  const standard_deviation = spreadOfTrueLifts(lifts);
  return standard_deviation ? { metric_id, standard_deviation, experiments: lifts.length } : null;
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
