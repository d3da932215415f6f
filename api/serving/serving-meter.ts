import type { Registry } from 'prom-client';
import { problemOf } from '../../src/errors.js';
import { computedSeries, type Sample } from '../../src/monitoring/computed-series.js';
import { Timings } from '../../src/monitoring/timings.js';
import { OfrepError } from './ofrep.js';

/** Upper bounds of the buckets, seconds. The objective of docs/slo.md is one of them. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** Statuses are below this. */
const STATUSES = 600;

/** What one of the serving calls has answered. */
export class CallMeter {
  /** By status: an array, because a map would cost more than all the rest. */
  private readonly answers = new Float64Array(STATUSES);
  private readonly timings = new Timings(BUCKETS);
  private readonly errors = new Map<string, number>();

  constructor(private readonly call: string) {}

  /** @param began by the monotonic clock, ms */
  answered(status: number, began: number): void {
    this.answers[status]! += 1;
    this.timings.observe((performance.now() - began) / 1000);
  }

  failed(error: unknown): void {
    const code = error instanceof OfrepError ? error.errorCode : problemOf(error).code;
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  requests(): Sample[] {
    const { call } = this;
    return [...this.answers.entries()]
      .filter(([, count]) => count > 0)
      .map(([status, value]) => ({ labels: { call, status: String(status) }, value }));
  }

  durations(name: string): Sample[] {
    return this.timings.samples(name, { call: this.call });
  }

  failures(): Sample[] {
    const { call } = this;
    return [...this.errors].map(([code, value]) => ({ labels: { call, code }, value }));
  }
}

/**
 * What the serving calls have answered, how long it took, and why they failed. Counting a request allocates nothing and asks the
 * clock twice.
 */
export class ServingMeter {
  private readonly calls: CallMeter[] = [];

  /** The meter of one call. @param path its pattern */
  of(path: string): CallMeter {
    const meter = new CallMeter(path);
    this.calls.push(meter);
    return meter;
  }

  register(registry: Registry): void {
    const all = (samples: (call: CallMeter) => Sample[]) => () => this.calls.flatMap(samples);
    computedSeries(
      registry,
      {
        name: 'rampart_serving_requests_total',
        help: 'Answers of the serving calls: evaluations, assignments, events, snapshots.',
        type: 'counter',
      },
      all((call) => call.requests()),
    );
    computedSeries(
      registry,
      {
        name: 'rampart_serving_errors_total',
        help: 'Failures of the serving calls by their code.',
        type: 'counter',
      },
      all((call) => call.failures()),
    );
    const name = 'rampart_serving_request_duration_seconds';
    computedSeries(
      registry,
      {
        name,
        help: 'Time from the headers of a request to its answer; of events, until they are durable.',
        type: 'histogram',
      },
      all((call) => call.durations(name)),
    );
  }
}
