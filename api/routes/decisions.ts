import { z } from 'zod';
import { iso } from '../../src/iso.js';
import { failure, RampartError, validationFailed, type FieldError } from '../../src/errors.js';
import { toldDecision } from '../../src/lifecycle/told-reasons.js';
import { idSchema } from '../../src/model/id.js';
import { policyChangeSchema, type PolicyChange, type PolicyDocument } from '../../src/model/policy.js';
import { backtestInTurns } from '../../src/operations/backtest-in-turns.js';
import { allPolicies, policyOf } from '../../src/operations/catalog.js';
import { asDocument, parse } from '../../src/validation.js';
import type { Store } from '../../src/store/store.js';
import type { ApiContext } from '../context.js';
import { orderedPagingQuery } from '../query.js';
import { ofExperiment } from '../environments.js';
import { route, type Route } from '../route.js';
import { certificate } from '../schemas/certificate.js';
import * as answers from '../schemas/results.js';
import { countedPage } from './counted-page.js';
import { found } from './found.js';

const path = '/v1/experiments/{experiment_id}';

/** What was decided about an experiment, and all that happened to it. */
export function decisionRoutes(context: ApiContext): Route[] {
  return [...listRoutes(context), certificateRoute(context), backtestRoute(context)];
}

function listRoutes({ store, authenticator }: ApiContext): Route[] {
  return [
    route({
      method: 'get',
      path: `${path}/decisions`,
      action: 'read',
      environments: ofExperiment(store),
      tag: 'results',
      summary: 'What was decided, by which row, on which numbers',
      query: orderedPagingQuery,
      replies: { 200: answers.decisionPage },
      async handle({ params: { experiment_id }, query: { limit, cursor, order } }) {
        await store.experiments.named(experiment_id);
        const stored = await store.decisions.of(experiment_id, limit + 1, cursor, order);
        const page = countedPage(stored, limit, ({ n }) => n);
        const items = page.items.map(
          ({ n, at, row, decision, reasons, snapshot_id, variant, certificate: { hash } }) => ({
            n,
            at: iso(at),
            ...toldDecision({ row, decision, ...(variant !== undefined && { variant }), reasons }),
            snapshot_id,
            certificate_hash: hash,
          }),
        );
        return { status: 200, body: { ...page, items } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/timeline`,
      action: 'read',
      environments: ofExperiment(store),
      tag: 'results',
      summary: 'All that happened, in order',
      query: orderedPagingQuery,
      replies: { 200: answers.timelinePage },
      async handle({ params: { experiment_id }, query: { limit, cursor, order } }) {
        await store.experiments.named(experiment_id);
        const stored = await store.timeline.of(experiment_id, limit + 1, cursor, order);
        const page = countedPage(stored, limit, ({ seq }) => seq);
        const items = page.items.map(({ _id: _, experiment_id: __, at, actor, ...line }) => ({
          ...line,
          actor: authenticator.named(actor),
          at: iso(at),
        }));
        return { status: 200, body: { ...page, items } };
      },
    }),
  ];
}

function certificateRoute({ store }: ApiContext): Route {
  return route({
    method: 'get',
    path: `${path}/decisions/{n}/certificate`,
    action: 'read',
    environments: ofExperiment(store),
    tag: 'results',
    summary: 'A decision with all it rests on; `rampart verify` recomputes it offline',
    replies: { 200: certificate },
    async handle({ params: { experiment_id, n } }) {
      await store.experiments.named(experiment_id);
      const item = await store.decisions.get(experiment_id, Number(n));
      return { status: 200, body: found(item, `decision ${n} of ${experiment_id}`).certificate };
    },
  });
}

function backtestRoute({ store }: ApiContext): Route {
  return route({
    method: 'post',
    path: `${path}/backtests`,
    action: 'define',
    environments: ofExperiment(store),
    tag: 'planning',
    summary: 'What another policy would have done on the recorded snapshots',
    body: z.strictObject({ policy: z.union([idSchema, z.record(z.string(), z.unknown())]) }),
    replies: { 200: answers.backtest },
    async handle({ params: { experiment_id }, body }) {
      const { launch } = await store.experiments.named(experiment_id);
      if (!launch) throw failure('no_snapshot_yet', `experiment ${experiment_id} was never started`);
      const policy = await policyFrom(store, body.policy);
      const { decided_at, decisions, ...rest } = await backtestInTurns(store, experiment_id, launch, policy);
      return {
        status: 200,
        body: {
          experiment_id,
          ...rest,
          decided_at: decided_at === null ? null : iso(decided_at),
          decisions: decisions.map((decision) => ({
            ...toldDecision(decision),
            at: iso(decision.at),
          })),
        },
      };
    },
  });
}

/** A policy by name, or one given in full or as changes to `standard`. */
async function policyFrom(store: Store, given: string | Record<string, unknown>): Promise<PolicyDocument> {
  if (typeof given === 'string') {
    const policy = (await allPolicies(store)).get(given);
    if (policy) return policy;
    throw validationFailed([{ path: 'policy', code: 'unknown_policy', message: `no policy ${given}` }]);
  }
  return nested('policy', () => {
    const change = parse(asDocument<PolicyChange>(policyChangeSchema), { policy_id: 'backtest', ...given });
    return policyOf(change, change.version ?? 1);
  });
}

/** What `check` finds wrong, under the field that it stands in. */
function nested<T>(field: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RampartError) || !Array.isArray(error.members['errors'])) throw error;
    const errors = (error.members['errors'] as FieldError[]).map((inner) => ({
      ...inner,
      path: `${field}.${inner.path}`,
    }));
    throw validationFailed(errors);
  }
}
