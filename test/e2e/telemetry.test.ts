// A real receiver of OpenTelemetry's protocol on this machine, and the real product that sends to it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, Rampart } from './harness.js';
import { Life } from './lives.js';

interface KeyValue {
  key: string;
  value: { stringValue?: string; intValue?: number | string };
}
interface Span {
  name: string;
  kind: number;
  traceId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
  status: { code?: number };
}
interface Metric {
  name: string;
  gauge?: { dataPoints: object[] };
  sum?: { isMonotonic: boolean; dataPoints: object[] };
  histogram?: { dataPoints: { count: number | string; explicitBounds: number[]; bucketCounts: unknown[] }[] };
}
interface Resource {
  resource: { attributes: KeyValue[] };
}

/** Takes what is sent. */
class Receiver {
  readonly spans: Span[] = [];
  readonly metrics = new Map<string, Metric>();
  readonly services = new Set<string>();
  readonly headers: (string | undefined)[] = [];
  private server!: Server;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      void json(request).then((body) => {
        this.headers.push(request.headers['x-tenant'] as string | undefined);
        if (request.url === '/v1/traces') this.takeSpans(body as never);
        else if (request.url === '/v1/metrics') this.takeMetrics(body as never);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  end(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private takeSpans({
    resourceSpans,
  }: {
    resourceSpans: (Resource & { scopeSpans: { spans: Span[] }[] })[];
  }): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.note(resource);
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
  }

  private takeMetrics({
    resourceMetrics,
  }: {
    resourceMetrics: (Resource & { scopeMetrics: { metrics: Metric[] }[] })[];
  }): void {
    for (const { resource, scopeMetrics } of resourceMetrics) {
      this.note(resource);
      for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics))
        this.metrics.set(metric.name, metric);
    }
  }

  private note({ attributes }: Resource['resource']): void {
    const of = (name: string): string => attributes.find(({ key }) => key === name)?.value.stringValue ?? '';
    this.services.add(`${of('service.name')} in ${of('deployment.environment')}`);
  }
}

function attribute({ attributes }: Span, name: string): string | number | undefined {
  const value = attributes.find(({ key }) => key === name)?.value;
  return value?.stringValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue));
}

describe('with an endpoint', () => {
  const receiver = new Receiver();
  let rampart: Rampart;
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

  beforeAll(async () => {
    rampart = await Rampart.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: await receiver.start(),
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=acme',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    });
    await rampart.call('PUT', '/v1/policies/hasty', {
      ramp: [{ coverage: 100 }],
      poll: { ramping: '1s', running: '1s' },
      ...{ min_duration: '2s', max_duration: '1h', no_traffic_grace: '1h', stale_after: '1h' },
    });
    const life = await Life.begin(rampart, 'traced', { primary: 'click_through_rate', policy_id: 'hasty' });
    await life.meets(20, () => [{ type: 'click' }]);
    await rampart.call('POST', '/v1/experiments/traced/pause', undefined, {
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      'x-request-id': 'traced-1',
    });
  });
  afterAll(async () => {
    await rampart.dispose();
    receiver.end();
  });

  const found = (name: string): Span[] => receiver.spans.filter((span) => span.name === name);

  it('a management request is a part of the trace that asked for it', async () => {
    await eventually(() => Promise.resolve(receiver.spans.some(({ traceId }) => traceId === TRACE)));
    const span = receiver.spans.find(({ traceId }) => traceId === TRACE)!;
    expect(span.name).toBe('POST /v1/experiments/{experiment_id}/pause');
    expect(span.parentSpanId).toBe('00f067aa0ba902b7');
    expect(attribute(span, 'http.response.status_code')).toBe(200);
    expect(attribute(span, 'rampart.request_id')).toBe('traced-1');
    const [start, end] = [Number(span.startTimeUnixNano) / 1e6, Number(span.endTimeUnixNano) / 1e6];
    expect(Math.abs(Date.now() - start)).toBeLessThan(60_000);
    expect(end).toBeGreaterThan(start);
  });

  it('commands, looks, folding and commits have spans', async () => {
    const names = ['temporal update', 'rampart look', 'rampart fold', 'rampart commit', 'rampart reconcile'];
    await eventually(() => Promise.resolve(names.every((name) => found(name).length > 0)), 60_000);
    expect(attribute(found('rampart look')[0]!, 'experiment_id')).toBe('traced');
    expect(receiver.spans.filter(({ status }) => status.code === 2)).toEqual([]);
  });

  it('serving calls and probes have none', () => {
    expect(
      receiver.spans.filter(({ name }) => /assignments$|events|healthz|readyz|metrics/.test(name)),
    ).toEqual([]);
  });

  it('metrics are those of Prometheus', async () => {
    await eventually(() => Promise.resolve(receiver.metrics.has('rampart_folded_events_total')), 60_000);
    const get = (name: string): Metric => receiver.metrics.get(name)!;
    expect(get('rampart_snapshot_age_seconds').gauge?.dataPoints).toHaveLength(1);
    expect(get('rampart_events_total').sum).toMatchObject({ isMonotonic: true });
    const [point] = get('rampart_serving_request_duration_seconds').histogram!.dataPoints;
    expect(point!.bucketCounts).toHaveLength(point!.explicitBounds.length + 1);
    const sum = point!.bucketCounts.reduce<number>((total, count) => total + Number(count), 0);
    expect(sum).toBe(Number(point!.count));
  });

  it('both processes say who they are, and send the headers that are asked for', () => {
    expect([...receiver.services].sort()).toEqual(['rampart-api in test', 'rampart-worker in test']);
    expect(new Set(receiver.headers)).toEqual(new Set(['acme']));
  });
});

it('as nothing else is said, protobuf is sent; a collector that is away harms nobody, and a process ends without it', async () => {
  const types = new Set<string>();
  const collector = createServer((request, response) => {
    types.add(`${request.url} ${request.headers['content-type']}`);
    request.resume().on('end', () => response.end());
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const rampart = await Rampart.start({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}/traces`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:9/metrics',
    OTEL_METRIC_EXPORT_INTERVAL: '200',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  });
  expect((await rampart.call('GET', '/v1/flags')).status).toBe(200);
  await eventually(() => Promise.resolve(types.size > 0));
  expect([...types]).toEqual(['/traces application/x-protobuf']);
  const began = performance.now();
  expect(await rampart.end()).toBe(0);
  expect(performance.now() - began).toBeLessThan(20_000);
  await rampart.dispose();
  collector.closeAllConnections();
  collector.close();
});
