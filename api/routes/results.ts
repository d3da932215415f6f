import { failure, validationFailed } from '../../src/errors.js';
import { sumTotals, totalsReport } from '../../src/metrics/totals.js';
import { thresholdsOf } from '../../src/store/experiments.js';
import type { SnapshotDocument } from '../../src/store/snapshots.js';
import type { ApiContext } from '../context.js';
import { numericCursor, paging, route, type Route } from '../route.js';
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
        const waiting = await store.inbox.oldestWaiting();
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
        const found = await store.experiments.decisions(_id, limit, numericCursor(cursor));
        const items = found.map(({ n, at, row, decision, reasons, snapshot_id, variant }) => ({
          n,
          at: new Date(at).toISOString(),
          row,
          decision,
          ...(variant !== undefined && { variant }),
          reasons,
          snapshot_id,
        }));
        return {
          status: 200,
          body: { items, next_cursor: found.length === limit ? String(found.at(-1)!.n) : null },
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
        const found = await store.experiments.timeline(_id, limit, numericCursor(cursor));
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
  };
}
