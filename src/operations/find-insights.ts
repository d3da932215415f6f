import { insightOf, type Insight } from '../lifecycle/insight.js';
import type { EndedExperiment, EndedFilter } from '../store/insights.js';
import { inChunks } from '../store/chunks.js';
import type { Store } from '../store/store.js';

/** Experiments whose decisions one read takes. */
const READ_AT_ONCE = 50;

type Stores = Pick<Store, 'insights'>;

/** What the experiments were worth that ended in a time, in the order of their ends; at most `limit`. */
export async function findInsights(
  { insights }: Stores,
  filter: EndedFilter,
  limit: number,
): Promise<Insight[]> {
  const found: Insight[] = [];
  for (const some of inChunks(await insights.ended(filter, limit), READ_AT_ONCE)) {
    const decisions = await insights.decisions(some.map(({ _id }) => _id));
    found.push(...some.map((one) => insightIn(one, decisions)));
  }
  return found;
}

function insightIn(
  { _id, settled_at, launch, view, lifts }: EndedExperiment,
  decisions: Awaited<ReturnType<Store['insights']['decisions']>>,
): Insight {
  const currencies = Object.fromEntries(
    launch.metrics.flatMap(({ metric: { metric_id, unit } }) =>
      unit !== undefined && isCurrency(unit) ? [[metric_id, unit] as const] : [],
    ),
  );
  return insightOf({
    experiment_id: _id,
    started_at: launch.start_at,
    ended_at: settled_at,
    outcome: view.outcome,
    ...(lifts && { lifts }),
    currencies,
    decisions: decisions.filter(({ experiment_id }) => experiment_id === _id),
  });
}

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Whether a unit is an amount of money: its code by ISO 4217. */
function isCurrency(unit: string): boolean {
  return CURRENCIES.has(unit);
}
