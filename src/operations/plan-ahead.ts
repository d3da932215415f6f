import { flagOf, type ExperimentDefinition, type StartInput } from '../model/experiment.js';
import type { Launch, Traffic } from '../model/launch.js';
import type { MetricDocument } from '../model/metric.js';
import { DAY_MS } from '../model/time.js';
import type { ExperimentDocument } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';
import { allMetrics, allPolicies } from './catalog.js';
import { findHistory, type History } from './find-history.js';
import { launchOf, trafficOf } from './freeze-launch.js';
import { definedSegments } from './freeze-segments.js';

/** A launch, and what earlier experiments say about its metrics and its traffic. */
export interface PlannedLaunch {
  launch: Launch;
  baselines: History['baselines'];
  /** As measured now; null where it is not known. */
  traffic: Traffic | null;
}

/** The launch as it is, or as a start now would freeze it. A draft whose dates are past keeps its length. */
export async function plannedLaunch(store: Store, document: ExperimentDocument): Promise<PlannedLaunch> {
  const metrics = await allMetrics(store);
  const now = Date.now();
  const history = await findHistory(store, document, metrics, now);
  const launch =
    document.launch ??
    (await launchNow(store, document, history, metrics, startOf(document.definition), now));
  return plannedWith(launch, history);
}

/**
 * The launch that a start now would freeze of a definition that is not stored.
 *
 * @throws {RampartError} what freezing throws
 */
export async function launchOfDefinition(
  store: Store,
  definition: ExperimentDefinition,
  start: StartInput,
  now: number,
): Promise<PlannedLaunch> {
  const metrics = await allMetrics(store);
  const flag_id = flagOf(definition);
  const history = await findHistory(store, { flag_id, definition }, metrics, now);
  const draft = { definition, flag_id, salt: '' };
  return plannedWith(await launchNow(store, draft, history, metrics, start, now), history);
}

function plannedWith(launch: Launch, { baselines, traffic }: History): PlannedLaunch {
  return { launch, baselines, traffic: traffic && trafficOf(launch, traffic) };
}

async function launchNow(
  store: Store,
  draft: Pick<ExperimentDocument, 'definition' | 'salt' | 'flag_id'>,
  history: History,
  metrics: ReadonlyMap<string, MetricDocument>,
  start: StartInput,
  now: number,
): Promise<Launch> {
  const { definition, salt, flag_id } = draft;
  const policy = (await allPolicies(store)).get(definition.policy_id)!;
  const holdouts = (await store.holdouts.all()).map((holdout) => holdout.definition);
  const segments = await definedSegments(store, definition.segments);
  return launchOf({ definition, salt, flag_id, policy, metrics, holdouts, segments, history, start }, now);
}

function startOf({ start_date, end_date }: ExperimentDefinition): StartInput {
  if (start_date === undefined || end_date === undefined || Date.parse(start_date) > Date.now()) return {};
  return { start_date: 'now', duration: Date.parse(end_date) - Date.parse(start_date) };
}

/** Days from the start to the planned end. */
export function plannedDays({ start_at, end_at }: Launch): number {
  return (end_at - start_at) / DAY_MS;
}
