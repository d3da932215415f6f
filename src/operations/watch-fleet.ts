import { isServing, type HoldCode } from '../lifecycle/state.js';
import type { ObservedInstance } from '../serving/liveness.js';
import type { Pulse } from '../store/experiment-list.js';
import type { Store } from '../store/store.js';
import { acknowledgedBy } from './emergency-stop.js';
import { stopReportOf } from './report-stop.js';

/** What was seen this long ago, ms, is not told as what is. */
const KNOWN_MS = 60_000;
/** How far back the first round looks for events of each experiment, ms. */
const FIRST_LOOK_MS = 3_600_000;
/** The clocks of workers may differ by this much, ms. */
const SKEW_MS = 10_000;
/** Experiments that are named: those that are most behind. All are counted. */
const MOST_NAMED = 100;

/** A number of seconds of one experiment. */
export type Named = readonly [experiment_id: string, seconds: number];

/** What is the case in the whole installation, whichever process tells it. */
export interface Fleet {
  states: readonly (readonly [state: string, experiments: number])[];
  holds: ReadonlyMap<HoldCode, number>;
  paused: number;
  /** Since when the oldest command waits, seconds; 0 where none waits. */
  commands: { waiting: number; oldest: number };
  stops: { in_force: number; incomplete: number };
  processes: readonly Pick<ObservedInstance, 'kind' | 'live'>[];
  /** Since when the oldest batch of events waits for folding, seconds; 0 where none waits. */
  folding_lag: number;
  /** How late the first alert of the outbox is, seconds; 0 where none is due. */
  alerts_overdue: number;
  /** Since when no event of a live experiment was folded, at least; the longest first. */
  data_ages: readonly Named[];
  /** How late the next look of a live experiment is; the latest first. */
  looks_overdue: readonly Named[];
}

export interface FleetSources {
  store: Pick<
    Store,
    'experiments' | 'experimentList' | 'commands' | 'emergencyStops' | 'inbox' | 'totals' | 'deliveries'
  >;
  observe: () => Promise<ObservedInstance[]>;
}

/** Looks again and again at what metrics tell of the whole installation, so that nobody asks the store when they are read. */
export class FleetWatch {
  private seen: { at: number; fleet: Fleet } | null = null;
  /** When events of an experiment were folded last, ms since the epoch. */
  private readonly folded = new Map<string, number>();
  /** What was folded before is known; the first round goes back an hour. */
  private since: number | null = null;
  private first = 0;

  constructor(private readonly sources: FleetSources) {}

  /** What was seen last; null where that is too long ago. */
  get fleet(): Fleet | null {
    return this.seen && performance.now() - this.seen.at <= KNOWN_MS ? this.seen.fleet : null;
  }

  /** One look. @param now ms since the epoch */
  async round(now = Date.now()): Promise<void> {
    const at = performance.now();
    const { experimentList, commands, inbox, deliveries } = this.sources.store;
    const [states, pulses, pending, waiting, due_at, observed] = await Promise.all([
      experimentList.counts(null),
      experimentList.pulses(),
      commands.pending(),
      inbox.waiting(),
      deliveries.firstDue(now),
      this.sources.observe(),
    ]);
    await this.noteFolded(pulses, now);
    const live = pulses.filter(isServing);
    const oldest = Math.min(now, ...pending.map((command) => Date.parse(command.at)));
    const fleet: Fleet = {
      states: Object.entries(states),
      holds: holdsIn(pulses),
      paused: pulses.filter(({ paused }) => paused).length,
      commands: { waiting: pending.length, oldest: (now - oldest) / 1000 },
      stops: await this.stops(observed, now),
      processes: observed,
      folding_lag: waiting.oldest === null ? 0 : Math.max(0, waiting.at - waiting.oldest) / 1000,
      alerts_overdue: due_at === null ? 0 : (now - due_at) / 1000,
      data_ages: worst(live, ({ _id, start_at }) => now - Math.max(this.foldedAt(_id), start_at)),
      looks_overdue: worst(live, ({ next_look_at }) => (next_look_at === null ? null : now - next_look_at)),
    };
    this.seen = { at, fleet };
  }

  private async noteFolded(pulses: readonly Pulse[], now: number): Promise<void> {
    if (this.since === null) this.first = now - FIRST_LOOK_MS;
    const from = this.since ?? this.first;
    for (const [id, at] of await this.sources.store.totals.foldedSince(from)) this.folded.set(id, at);
    this.since = now - SKEW_MS;
    const open = new Set(pulses.map(({ _id }) => _id));
    for (const id of this.folded.keys()) if (!open.has(id)) this.folded.delete(id);
  }

  /** Of one that was not heard of: the first moment that was looked at, since which it certainly was silent. */
  private foldedAt(experiment_id: string): number {
    return this.folded.get(experiment_id) ?? this.first;
  }

  private async stops(observed: readonly ObservedInstance[], now: number): Promise<Fleet['stops']> {
    const { emergencyStops, experiments } = this.sources.store;
    const standing = await emergencyStops.standing([]);
    if (standing.length === 0) return { in_force: 0, incomplete: 0 };
    const underWay = await experiments.underWay();
    const complete = standing.filter(
      (stop) => stopReportOf(stop, acknowledgedBy(underWay, stop), observed, 0, now).complete,
    );
    return { in_force: standing.length, incomplete: standing.length - complete.length };
  }
}

function holdsIn(pulses: readonly Pulse[]): Map<HoldCode, number> {
  const counts = new Map<HoldCode, number>();
  for (const { holds } of pulses) for (const code of holds) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

/** The most of these, in seconds and none below 0. @param ms null where it is not known */
function worst(pulses: readonly Pulse[], ms: (pulse: Pulse) => number | null): Named[] {
  return pulses
    .flatMap((pulse): Named[] => {
      const value = ms(pulse);
      return value === null ? [] : [[pulse._id, Math.max(0, value) / 1000]];
    })
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_NAMED);
}
