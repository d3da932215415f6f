import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ingest } from '../ingest/intake.js';
import { experimentsIn, type UnitState } from '../metrics/unit.js';
import type { ObservedInstance } from '../serving/liveness.js';
import { inChunks } from '../store/chunks.js';
import type { Erasure, Removed } from '../store/erasures.js';
import type { MarkedUnit, MarkedUnitStore } from '../store/marked-units.js';
import type { ServedId } from '../store/serving.js';
import type { OperationContext } from './context.js';
import { audited } from './tell.js';

export interface ErasureContext extends OperationContext {
  ingest: Pick<Ingest, 'erase' | 'pseudonymOf'>;
}

/** What an erasure still waits for. */
export type Pending = 'folding' | 'processes';

const MARKS_AT_ONCE = 500;
/** Changes that are told at a time. */
const TOLD_AT_ONCE = 100;
const LOOK_MS = 100;

/**
 * Removes everything that is kept of a unit. What it has added to totals stays there: nobody can tell it from the rest. Twice
 * does no harm, and does what a process that died has left undone.
 *
 * @param keepOptOut an opt-out stays, with the sealed id: it is a will, too
 */
export async function eraseUnit(
  context: ErasureContext,
  unit_id: string,
  keepOptOut: boolean,
  by: string,
): Promise<Erasure> {
  const { store, ingest, refresher } = context;
  const unit = ingest.pseudonymOf(unit_id);
  const change = {
    by,
    action: 'privacy.erase',
    subject: ['unit', unit],
    after: { keep_opt_out: keepOptOut },
  } as const;
  return audited(context, change, async () => {
    const known = await store.units.known(store.inbox.partitionOf(unit), unit);
    const waiting_events = (await store.inbox.eventsOf(unit)).length;
    const at = await ingest.erase(unit_id);
    const excluded = await removeMarks(store.exclusions as unknown as MarkedUnitStore<MarkedUnit>, unit);
    const overridden = await removeMarks(store.overrides, unit);
    const isIn = !keepOptOut && (await store.optOuts.delete(unit));
    const experiments = [...new Set([...excluded, ...overridden])];
    const changed: ServedId[] = experiments.map((id): ServedId => `experiment:${id}`);
    const revision = await tellAll(context, isIn ? [...changed, `opt-out:${unit}`] : changed);
    await refresher.refresh();
    const removed: Removed = {
      ...countsOf(known),
      waiting_events,
      exclusions: excluded.length,
      overrides: overridden.length,
      opt_outs: isIn ? 1 : 0,
    };
    const erasure = { _id: `erasure_${randomUUID()}`, unit, at, by, revision, removed };
    await store.erasures.put(erasure);
    return erasure;
  });
}

/** The experiments of the marks that were removed. */
async function removeMarks(marks: MarkedUnitStore<MarkedUnit>, unit: string): Promise<string[]> {
  const removed: string[] = [];
  for (;;) {
    const some = await marks.ofUnit(unit, MARKS_AT_ONCE);
    if (some.length === 0) return removed;
    await marks.remove(some.map(({ _id }) => _id));
    removed.push(...some.map(({ experiment_id }) => experiment_id));
  }
}

/** The revision at which every process has heard of these. */
async function tellAll({ store }: OperationContext, ids: readonly ServedId[]): Promise<number> {
  let { revision } = await store.serving.read();
  for (const some of inChunks(ids, TOLD_AT_ONCE)) ({ revision } = await store.serving.changed(...some));
  return revision;
}

function countsOf(state: UnitState | null): Pick<Removed, 'units' | 'experiments' | 'event_ids'> {
  if (!state) return { units: 0, experiments: 0, event_ids: 0 };
  return { units: 1, experiments: new Set(experimentsIn(state)).size, event_ids: state.seen.length };
}

/** What an erasure still waits for; nothing once it is done everywhere. */
export async function pendingOf(
  { store }: Pick<OperationContext, 'store'>,
  { unit, at, revision }: Erasure,
  observed: readonly ObservedInstance[],
): Promise<Pending[]> {
  const oldest = await store.inbox.oldest(store.inbox.partitionOf(unit));
  const isFolded = oldest === null || oldest > at;
  const areBehind = observed.some(
    ({ kind, live, serving_revision }) => kind === 'api' && live && serving_revision < revision,
  );
  return [...(isFolded ? [] : (['folding'] as const)), ...(areBehind ? (['processes'] as const) : [])];
}

/** Waits until an erasure is done everywhere, but no longer than this. Answers what it waits for then. */
export async function awaitErasure(
  context: Pick<OperationContext, 'store'>,
  erasure: Erasure,
  observe: () => Promise<readonly ObservedInstance[]>,
  most_ms: number,
): Promise<Pending[]> {
  const until = performance.now() + most_ms;
  for (;;) {
    const pending = await pendingOf(context, erasure, await observe());
    if (pending.length === 0 || performance.now() >= until) return pending;
    await sleep(LOOK_MS);
  }
}
