import { Counter, Histogram, type Registry } from 'prom-client';
import type { SpanSink } from './spans.js';
import type { TemporalObserver } from '../temporal/experiment-workflows.js';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];

/** What a process asks of Temporal, and what becomes of commands: of API processes and of workers alike. */
export class TemporalSeries implements TemporalObserver {
  private readonly requests: Counter;
  private readonly durations: Histogram;
  private readonly commands: Counter;

  constructor(
    registry: Registry,
    private readonly spans: SpanSink | null,
  ) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'rampart_temporal_requests_total',
      help: 'Requests to Temporal; failed: it did not answer, or not in time.',
      labelNames: ['call', 'result'],
      registers,
    });
    this.durations = new Histogram({
      name: 'rampart_temporal_request_duration_seconds',
      help: 'Time until Temporal answered, or was given up.',
      labelNames: ['call'],
      buckets: BUCKETS,
      registers,
    });
    this.commands = new Counter({
      name: 'rampart_commands_total',
      help: 'Deliveries of commands by what became of them; pending ones are delivered again.',
      labelNames: ['command', 'result'],
      registers,
    });
  }

  called(call: string, result: 'answered' | 'failed', seconds: number): void {
    this.requests.inc({ call, result });
    this.durations.observe({ call }, seconds);
    this.spans?.({
      name: `temporal ${call}`,
      kind: 'client',
      began: performance.now() - seconds * 1000,
      seconds,
      attributes: { 'rpc.system': 'grpc', 'rpc.method': call },
      failed: result === 'failed',
    });
  }

  delivered(command: string, result: string): void {
    this.commands.inc({ command, result });
  }
}
