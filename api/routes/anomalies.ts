import { iso } from '../../src/iso.js';
import type { WatchedSeries } from '../../src/anomalies/series.js';
import { measureInputOf } from '../../src/lifecycle/measure.js';
import { isServing } from '../../src/lifecycle/state.js';
import { seriesNow } from '../../src/operations/watch-minutes.js';
import type { ExperimentDocument } from '../../src/store/experiment-document.js';
import type { Store } from '../../src/store/store.js';
import type { ApiContext } from '../context.js';
import { ofExperiment } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/anomalies.js';

/** Windows of each series that are shown. */
const MOST_POINTS = 36;

/** What is watched of an experiment minute by minute. */
export function anomalyRoutes({ store }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/experiments/{experiment_id}/anomalies',
      action: 'read',
      environments: ofExperiment(store),
      tag: 'results',
      summary: 'Traffic, errors, latencies and flaws by minute: how each stands against what is usual',
      replies: { 200: answers.anomalies },
      async handle({ params: { experiment_id } }) {
        const document = await store.experiments.named(experiment_id);
        const waiting = await store.inbox.waiting();
        const { until, series } = await watchedNow(store, document, waiting.oldest ?? waiting.at);
        return {
          status: 200,
          body: { experiment_id, at: iso(Date.now()), until: iso(until), series: series.map(shown) },
        };
      },
    }),
  ];
}

async function watchedNow(
  store: Store,
  { _id: experiment_id, launch, checkpoint }: ExperimentDocument,
  folded_until: number,
): Promise<{ until: number; series: WatchedSeries[] }> {
  if (!launch?.watched || !checkpoint || !isServing(checkpoint.phase))
    return { until: folded_until, series: [] };
  const { slots, epoch, revision } = measureInputOf(experiment_id, checkpoint);
  const variants = launch.arms.map(({ variant }) => variant).filter((variant) => (slots[variant] ?? 0) > 0);
  return seriesNow(store, { experiment_id, launch, epoch, revision, variants }, folded_until);
}

function shown({ kind, metric_id, variant, state, since, window, baseline, points }: WatchedSeries) {
  return {
    kind,
    ...(metric_id !== undefined && { metric_id }),
    ...(variant !== undefined && { variant }),
    state,
    since: since === null ? null : iso(since),
    window_minutes: window / 60_000,
    baseline,
    points: points.slice(-MOST_POINTS).map((point) => ({ ...point, at: iso(point.at) })),
  };
}
