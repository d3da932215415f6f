import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Reachability } from '../src/serving/reachability.js';
import type { Refresher } from '../src/serving/refresher.js';
import type { Streams } from './serving/streams.js';
import type { ExposureBuffer } from '../src/ingest/exposures.js';

const registry = new Registry();
collectDefaultMetrics({ register: registry });
// These are gauges with the name of a counter; the same numbers are there by kind, without the ending.
for (const name of ['handles', 'requests', 'resources']) {
  registry.removeSingleMetric(`nodejs_active_${name}_total`);
}
const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });

const servingRevision = gauge('rampart_serving_revision', 'Revision of what this process serves.');
const snapshotAge = gauge('rampart_snapshot_age_seconds', 'Time since the last good read of what is served.');
const flags = gauge('rampart_flags', 'Flags served.');
const notServed = gauge(
  'rampart_definitions_not_served',
  'Flags, segments and experiments that are defined and cannot be served; the log says why.',
);
const experiments = gauge('rampart_live_experiments', 'Experiments live in this process.');
const reconciled = new Counter({
  name: 'rampart_reconciled_total',
  help: 'What reconciliation has mended since the installation, by kind.',
  labelNames: ['kind'],
  registers: [registry],
});
const reconciliationAge = gauge(
  'rampart_reconciliation_age_seconds',
  'Time since reconciliation last completed a round.',
);
const openStreams = gauge('rampart_streams', 'Event streams open on this process.');
const up = new Gauge({
  name: 'rampart_server_up',
  help: 'Whether MongoDB and Temporal answered when they were last asked: 1 or 0.',
  labelNames: ['server'],
  registers: [registry],
});
const lost = new Counter({
  name: 'rampart_exposures_lost_total',
  help: 'Exposures that could not be recorded since the start.',
  registers: [registry],
});

/** Prometheus' text format, from what this process knows: it asks nobody. */
export async function metricsText(
  refresher: Refresher,
  exposures: ExposureBuffer,
  streams: Streams,
  { mongodb, temporal, reconciliation }: Pick<Reachability, 'mongodb' | 'temporal' | 'reconciliation'>,
): Promise<string> {
  const { snapshot } = refresher;
  if (snapshot) {
    servingRevision.set(snapshot.revision);
    snapshotAge.set(refresher.age() / 1000);
    flags.set(snapshot.ruleset.flags.size);
    notServed.set(refresher.broken.length);
    experiments.set([...snapshot.experiments.values()].filter(({ live }) => live).length);
  }
  setTotal(lost, {}, exposures.lost);
  openStreams.set(streams.size);
  up.set({ server: 'mongodb' }, mongodb === 'up' ? 1 : 0);
  up.set({ server: 'temporal' }, temporal === 'up' ? 1 : 0);
  if (reconciliation) {
    reconciliationAge.set((Date.now() - Date.parse(reconciliation.at)) / 1000);
    for (const [kind, count] of Object.entries<number>(reconciliation.total))
      setTotal(reconciled, { kind }, count);
  }
  return registry.metrics();
}

/** A counter that somebody else counts. */
function setTotal(counter: Counter, labels: Record<string, string>, total: number): void {
  counter.remove(labels);
  counter.inc(labels, total);
}
