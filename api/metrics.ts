import { collectDefaultMetrics, Counter, Gauge, Registry, type Aggregator } from 'prom-client';
import type { Reachability } from '../src/serving/reachability.js';
import type { Refresher } from '../src/serving/refresher.js';
import type { Refusals } from './refusals.js';
import type { Streams } from './serving/streams.js';
import type { ExposureBuffer } from '../src/ingest/exposures.js';

export interface MetricSources {
  refresher: Pick<Refresher, 'snapshot' | 'age' | 'broken'>;
  exposures: Pick<ExposureBuffer, 'lost'>;
  refusals: Pick<Refusals, 'counts'>;
  streams: Pick<Streams, 'size'>;
  reachability: Pick<Reachability, 'mongodb' | 'temporal' | 'reconciliation'>;
}

/**
 * The metrics of this process, from what it knows: reading them asks nobody. Each says how those of several processes are
 * added up: what is served, by the process that is most behind; what is about all of them, not twice.
 */
export function createMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // These are gauges with the name of a counter; the same numbers are there by kind, without the ending.
  for (const name of ['handles', 'requests', 'resources']) {
    registry.removeSingleMetric(`nodejs_active_${name}_total`);
  }
  servingMetrics(registry, sources);
  ownMetrics(registry, sources);
  reconciliationMetrics(registry, sources);
  return registry;
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

/** What this process has open, has lost and can reach. */
function ownMetrics(registry: Registry, { exposures, refusals, streams, reachability }: MetricSources): void {
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
  new Counter({
    name: 'rampart_exposures_lost_total',
    help: 'Exposures that could not be recorded since the start.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(exposures.lost);
    },
  });
  new Counter({
    name: 'rampart_requests_refused_total',
    help: 'Requests that were refused because of who sent them, 401 and 403, since the start.',
    labelNames: ['code'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [code, count] of refusals.counts) this.inc({ code }, count);
    },
  });
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
  new Counter({
    name: 'rampart_reconciled_total',
    help: 'What reconciliation has mended since the installation, by kind.',
    labelNames: ['kind'],
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries<number>(reachability.reconciliation?.total ?? {}))
        this.inc({ kind }, count);
    },
  });
}

/** @param read what is not known has no sample, rather than a 0 */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  aggregator: Aggregator,
  read: () => number | null | undefined,
): void {
  new Gauge({
    name,
    help,
    aggregator,
    registers: [registry],
    collect() {
      const value = read();
      if (typeof value === 'number') this.set(value);
      else this.remove();
    },
  });
}
