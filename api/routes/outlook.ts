import { z } from 'zod';
import { iso } from '../../src/iso.js';
import { failure } from '../../src/errors.js';
import { harmThreshold, suspectThreshold } from '../../src/lifecycle/guardrails.js';
import { metricsOf, planOf, treatmentsOf } from '../../src/lifecycle/plan.js';
import { marginOf } from '../../src/model/policy.js';
import { outlookOf, waitingNow } from '../../src/operations/show-outlook.js';
import { seriesOf } from '../../src/operations/show-series.js';
import type { ExperimentDocument, Launched } from '../../src/store/experiment-document.js';
import type { ApiContext } from '../context.js';
import { ofExperiment } from '../environments.js';
import { numberText } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/outlook.js';

const path = '/v1/experiments/{experiment_id}';

/** How an experiment went, what it waits for, and what is planned. */
export function outlookRoutes(context: ApiContext): Route[] {
  return [planRoute(context), waitingRoute(context), seriesRoute(context)];
}

function planRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/plan`,
    action: 'read',
    environments: ofExperiment(store),
    tag: 'results',
    summary: 'The whole life of an experiment: what was, is and is planned, and at which numbers it decides',
    replies: { 200: answers.plan },
    async handle({ params: { experiment_id } }) {
      const document = started(await store.experiments.named(experiment_id));
      const now = Date.now();
      const { stages, interruptions } = await outlookOf(store, document, now);
      const { launch, checkpoint } = document;
      return {
        status: 200,
        body: {
          experiment_id,
          at: iso(now),
          policy: { ...launch.policy_document },
          metrics: launch.metrics.map(({ role, metric }) => ({
            metric_id: metric.metric_id,
            role,
            kind: metric.kind,
            direction: metric.direction,
            margin: role === 'guardrail' ? marginOf(launch.policy, metric.metric_id) : null,
          })),
          thresholds: thresholdsOf(document, checkpoint?.epoch ?? 0),
          stages: stages.map((stage) => ({
            ...stage,
            from: isoOrNull(stage.from),
            until: isoOrNull(stage.until),
          })),
          interruptions: interruptions.map((one) => ({
            ...one,
            from: iso(one.from),
            until: isoOrNull(one.until),
          })),
        },
      };
    },
  });
}

function thresholdsOf({ _id, launch }: Launched, epoch: number) {
  const plan = planOf(_id, launch);
  const { mde, alpha, srm, min_units_per_variant, guardrails } = plan.policy;
  return {
    harm: Math.exp(harmThreshold(plan, epoch)),
    safe: 1 / guardrails.alpha,
    suspect: suspectThreshold(plan),
    srm: srm.alarm_bayes_factor,
    mde,
    alpha,
    tests: metricsOf(plan, 'primary').length * treatmentsOf(plan).length,
    min_units_per_variant,
  };
}

function waitingRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/waiting`,
    action: 'read',
    environments: ofExperiment(store),
    tag: 'results',
    summary: 'What an experiment waits for: every condition, whether it is met, and when it can be',
    replies: { 200: answers.waiting },
    async handle({ params: { experiment_id } }) {
      const document = await store.experiments.named(experiment_id);
      const now = Date.now();
      const { conditions, before_shipping, toward } = await waitingNow(store, started(document), now);
      const present = (one: (typeof conditions)[number]) => ({ ...one, at: isoOrNull(one.at) });
      return {
        status: 200,
        body: {
          experiment_id,
          at: iso(now),
          toward,
          next_look_at: document.view?.deadlines['next_look_at'] ?? null,
          conditions: conditions.map(present),
          before_shipping: before_shipping.map(present),
        },
      };
    },
  });
}

function seriesRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/series`,
    action: 'read',
    environments: ofExperiment(store),
    tag: 'results',
    summary: 'How the evidence went, look by look',
    query: z.strictObject({
      points: numberText({
        least: 2,
        most: 400,
        whole: true,
        message: 'must be a whole number from 2 to 400',
      })
        .optional()
        .transform((given) => given ?? 200)
        .meta({ description: 'How many looks are chosen where there are more; 200 where it is left out.' }),
    }),
    replies: { 200: answers.series },
    async handle({ params: { experiment_id }, query: { points } }) {
      await store.experiments.named(experiment_id);
      const { looks_in_all, looks, series } = await seriesOf(store, experiment_id, points);
      return {
        status: 200,
        body: {
          experiment_id,
          looks_in_all,
          epochs: epochsOf(looks.map(({ at, look: { epoch } }) => ({ at, epoch }))),
          looks: looks.map(({ n, snapshot_id, at, look: { revision, epoch, units, evidence } }) => ({
            n,
            snapshot_id,
            at: iso(at),
            revision,
            epoch,
            units,
            srm_log_bayes_factor: evidence.srm.log_bayes_factor,
          })),
          series,
        },
      };
    },
  });
}

function epochsOf(looks: readonly { at: number; epoch: number }[]) {
  const epochs = [...new Set(looks.map(({ epoch }) => epoch))];
  return epochs.map((epoch) => {
    const own = looks.filter((look) => look.epoch === epoch);
    const kind: 'experiment' | 'rollout' = epoch === 0 ? 'experiment' : 'rollout';
    return { epoch, kind, from: iso(own[0]!.at), to: iso(own.at(-1)!.at) };
  });
}

/** @throws {RampartError} no_snapshot_yet where it was never started */
function started(document: ExperimentDocument): Launched {
  const { launch } = document;
  if (!launch) throw failure('no_snapshot_yet', `experiment ${document._id} was never started`);
  return { ...document, launch };
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
