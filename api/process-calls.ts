import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { ApiContext } from './context.js';
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

const ENDING = 'this process is ending';
const NOTHING_READ = 'what is served has not been read yet';

/** Whether the process lives, whether it can serve, and its metrics. */
export function processCalls(
  { refresher, reachability, ending, group }: ApiContext,
  metrics: Registry,
): ProcessCall[] {
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
      summary: 'Whether the process can serve, and what it can reach; 503 until it can, and once it ends',
      type: 'application/json',
      reply: readiness,
      statuses: [200, 503],
      handle() {
        const { mongodb, temporal } = reachability;
        const { snapshot } = refresher;
        const reason = ending.signal.aborted ? ENDING : snapshot === null ? NOTHING_READ : null;
        const ready = reason === null;
        const body: z.output<typeof readiness> = {
          ready,
          reason,
          serving_revision: snapshot?.revision ?? null,
          snapshot_age_seconds: snapshot && Math.round(refresher.age()) / 1000,
          mongodb,
          temporal,
        };
        return Promise.resolve({ status: ready ? 200 : 503, body: JSON.stringify(body) });
      },
    },
    {
      path: '/metrics',
      summary: "Prometheus' metrics of the process, or of all processes on its port together",
      type: 'text/plain; version=0.0.4',
      reply: null,
      statuses: [200],
      async handle() {
        return { status: 200, body: await (group ? group.metricsOfAll() : metrics.metrics()) };
      },
    },
  ];
}
