import type { Registry } from 'prom-client';
import { VERSION } from '../version.js';
import { computedSeries } from './computed-series.js';

/** Which release a process runs, as a label of a series that is always 1. */
export function buildInfo(registry: Registry): void {
  computedSeries(
    registry,
    {
      name: 'rampart_build_info',
      help: 'Always 1; the release that runs is its label.',
      type: 'gauge',
      aggregator: 'max',
    },
    () => [{ labels: { version: VERSION }, value: 1 }],
  );
}
