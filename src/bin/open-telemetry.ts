// OpenTelemetry's library reads its own variables: where to send, with which headers, how much to sample, what to call this.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, defaultTextMapGetter } from '@opentelemetry/api';
import { W3CTraceContextPropagator, hrTime } from '@opentelemetry/core';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Registry } from 'prom-client';
import type { Config } from '../config.js';
import { otlpMetrics } from '../monitoring/otlp-metrics.js';
import type { FinishedSpan, SpanSink } from '../monitoring/spans.js';
import { VERSION } from '../version.js';

const SCOPE = 'rampart';
/** A process that ends waits no longer than this for a collector, ms. */
const LAST_MS = 3_000;
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/** What leaves a process by OpenTelemetry's protocol. */
export interface Telemetry {
  spans: SpanSink;
  /** Sends these metrics again and again. */
  export(registry: Registry): void;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** What a process tells of itself. */
export interface Service {
  name: string;
  instance_id: string;
}

export function startTelemetry(config: Config, service: Service): Telemetry {
  const resource = resourceOf(service);
  const traces = config.OTEL_TRACES_EXPORTER === 'none' ? null : tracesOf(config, resource);
  let metrics: MeterProvider | null = null;
  return {
    spans: traces?.spans ?? (() => undefined),
    export(registry) {
      if (config.OTEL_METRICS_EXPORTER !== 'none') metrics = metricsOf(config, resource, registry);
    },
    async stop() {
      const ends = Promise.allSettled([traces?.stop(), metrics?.shutdown()]);
      const late = new Promise((resolve) => setTimeout(resolve, LAST_MS).unref());
      await Promise.race([ends, late]);
    },
  };
}

/** What the environment calls this process comes before what we call it. */
function resourceOf({ name, instance_id }: Service): Resource {
  const own = { 'service.name': name, 'service.version': VERSION, 'service.instance.id': instance_id };
  return defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }));
}

function tracesOf(
  { OTEL_EXPORTER_OTLP_PROTOCOL: protocol }: Config,
  resource: Resource,
): { spans: SpanSink; stop(): Promise<void> } {
  const exporter = protocol === 'http/json' ? new JsonTraces() : new ProtobufTraces();
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  const tracer = provider.getTracer(SCOPE, VERSION);
  const propagator = new W3CTraceContextPropagator();
  return {
    spans({ name, kind, began, seconds, attributes, failed, parent }: FinishedSpan) {
      const within =
        parent === undefined
          ? ROOT_CONTEXT
          : propagator.extract(ROOT_CONTEXT, { traceparent: parent }, defaultTextMapGetter);
      const startTime = performance.timeOrigin + began;
      const span = tracer.startSpan(name, { kind: KINDS[kind], startTime, attributes }, within);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(startTime + seconds * 1000);
    },
    stop: () => provider.shutdown(),
  };
}

function metricsOf(config: Config, resource: Resource, registry: Registry): MeterProvider {
  const isJson = config.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json';
  const started = hrTime();
  const scope = { name: SCOPE, version: VERSION };
  const reader = new PeriodicExportingMetricReader({
    exporter: isJson ? new JsonMetrics() : new ProtobufMetrics(),
    exportIntervalMillis: config.OTEL_METRIC_EXPORT_INTERVAL,
    // The library wants an export to take less than the time between two.
    exportTimeoutMillis: Math.min(30_000, config.OTEL_METRIC_EXPORT_INTERVAL),
    metricProducers: [
      {
        async collect() {
          const metrics = await otlpMetrics(registry, started, hrTime());
          return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
        },
      },
    ],
  });
  return new MeterProvider({ resource, readers: [reader] });
}
