import { z } from 'zod';
import { failure } from '../../src/errors.js';
import { exploratoryOf } from '../../src/lifecycle/exploratory.js';
import { sumTotals, totalsReport } from '../../src/metrics/totals.js';
import { thresholdsOf } from '../../src/store/experiments.js';
import type { SnapshotDocument } from '../../src/store/snapshots.js';
import type { ApiContext } from '../context.js';
import { countedPagingQuery, momentText } from '../query.js';
import { ofExperiment } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/results.js';
import { countedPage } from './counted-page.js';

/** The epoch of the experiment itself; the later ones watch what was shipped. */
const EXPERIMENT_EPOCH = 0;

const path = '/v1/experiments/{experiment_id}';

/** What an experiment has measured. */
export function resultRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: `${path}/results`,
      action: 'read',
      environments: ofExperiment(store),
      tag: 'results',
      summary: 'The latest evidence; `at` for an older one',
      query: z.strictObject({
        at: momentText.optional().meta({ description: 'The newest evidence at or before this moment.' }),
      }),
      replies: { 200: answers.results },
      async handle({ params: { experiment_id }, query: { at } }) {
        const { view } = await store.experiments.named(experiment_id);
        const snapshot = await store.snapshots.latest(experiment_id, at);
        if (!snapshot) throw failure('no_snapshot_yet', `nothing has been measured of ${experiment_id} yet`);
        return { status: 200, body: { ...present(snapshot), decision: view?.last_decision ?? null } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/snapshots`,
      action: 'read',
      environments: ofExperiment(store),
      tag: 'results',
      summary: 'The series of snapshots',
      query: countedPagingQuery,
      replies: { 200: answers.snapshotPage },
      async handle({ params: { experiment_id }, query: { limit, cursor } }) {
        await store.experiments.named(experiment_id);
        const found = await store.snapshots.series(experiment_id, limit + 1, cursor);
        const page = countedPage(found, limit, ({ at }) => at);
        return { status: 200, body: { ...page, items: page.items.map(present) } };
      },
    }),
    totalsRoute(context),
  ];
}

function totalsRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/totals`,
    action: 'read',
    environments: ofExperiment(store),
    tag: 'results',
    summary: 'The exact sums folded so far',
    replies: { 200: answers.totals },
    async handle({ params: { experiment_id } }) {
      const document = await store.experiments.named(experiment_id);
      const { launch } = document;
      if (!launch) throw failure('no_snapshot_yet', `experiment ${experiment_id} was never started`);
      const now = Date.now();
      const { oldest } = await store.inbox.waiting();
      const documents = await store.totals.of(experiment_id);
      const totals = sumTotals(launch, documents, now, thresholdsOf(document), EXPERIMENT_EPOCH);
      return {
        status: 200,
        body: {
          at: new Date(now).toISOString(),
          lag_seconds: oldest === null ? 0 : (now - oldest) / 1000,
          ...totalsReport(totals),
        },
      };
    },
  });
}

function present({ _id, experiment_id, at, look }: SnapshotDocument): answers.SnapshotAnswer {
  return {
    experiment_id,
    snapshot_id: _id,
    at: new Date(at).toISOString(),
    revision: look.revision,
    units: look.units,
    evidence: look.evidence,
    exploratory: exploratoryOf(look),
    running_p: look.running_p,
    quantiles: look.quantiles,
  };
}
