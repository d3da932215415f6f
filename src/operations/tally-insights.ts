import { InsightTally } from '../lifecycle/insight-tally.js';
import { Timings } from '../monitoring/timings.js';
import type { Store } from '../store/store.js';
import { findInsights } from './find-insights.js';

/** Experiments that one step reads. */
const STEP = 100;
/** Steps of one round: an installation of years is read within some rounds, and none of them takes long. */
const STEPS_A_ROUND = 5;
/** An end is stored a moment after its time was taken, by a clock that may differ: it is looked for this long, ms. */
const SETTLING_MS = 120_000;

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
/** Upper bounds, seconds. */
const LIVES = [HOUR_S, 6 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S, 14 * DAY_S, 28 * DAY_S, 56 * DAY_S];
const HARMS = [60, 600, HOUR_S, 6 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S, 28 * DAY_S];

/**
 * What all experiments of the installation were worth, for metrics: nobody scans them when it is asked for. It goes through the
 * ends once, in steps of a bounded number, and then reads only what has ended since.
 */
export class AllInsights {
  readonly tally = new InsightTally();
  readonly decidedAfter = new Timings(LIVES);
  readonly harmServed = new Timings(HARMS);
  /** Whether everything that has ended is counted. Until then the numbers are not shown. */
  isComplete = false;
  /** Ends up to here are counted, but for those that are stored late. */
  private from = 0;
  /** Those of the last moments, so that none is counted twice. */
  private recent = new Map<string, number>();

  constructor(private readonly store: Pick<Store, 'insights'>) {}

  async round(now = Date.now()): Promise<void> {
    for (let step = 0; step < STEPS_A_ROUND; step += 1) if (await this.step(now)) return;
  }

  /** Returns whether all is counted. */
  private async step(now: number): Promise<boolean> {
    const filter = { from: this.from, order: 'asc', environments: null } as const;
    const limit = STEP + this.recent.size;
    const { insights, read, last } = await findInsights(this.store, filter, limit);
    for (const insight of insights) {
      const { experiment_id, ended_at, decided_after, harm_served } = insight;
      if (this.recent.has(experiment_id)) continue;
      this.recent.set(experiment_id, ended_at);
      this.tally.add(insight);
      if (decided_after !== null) this.decidedAfter.observe(decided_after / 1000);
      if (harm_served !== null) this.harmServed.observe(harm_served / 1000);
    }
    this.from = Math.max(this.from, Math.min(last ?? this.from, now - SETTLING_MS));
    for (const [id, ended_at] of this.recent) if (ended_at < this.from) this.recent.delete(id);
    const isAll = read < limit;
    if (isAll) this.isComplete = true;
    return isAll;
  }
}
