import {
  partsOfMinutesId,
  VALUE_SCALE,
  type MinutesDocument,
  type StoredMinute,
} from '../metrics/minutes.js';
import { HOUR_MS, MINUTE_MS } from '../model/time.js';
import { fieldName } from '../metrics/totals-document.js';

/** What one arm did in a window. */
export interface ArmCounts {
  arrivals: number;
  /** Exposures, and events that count for some metric. */
  events: number;
  late: number;
  duplicates: number;
  crossovers: number;
  /** By metric: how many events, and the sum of their values in the metric's own unit. */
  metrics: Record<string, { n: number; sum: number }>;
}

export interface Window {
  /** Its beginning, ms since the epoch. */
  at: number;
  /** By variant. */
  arms: Record<string, ArmCounts>;
}

/** The counts by minute that were read, as windows of any place and length. */
export class Minutes {
  /** By beginning of the hour. */
  private readonly hours: ReadonlyMap<number, NonNullable<MinutesDocument['m']>>;

  constructor(
    documents: readonly MinutesDocument[],
    private readonly variants: readonly string[],
    private readonly metric_ids: readonly string[],
  ) {
    this.hours = new Map(documents.map(({ _id, m = {} }) => [partsOfMinutesId(_id).at, m]));
  }

  /** The first minute after `from` in which anything was counted, ms since the epoch; null for none. */
  firstAfter(from: number): number | null {
    const minutes = [...this.hours].flatMap(([hour, m]) =>
      Object.keys(m).map((minute) => hour + Number(minute) * MINUTE_MS),
    );
    const first = Math.min(...minutes.filter((at) => at >= from));
    return Number.isFinite(first) ? first : null;
  }

  /** Whether anything was counted in the hours of this time: where nothing was, nobody knows whether there was anything. */
  isKnown(from: number, to: number): boolean {
    for (let hour = Math.floor(from / HOUR_MS) * HOUR_MS; hour < to; hour += HOUR_MS)
      if (!this.hours.has(hour)) return false;
    return true;
  }

  /** @param length a whole number of minutes, ms */
  window(at: number, length: number): Window {
    const arms = this.variants.map((variant) => {
      const field = fieldName(variant);
      const counts = this.nothing();
      for (let minute = at; minute < at + length; minute += MINUTE_MS) {
        const hour = Math.floor(minute / HOUR_MS) * HOUR_MS;
        const stored = this.hours.get(hour)?.[(minute - hour) / MINUTE_MS]?.[field];
        if (stored) add(counts, stored);
      }
      return [variant, counts] as const;
    });
    return { at, arms: Object.fromEntries(arms) };
  }

  private nothing(): ArmCounts {
    const metrics = Object.fromEntries(this.metric_ids.map((id) => [id, { n: 0, sum: 0 }]));
    return { arrivals: 0, events: 0, late: 0, duplicates: 0, crossovers: 0, metrics };
  }
}

function add(counts: ArmCounts, { x = 0, e = 0, l = 0, d = 0, c = 0, g = {} }: StoredMinute): void {
  counts.arrivals += x;
  counts.events += e;
  counts.late += l;
  counts.duplicates += d;
  counts.crossovers += c;
  for (const [metric_id, sums] of Object.entries(counts.metrics)) {
    const { n = 0, s = 0 } = g[fieldName(metric_id)] ?? {};
    sums.n += n;
    sums.sum += s / VALUE_SCALE;
  }
}
