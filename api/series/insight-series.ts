import type { Registry } from 'prom-client';
import type { Estimate } from '../../src/lifecycle/insight.js';
import {
  computedSeries,
  gauge,
  type Sample,
  type SeriesDescription,
} from '../../src/monitoring/computed-series.js';
import type { AllInsights } from '../../src/operations/tally-insights.js';

/** Metrics that are named: those that most experiments shipped on. */
const MOST_METRICS = 50;
const OUTCOMES = ['shipped', 'rolled_back', 'no_effect', 'inconclusive', 'stopped'] as const;

/** What experiments were worth since the installation. All processes tell the same. */
export function insightSeries(
  registry: Registry,
  all: Pick<AllInsights, 'tally' | 'isComplete' | 'decidedAfter' | 'harmServed'>,
): void {
  const series: AddSeries = (description, read) =>
    computedSeries(registry, { aggregator: 'max', ...description }, () => (all.isComplete ? read() : []));
  series(
    {
      name: 'rampart_experiments_ended_total',
      help: 'Experiments that are over, by outcome.',
      type: 'counter',
    },
    () => OUTCOMES.map((outcome) => ({ labels: { outcome }, value: all.tally.outcomes.get(outcome) ?? 0 })),
  );
  series(
    {
      name: 'rampart_guardrail_saves_total',
      help: 'Treatments that a guardrail took away because harm was proven.',
      type: 'counter',
    },
    () => [{ labels: {}, value: all.tally.guardrail_saves }],
  );
  const decided = 'rampart_experiment_decision_seconds';
  series(
    { name: decided, help: 'Time from the start of an experiment to its decision.', type: 'histogram' },
    () => all.decidedAfter.samples(decided, {}),
  );
  const harm = 'rampart_harm_served_seconds';
  series(
    {
      name: harm,
      help: 'Time from the start of an experiment that was rolled back until no process served it.',
      type: 'histogram',
    },
    () => all.harmServed.samples(harm, {}),
  );
  shares(registry, all);
  effects(series, all);
}

type AddSeries = (description: SeriesDescription, read: () => Sample[]) => void;

/** What shipping is estimated to have changed. */
function effects(series: AddSeries, all: Pick<AllInsights, 'tally'>): void {
  series(
    {
      name: 'rampart_shipped_effect_ratio',
      help: 'Mean relative effect of what shipped, by metric, with its interval.',
      type: 'gauge',
    },
    () =>
      all.tally
        .meanEffects()
        .slice(0, MOST_METRICS)
        .flatMap(({ metric_id, ...effect }) => bounds({ metric_id }, effect)),
  );
  series(
    {
      name: 'rampart_shipped_revenue_per_unit',
      help: 'What shipped together brings for each unit, of metrics whose unit is a currency, with its interval.',
      type: 'gauge',
    },
    () =>
      all.tally
        .revenue()
        .slice(0, MOST_METRICS)
        .flatMap(({ metric_id, currency, ...effect }) => bounds({ metric_id, currency }, effect)),
  );
}

function shares(registry: Registry, all: Pick<AllInsights, 'tally' | 'isComplete'>): void {
  gauge(
    registry,
    'rampart_experiments_completed_ratio',
    'Share of ended experiments that came to their own end, and were not stopped.',
    'max',
    () => (all.isComplete ? all.tally.completed_share : null),
  );
  gauge(
    registry,
    'rampart_experiments_decided_ratio',
    'Share of ended experiments that answered their question: shipped, rolled back, or no effect.',
    'max',
    () => (all.isComplete ? all.tally.decided_share : null),
  );
}

function bounds(labels: Record<string, string>, { estimate, lower, upper }: Estimate): Sample[] {
  return Object.entries({ estimate, lower, upper }).map(([bound, value]) => ({
    labels: { ...labels, bound },
    value,
  }));
}
