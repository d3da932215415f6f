import { insightOf, type Insight } from '../lifecycle/insight.js';
import type { EndedExperiment, EndedFilter } from '../store/insights.js';
import { inChunks } from '../store/chunks.js';
import type { Store } from '../store/store.js';

/** Experiments whose decisions one read takes. */
const READ_AT_ONCE = 50;

type Stores = Pick<Store, 'insights'>;

/** What experiments were worth, and how many were read for it: one without an outcome was worth nothing. */
export interface FoundInsights {
  insights: Insight[];
  read: number;
  /** The end of the last one that was read, ms since the epoch; null where none was. */
  last: number | null;
}

/** What the experiments were worth that ended in a time, in the order of their ends; at most `limit` are read. */
export async function findInsights(
  { insights: store }: Stores,
  filter: EndedFilter,
  limit: number,
): Promise<FoundInsights> {
  const ended = await store.ended(filter, limit);
  const insights: Insight[] = [];
  for (const some of inChunks(ended, READ_AT_ONCE)) {
    const decisions = await store.decisions(some.map(({ _id }) => _id));
    insights.push(...some.flatMap((one) => insightIn(one, decisions)));
  }
  return { insights, read: ended.length, last: ended.at(-1)?.settled_at ?? null };
}

function insightIn(
  { _id, settled_at, launch, view, lifts }: EndedExperiment,
  decisions: Awaited<ReturnType<Store['insights']['decisions']>>,
): Insight[] {
  const outcome = view?.outcome ?? null;
  if (outcome === null) return [];
  const currencies = Object.fromEntries(
    launch.metrics.flatMap(({ metric: { metric_id, unit } }) =>
      unit !== undefined && isCurrency(unit) ? [[metric_id, unit] as const] : [],
    ),
  );
  const insight = insightOf({
    experiment_id: _id,
    started_at: launch.start_at,
    ended_at: settled_at,
    outcome,
    ...(lifts && { lifts }),
    currencies,
    decisions: decisions.filter(({ experiment_id }) => experiment_id === _id),
  });
  return [insight];
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Whether a unit is an amount of money: its code by ISO 4217. */
function isCurrency(unit: string): boolean {
  return CURRENCIES.has(unit);
}
