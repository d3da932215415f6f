import { z } from 'zod';
import { iso } from '../../src/iso.js';
import { failure, type RampartError } from '../../src/errors.js';
import { exploratoryOf } from '../../src/lifecycle/exploratory.js';
import { harmThreshold } from '../../src/lifecycle/guardrails.js';
import { evidenceAtHorizon, NOTHING_TO_COMPARE, type LiftReport } from '../../src/lifecycle/lift-report.js';
import { planOf } from '../../src/lifecycle/plan.js';
import { toldDecision } from '../../src/lifecycle/told-reasons.js';
import { resultsBySegment } from '../../src/metrics/by-segment.js';
import { sumTotals, totalsReport } from '../../src/metrics/totals.js';
import { unmeasuredIn } from '../../src/metrics/unmeasured.js';
import { liftAtDecision, shownLook, type Shown, type Which } from '../../src/operations/find-results.js';
import { thresholdsOf, type ExperimentDocument, type Launched } from '../../src/store/experiment-document.js';
import type { Store } from '../../src/store/store.js';
import type { ApiContext } from '../context.js';
import { countedPagingQuery, momentText, numberText } from '../query.js';
import { ofExperiment } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/results.js';
import { countedPage } from './counted-page.js';

/** The epoch of the experiment itself; the later ones watch what was shipped. */
const EXPERIMENT_EPOCH = 0;

const path = '/v1/experiments/{experiment_id}';

const resultsQuery = z
  .strictObject({
    at: momentText.optional().meta({ description: 'The newest evidence at or before this moment.' }),
    snapshot_id: z.string().min(1).max(300).optional().describe('The evidence of this snapshot.'),
    epoch: numberText({
      least: 0,
      most: 10_000,
      whole: true,
      message: 'must be a whole number from 0 to 10000',
    })
      .optional()
      .meta({
        description: 'The newest evidence of this epoch: 0 is the experiment, later ones its roll-out.',
      }),
  })
  .superRefine((query, context) => {
    const [, second] = Object.entries(query).filter(([, value]) => value !== undefined);
    if (!second) return;
    const message = 'ask for one of at, snapshot_id and epoch';
    context.addIssue({ code: 'custom', path: [second[0]], message });
  });

function nothingShown(experiment_id: string, which: Which): RampartError {
  if (which.snapshot_id !== undefined)
    return failure('not_found', `no snapshot ${which.snapshot_id} of experiment ${experiment_id}`);
  return failure('no_snapshot_yet', `nothing has been measured of ${experiment_id} ${whenOf(which)}`);
}

function whenOf({ at, epoch }: Which): string {
  if (at !== undefined) return `until ${iso(at)}`;
  return epoch === undefined ? 'yet' : `in epoch ${epoch}`;
}

const UNCOMPARED = `${NOTHING_TO_COMPARE}; epoch 0 has what was compared before the winner shipped`;

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
      summary: 'The latest evidence, after the end that of the decision; the query asks for another',
      query: resultsQuery,
      replies: { 200: answers.results },
      async handle({ params: { experiment_id }, query }) {
        const document = await store.experiments.named(experiment_id);
        const shown = await shownLook(store, document, query);
        if (!shown) throw nothingShown(experiment_id, query);
        return {
          status: 200,
          body: {
            ...present(shown),
            ...(await decisionOf(store, document, query, shown)),
            harm_threshold: harmThresholdOf(document, shown),
            segments: resultsBySegment(shown.snapshot.input, { at_horizon: shown.at_horizon }),
            untold_units: shown.snapshot.look.untold_units ?? null,
            ...(await liftsOf(context, document)),
          },
        };
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
        const items = page.items.map((snapshot) => present({ snapshot, at_horizon: false }));
        return { status: 200, body: { ...page, items } };
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
          at: iso(now),
          lag_seconds: oldest === null ? 0 : (now - oldest) / 1000,
          ...totalsReport(totals),
        },
      };
    },
  });
}

/** The winner's lift: as it was decided on, and once the experiment is over as the watch measured it again. */
async function liftsOf(
  { store }: ApiContext,
  document: ExperimentDocument,
): Promise<{ lift_at_decision: answers.LiftAnswer | null; lift_after_watch: answers.LiftAnswer | null }> {
  const { lifts, launch } = document;
  const at_decision = lifts
    ? lifts.at_decision
    : launch && (await liftAtDecision(store, document as Launched));
  return {
    lift_at_decision: presentLift(at_decision),
    lift_after_watch: presentLift(lifts?.after_watch ?? null),
  };
}

/** The last decision; where a look is asked for, the one that stood after it. */
async function decisionOf(
  store: Store,
  { _id, view, checkpoint }: ExperimentDocument,
  query: Which,
  { snapshot }: Shown,
): Promise<Pick<answers.ResultsAnswer, 'decision' | 'decision_n'>> {
  const isAskedFor = Object.values(query).some((value) => value !== undefined);
  if (!isAskedFor) {
    const decision = view?.last_decision ?? null;
    return {
      decision: decision && toldDecision(decision),
      decision_n: decision && (checkpoint?.decisions ?? null),
    };
  }
  const stood = await store.decisions.standing(_id, { snapshot_id: snapshot._id, at: snapshot.at });
  if (!stood) return { decision: null, decision_n: null };
  const { n, row, decision, variant, reasons } = stood;
  const told = toldDecision({ row, decision, ...(variant !== undefined && { variant }), reasons });
  return { decision: told, decision_n: n };
}

function harmThresholdOf({ _id, launch }: ExperimentDocument, { snapshot }: Shown): number | null {
  return launch && Math.exp(harmThreshold(planOf(_id, launch), snapshot.look.epoch));
}

function presentLift(report: LiftReport | null): answers.LiftAnswer | null {
  return report && { ...report, at: iso(report.at) };
}

function present({
  snapshot: { _id, experiment_id, at, input, look },
  at_horizon,
}: Shown): answers.SnapshotAnswer {
  return {
    experiment_id,
    snapshot_id: _id,
    at: iso(at),
    revision: look.revision,
    epoch: look.epoch,
    units: look.units,
    crossed_over: look.crossed_over,
    last_event_at: look.last_event_at ? iso(look.last_event_at) : null,
    lag_seconds: typeof look.backlog_ms === 'number' ? look.backlog_ms / 1000 : null,
    stale_guardrails: look.stale_guardrails,
    silent_guardrails: look.silent_guardrails,
    unmeasured: unmeasuredIn(input, look.evidence),
    evidence: at_horizon ? evidenceAtHorizon(look.evidence) : look.evidence,
    uncompared: look.evidence.metrics.length === 0 ? UNCOMPARED : null,
    exploratory: exploratoryOf(look, { at_horizon }),
    running_p: look.running_p,
    quantiles: look.quantiles,
  };
}
