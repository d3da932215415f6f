import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Refresher } from '../src/serving/refresher.js';
import type { ExposureBuffer } from './serving/exposures.js';

const registry = new Registry();
collectDefaultMetrics({ register: registry });
const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });

const servingRevision = gauge('rampart_serving_revision', 'Revision of what this process serves.');
const snapshotAge = gauge('rampart_snapshot_age_seconds', 'Time since the last good read of what is served.');
const flags = gauge('rampart_flags', 'Flags served.');
const experiments = gauge('rampart_live_experiments', 'Experiments live in this process.');
const lost = gauge('rampart_exposures_lost', 'Exposures that could not be recorded since the start.');

/** Prometheus' text format. */
export async function metricsText(refresher: Refresher, exposures: ExposureBuffer): Promise<string> {
  const { snapshot } = refresher;
  if (snapshot) {
    servingRevision.set(snapshot.revision);
    snapshotAge.set(refresher.age() / 1000);
    flags.set(snapshot.flags.size);
    experiments.set([...snapshot.experiments.values()].filter(({ compiled }) => compiled.live).length);
  }
  lost.set(exposures.lost);
  return registry.metrics();
}
