import type { z } from 'zod';
import type { ExposureBuffer } from '../src/ingest/exposures.js';
import type { ApiContext } from './context.js';
import { metricsText } from './metrics.js';
import { health, readiness } from './schemas/process.js';

/** A call about this process. It needs no key. */
export interface ProcessCall {
  path: string;
  summary: string;
  type: 'application/json' | 'text/plain; version=0.0.4';
  /** The schema of the body; null where it is no JSON. */
  reply: z.ZodType | null;
  /** Statuses that it answers. */
  statuses: readonly number[];
  handle(): Promise<{ status: number; body: string }>;
}

/** Whether the process lives, whether it can serve, and its metrics. */
export function processCalls(context: ApiContext, exposures: ExposureBuffer): ProcessCall[] {
  const { refresher, reachability, streams } = context;
  return [
    {
      path: '/healthz',
      summary: 'The process lives',
      type: 'application/json',
      reply: health,
      statuses: [200],
      handle: () =>
        Promise.resolve({
          status: 200,
          body: JSON.stringify({ status: 'ok' } satisfies z.output<typeof health>),
        }),
    },
    {
      path: '/readyz',
      summary: 'Whether the process can serve, and what it can reach; 503 until it can',
      type: 'application/json',
      reply: readiness,
      statuses: [200, 503],
      handle() {
        const { mongodb, temporal } = reachability;
        const ready = refresher.snapshot !== null;
        const body: z.output<typeof readiness> = {
          ready,
          serving_revision: refresher.snapshot?.revision ?? null,
          snapshot_age_seconds: ready ? Math.round(refresher.age()) / 1000 : null,
          mongodb,
          temporal,
        };
        return Promise.resolve({ status: ready ? 200 : 503, body: JSON.stringify(body) });
      },
    },
    {
      path: '/metrics',
      summary: "Prometheus' metrics of the process",
      type: 'text/plain; version=0.0.4',
      reply: null,
      statuses: [200],
      async handle() {
        return { status: 200, body: await metricsText(refresher, exposures, streams, reachability) };
      },
    },
  ];
}
