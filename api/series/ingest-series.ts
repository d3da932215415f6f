import type { Registry } from 'prom-client';
import type { ExposureBuffer } from '../../src/ingest/exposures.js';
import type { InboxWriter } from '../../src/ingest/inbox-writer.js';
import type { Ingest } from '../../src/ingest/intake.js';
import { byLabel, computedSeries, gauge } from '../../src/monitoring/computed-series.js';

export interface IngestSources {
  ingest: Pick<Ingest, 'counts'>;
  inboxWriter: Pick<InboxWriter, 'size'>;
  exposures: Pick<ExposureBuffer, 'lost' | 'recorded' | 'size'>;
}

/** What comes in by POST /v1/events, and exposures on their way. */
export function ingestSeries(registry: Registry, { ingest, inboxWriter, exposures }: IngestSources): void {
  computedSeries(
    registry,
    {
      name: 'rampart_events_total',
      help: 'Events that were sent, by what became of them: accepted ones are durable.',
      type: 'counter',
    },
    () => {
      const { accepted, duplicates } = ingest.counts;
      return byLabel('result', [
        ['accepted', accepted],
        ['duplicate', duplicates],
      ]);
    },
  );
  computedSeries(
    registry,
    {
      name: 'rampart_events_rejected_total',
      help: 'Events that were refused one by one, by the code that their sender was told.',
      type: 'counter',
    },
    () => byLabel('code', ingest.counts.rejected),
  );
  computedSeries(
    registry,
    { name: 'rampart_exposures_recorded_total', help: 'Exposures that are durable.', type: 'counter' },
    () => [{ labels: {}, value: exposures.recorded }],
  );
  computedSeries(
    registry,
    {
      name: 'rampart_exposures_lost_total',
      help: 'Exposures that could not be recorded since the start.',
      type: 'counter',
    },
    () => [{ labels: {}, value: exposures.lost }],
  );
  gauge(
    registry,
    'rampart_events_waiting',
    'Events that wait in memory to be written; at 50,000 others are answered 503.',
    'sum',
    () => inboxWriter.size,
  );
  gauge(
    registry,
    'rampart_exposures_waiting',
    'Exposures that wait in memory to be written; at 50,000 others are lost.',
    'sum',
    () => exposures.size,
  );
}
