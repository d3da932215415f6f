import type { Config } from '../config.js';
import type { Service, Telemetry } from './open-telemetry.js';

/** OpenTelemetry, where its own variables ask for it; null where none does. The library is loaded only then. */
export async function telemetryOf(config: Config, service: Service): Promise<Telemetry | null> {
  if (!isWanted(config)) return null;
  const { startTelemetry } = await import('./open-telemetry.js');
  return startTelemetry(config, service);
}

function isWanted(config: Config): boolean {
  if (config.OTEL_SDK_DISABLED) return false;
  return [
    config.OTEL_EXPORTER_OTLP_ENDPOINT,
    config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    config.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,
  ].some((endpoint) => endpoint !== undefined);
}
