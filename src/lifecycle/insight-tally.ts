import { DECIDED, type Estimate, type Insight } from './insight.js';
import type { Outcome } from './state.js';

/** What the experiments together did to one metric. */
export interface TalliedEffect extends Estimate {
  metric_id: string;
  /** Experiments that shipped and have an interval for it. */
  ships: number;
}

export interface TalliedRevenue extends TalliedEffect {
  currency: string;
}

/** What experiments were worth together. Adding one more costs the same however many there were. */
export class InsightTally {
  readonly outcomes = new Map<Outcome, number>();
  guardrail_saves = 0;
  private readonly effects = new Map<string, Sum>();
  private readonly revenues = new Map<string, Sum>();

  add({ outcome, guardrail_saves, effects }: Insight): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    this.guardrail_saves += guardrail_saves;
    for (const { metric_id, relative, revenue } of effects) {
      sumOf(this.effects, metric_id).add(relative);
      if (revenue) sumOf(this.revenues, `${metric_id}\n${revenue.currency}`).add(revenue);
    }
  }

  get ended(): number {
    return [...this.outcomes.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Share that came to its own end, and was not stopped by a person or an emergency stop; null where none has ended. */
  get completed_share(): number | null {
    return this.share((outcome) => outcome !== 'stopped');
  }

  /** Share that answered its question; null where none has ended. */
  get decided_share(): number | null {
    return this.share((outcome) => DECIDED.includes(outcome));
  }

  /** The mean effect of what shipped on each metric, those of most ships first. */
  meanEffects(): TalliedEffect[] {
    return [...this.effects]
      .map(([metric_id, sum]) => ({ metric_id, ships: sum.count, ...sum.mean() }))
      .sort((a, b) => b.ships - a.ships);
  }

  /** What all that shipped brings together, money for each unit. */
  revenue(): TalliedRevenue[] {
    return [...this.revenues].map(([key, sum]) => {
      const [metric_id = '', currency = ''] = key.split('\n');
      return { metric_id, currency, ships: sum.count, ...sum.total() };
    });
  }

  private share(counts: (outcome: Outcome) => boolean): number | null {
    const { ended } = this;
    if (ended === 0) return null;
    const found = [...this.outcomes].filter(([outcome]) => counts(outcome));
    return found.reduce((sum, [, count]) => sum + count, 0) / ended;
  }
}

/**
 * Estimates of independent experiments together. Their errors add in squares, and so do the half widths of their intervals
 * (propagation of uncertainty: JCGM 100:2008, 5.1.2), below and above each by itself.
 */
class Sum {
  count = 0;
  private estimate = 0;
  private below = 0;
  private above = 0;

  add({ estimate, lower, upper }: Estimate): void {
    this.count += 1;
    this.estimate += estimate;
    this.below += (estimate - lower) ** 2;
    this.above += (upper - estimate) ** 2;
  }

  total(): Estimate {
    const { estimate, below, above } = this;
    return { estimate, lower: estimate - Math.sqrt(below), upper: estimate + Math.sqrt(above) };
  }

  mean(): Estimate {
    const { estimate, lower, upper } = this.total();
    const { count } = this;
    return { estimate: estimate / count, lower: lower / count, upper: upper / count };
  }
}

function sumOf(sums: Map<string, Sum>, key: string): Sum {
  const sum = sums.get(key) ?? new Sum();
  sums.set(key, sum);
  return sum;
}
