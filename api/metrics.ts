import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Refresher } from '../src/serving/refresher.js';
import type { Streams } from './serving/streams.js';
import type { Store } from '../src/store/store.js';
import type { ExposureBuffer } from '../src/ingest/exposures.js';

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });

const servingRevision = gauge('rampart_serving_revision', 'Revision of what this process serves.');
const snapshotAge = gauge('rampart_snapshot_age_seconds', 'Time since the last good read of what is served.');
const flags = gauge('rampart_flags', 'Flags served.');
const experiments = gauge('rampart_live_experiments', 'Experiments live in this process.');
const reconciled = new Gauge({
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
const lost = gauge('rampart_exposures_lost', 'Exposures that could not be recorded since the start.');

/** Prometheus' text format. */
export async function metricsText(
  refresher: Refresher,
  exposures: ExposureBuffer,
  streams: Streams,
  { reconciliation }: Pick<Store, 'reconciliation'>,
): Promise<string> {
  const { snapshot } = refresher;
  if (snapshot) {
    servingRevision.set(snapshot.revision);
    snapshotAge.set(refresher.age() / 1000);
    flags.set(snapshot.ruleset.flags.size);
    experiments.set([...snapshot.experiments.values()].filter(({ live }) => live).length);
  }
  lost.set(exposures.lost);
  openStreams.set(streams.size);
  // MongoDB may be unreachable: these metrics then stay as they were, and all others are shown.
  const latest = await reconciliation.latest().catch(() => null);
  if (latest) {
    reconciliationAge.set((Date.now() - Date.parse(latest.at)) / 1000);
    for (const [kind, count] of Object.entries(latest.total)) reconciled.set({ kind }, count);
  }
  return registry.metrics();
}
