import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { buildInfo } from '../src/monitoring/build-info.js';
import { byLabel, computedSeries, gauge } from '../src/monitoring/computed-series.js';
import type { AllInsights } from '../src/operations/tally-insights.js';
import type { FleetWatch } from '../src/operations/watch-fleet.js';
import type { Reachability } from '../src/serving/reachability.js';
import type { Refresher } from '../src/serving/refresher.js';
import type { Refusals } from './refusals.js';
import { fleetSeries } from './series/fleet-series.js';
import { ingestSeries, type IngestSources } from './series/ingest-series.js';
import { insightSeries } from './series/insight-series.js';
import type { Streams } from './serving/streams.js';

export interface MetricSources extends IngestSources {
  refresher: Pick<Refresher, 'snapshot' | 'age' | 'broken'>;
  fleet: Pick<FleetWatch, 'fleet'>;
  insights: Pick<AllInsights, 'tally' | 'isComplete' | 'decidedAfter' | 'harmServed'>;
  refusals: Pick<Refusals, 'counts'>;
  streams: Pick<Streams, 'size'>;
  reachability: Pick<Reachability, 'mongodb' | 'temporal' | 'reconciliation'>;
}

/**
 * Adds the metrics of this process, from what it knows: reading them asks nobody. Each says how those of several processes are
 * added up: what is served, by the process that is most behind; what is about all of them, not twice.
 */
export function addMetrics(registry: Registry, sources: MetricSources): void {
  collectDefaultMetrics({ register: registry });
  // These are gauges with the name of a counter; the same numbers are there by kind, without the ending.
  for (const name of ['handles', 'requests', 'resources']) {
    registry.removeSingleMetric(`nodejs_active_${name}_total`);
  }
  buildInfo(registry);
  servingMetrics(registry, sources);
  ownMetrics(registry, sources);
  ingestSeries(registry, sources);
  reconciliationMetrics(registry, sources);
  fleetSeries(registry, sources.fleet);
  insightSeries(registry, sources.insights);
}

function servingMetrics(registry: Registry, { refresher }: MetricSources): void {
  gauge(
    registry,
    'rampart_serving_revision',
    'Revision that is served; of several processes, the lowest.',
    'min',
    () => refresher.snapshot?.revision,
  );
  gauge(
    registry,
    'rampart_snapshot_age_seconds',
    'Time since the last good read of what is served; of several processes, the longest.',
    'max',
    () => refresher.snapshot && refresher.age() / 1000,
  );
  gauge(
    registry,
    'rampart_flags',
    'Flags served; of several processes, the most.',
    'max',
    () => refresher.snapshot?.ruleset.flags.size,
  );
  gauge(
    registry,
    'rampart_definitions_not_served',
    'Flags, segments and experiments that are defined and cannot be served; the log says why.',
    'max',
    () => refresher.snapshot && refresher.broken.length,
  );
  gauge(
    registry,
    'rampart_live_experiments',
    'Experiments that are live where they are served; of several processes, the most.',
    'max',
    () =>
      refresher.snapshot && [...refresher.snapshot.experiments.values()].filter(({ live }) => live).length,
  );
}

/** What this process has open and can reach, and whom it refuses. */
function ownMetrics(registry: Registry, { refusals, streams, reachability }: MetricSources): void {
  gauge(registry, 'rampart_api_processes', 'API processes that these metrics are of.', 'sum', () => 1);
  gauge(registry, 'rampart_streams', 'Event streams that are open.', 'sum', () => streams.size);
  new Gauge({
    name: 'rampart_server_up',
    help: 'Whether MongoDB and Temporal answered when they were last asked: 1, or 0 also where one process had no answer.',
    labelNames: ['server'],
    aggregator: 'min',
    registers: [registry],
    collect() {
      for (const server of ['mongodb', 'temporal'] as const)
        this.set({ server }, reachability[server] === 'up' ? 1 : 0);
    },
  });
  computedSeries(
    registry,
    {
      name: 'rampart_requests_refused_total',
      help: 'Requests that were refused because of who sent them, 401 and 403, since the start.',
      type: 'counter',
    },
    () => byLabel('code', refusals.counts),
  );
}

/** Reconciliation is one, however many processes tell of it. */
function reconciliationMetrics(registry: Registry, { reachability }: MetricSources): void {
  gauge(
    registry,
    'rampart_reconciliation_age_seconds',
    'Time since reconciliation last completed a round.',
    'min',
    () => reachability.reconciliation && (Date.now() - Date.parse(reachability.reconciliation.at)) / 1000,
  );
  computedSeries(
    registry,
    {
      name: 'rampart_reconciled_total',
      help: 'What reconciliation has mended since the installation, by kind.',
      type: 'counter',
      aggregator: 'max',
    },
    () => byLabel('kind', Object.entries(reachability.reconciliation?.total ?? {})),
  );
}
