import { z } from 'zod';
import { failure, RampartError, validationFailed, type FieldError } from '../../src/errors.js';
import { sumTotals, totalsReport } from '../../src/metrics/totals.js';
import { thresholdsOf } from '../../src/store/experiments.js';
import type { SnapshotDocument } from '../../src/store/snapshots.js';
import { exploratoryOf } from '../../src/lifecycle/exploratory.js';
import { idSchema } from '../../src/model/id.js';
import { policyChangeSchema, type PolicyChange, type PolicyDocument } from '../../src/model/policy.js';
import { backtest } from '../../src/rehearsal/backtest.js';
import type { ApiContext } from '../context.js';
import { numericCursor, paging, route, type Route } from '../route.js';
import { asDocument, parse } from '../../src/validation.js';
import { allPolicies, policyOf } from './definitions.js';
import { experimentNamed } from './experiments.js';

/** The epoch of the experiment itself; the later ones watch what was shipped. */
const EXPERIMENT_EPOCH = 0;

/** What an experiment has measured, decided and gone through. */
export function resultRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/experiments/{experiment_id}';
  return [
    route({
      method: 'get',
      path: `${path}/results`,
      action: 'read',
      summary: 'The latest evidence; `at` for an older one',
      async handle({ params, query }) {
        const { _id, view } = await experimentNamed(context, params['experiment_id']);
        const snapshot = await store.snapshots.latest(_id, momentOf(query['at']));
        if (!snapshot) throw failure('no_snapshot_yet', `nothing was measured of ${_id} yet`);
        return { status: 200, body: { ...presentSnapshot(snapshot), decision: view?.last_decision ?? null } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/snapshots`,
      action: 'read',
      summary: 'The series of snapshots',
      async handle({ params, query }) {
        const { _id } = await experimentNamed(context, params['experiment_id']);
        const { limit, cursor } = paging(query);
        const found = await store.snapshots.series(_id, limit, numericCursor(cursor));
        const next_cursor = found.length === limit ? String(found.at(-1)!.at) : null;
        return { status: 200, body: { items: found.map(presentSnapshot), next_cursor } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/totals`,
      action: 'read',
      summary: 'The exact sums folded so far',
      async handle({ params }) {
        const document = await experimentNamed(context, params['experiment_id']);
        const { _id, launch } = document;
        if (!launch) throw failure('no_snapshot_yet', `experiment ${_id} was never started`);
        const now = Date.now();
        const { oldest: waiting } = await store.inbox.waiting();
        const totals = sumTotals(
          launch,
          await store.totals.of(_id),
          now,
          thresholdsOf(document),
          EXPERIMENT_EPOCH,
        );
        const lag_seconds = waiting === null ? 0 : (now - waiting) / 1000;
        return {
          status: 200,
          body: { at: new Date(now).toISOString(), lag_seconds, ...totalsReport(totals) },
        };
      },
    }),
    route({
      method: 'get',
      path: `${path}/decisions`,
      action: 'read',
      summary: 'What was decided, by which row, on which numbers',
      async handle({ params, query }) {
        const { _id } = await experimentNamed(context, params['experiment_id']);
        const { limit, cursor } = paging(query);
        const found = await store.decisions.of(_id, limit, numericCursor(cursor));
        const items = found.map(({ n, at, row, decision, reasons, snapshot_id, variant, certificate }) => ({
          n,
          at: new Date(at).toISOString(),
          row,
          decision,
          ...(variant !== undefined && { variant }),
          reasons,
          snapshot_id,
          certificate_hash: certificate.hash,
        }));
        return {
          status: 200,
          body: { items, next_cursor: found.length === limit ? String(found.at(-1)!.n) : null },
        };
      },
    }),
    route({
      method: 'get',
      path: `${path}/decisions/{n}/certificate`,
      action: 'read',
      summary: 'A decision with all it rests on; `rampart verify` takes it again offline',
      async handle({ params }) {
        const { _id } = await experimentNamed(context, params['experiment_id']);
        const item = await store.decisions.get(_id, Number(params['n']));
        if (!item) throw failure('not_found', `no decision ${params['n']} of ${_id}`);
        return { status: 200, body: item.certificate };
      },
    }),
    route({
      method: 'post',
      path: `${path}/backtests`,
      action: 'define',
      summary: 'What another policy would have done on the recorded snapshots',
      body: z.strictObject({ policy: z.union([idSchema, z.record(z.string(), z.unknown())]) }),
      async handle({ params, body }) {
        const { _id, launch } = await experimentNamed(context, params['experiment_id']);
        if (!launch) throw failure('no_snapshot_yet', `experiment ${_id} was never started`);
        const policy = await policyFrom(context, body.policy);
        const found = await store.snapshots.series(_id, MOST_SNAPSHOTS, 0);
        const { decided_at, decisions, ...rest } = backtest(launch, policy, found);
        return {
          status: 200,
          body: {
            experiment_id: _id,
            ...rest,
            decided_at: decided_at === null ? null : new Date(decided_at).toISOString(),
            decisions: decisions.map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
          },
        };
      },
    }),
    route({
      method: 'get',
      path: `${path}/timeline`,
      action: 'read',
      summary: 'All that happened, in order',
      async handle({ params, query }) {
        const { _id } = await experimentNamed(context, params['experiment_id']);
        const { limit, cursor } = paging(query);
        const found = await store.timeline.of(_id, limit, numericCursor(cursor));
        const items = found.map(({ _id: _, experiment_id: __, at, ...item }) => ({
          ...item,
          at: new Date(at).toISOString(),
        }));
        return {
          status: 200,
          body: { items, next_cursor: found.length === limit ? String(found.at(-1)!.seq) : null },
        };
      },
    }),
  ];
}

/** Snapshots that a backtest reads at most: four weeks of looks every five minutes. */
const MOST_SNAPSHOTS = 10_000;

/** A policy by name, or one given in full or as changes to `standard`. */
async function policyFrom(
  context: ApiContext,
  given: string | Record<string, unknown>,
): Promise<PolicyDocument> {
  if (typeof given === 'string') {
    const policy = (await allPolicies(context)).get(given);
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
    const errors = (error.members['errors'] as FieldError[]).map((one) => ({
      ...one,
      path: `${field}.${one.path}`,
    }));
    throw validationFailed(errors);
  }
}

function momentOf(at: string | undefined): number | undefined {
  if (at === undefined) return undefined;
  const ms = Date.parse(at);
  if (Number.isNaN(ms))
    throw validationFailed([{ path: 'at', code: 'invalid_value', message: 'must be ISO 8601' }]);
  return ms;
}

function presentSnapshot({ _id, experiment_id, at, look }: SnapshotDocument): object {
  return {
    experiment_id,
    snapshot_id: _id,
    at: new Date(at).toISOString(),
    revision: look.revision,
    units: look.units,
    evidence: look.evidence,
    exploratory: exploratoryOf(look.evidence),
    running_p: look.running_p,
    quantiles: look.quantiles,
  };
}
