import type { Request, RequestHandler, Response } from 'express';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { SpanSink } from '../../src/monitoring/spans.js';
import { LIVE_PATH } from '../live.js';
import type { Locals } from '../mount.js';
import { requestIdOf } from '../request-id.js';

/** Upper bounds, seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** What no route answers: pages of the dashboard, their files, and paths that are none. */
const OTHER = 'other';

/** Counts what Express answers, by the pattern of the route: a path may name a unit, and there may be any number of them. */
export class ManagementMeter {
  private readonly requests: Counter;
  private readonly durations: Histogram;

  constructor(
    registry: Registry,
    private readonly spans: SpanSink | null,
  ) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'rampart_http_requests_total',
      help: 'Answers of the management API and the dashboard, by route.',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.durations = new Histogram({
      name: 'rampart_http_request_duration_seconds',
      help: 'Time until the management API has answered, by route; not of streams.',
      labelNames: ['method', 'route'],
      buckets: BUCKETS,
      registers,
    });
  }

  handler(): RequestHandler {
    return (request, response, next) => {
      const began = performance.now();
      response.once('finish', () => this.answered(request, response, began));
      next();
    };
  }

  private answered(request: Request, response: Response, began: number): void {
    const seconds = (performance.now() - began) / 1000;
    const route = routeOf(request, response);
    const { method } = request;
    const { statusCode: status } = response;
    this.requests.inc({ method, route, status: String(status) });
    if (route === LIVE_PATH) return;
    this.durations.observe({ method, route }, seconds);
    // Probes and files would only fill the traces.
    if (!route.startsWith('/v1/')) return;
    const { traceparent } = request.headers;
    this.spans?.({
      name: `${method} ${route}`,
      kind: 'server',
      began,
      seconds,
      failed: status >= 500,
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
        'rampart.request_id': requestIdOf(request),
      },
      parent: typeof traceparent === 'string' ? traceparent : undefined,
    });
  }
}

function routeOf(request: Request, response: Response): string {
  const { route } = response.locals as Locals;
  if (route !== undefined) return route;
  const matched = (request.route as { path?: unknown } | undefined)?.path;
  return typeof matched === 'string' ? matched : OTHER;
}
