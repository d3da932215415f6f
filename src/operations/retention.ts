import { DAY_MS } from '../model/time.js';
import { MINUTES_KEPT_MS } from '../anomalies/reach.js';
import type { Held } from '../store/experiment-document.js';
import { definitionsOf, type Store } from '../store/store.js';

/** How long what may be forgotten is kept, ms. Decisions with their certificates and the audit log always are. */
export interface RetentionRules {
  /** After an experiment is settled: its commands, and its snapshots but the last and those of its decisions. */
  snapshots: number;
  /** After an experiment is settled: its timeline, totals, exclusions and overrides. */
  timeline: number;
  /** After the last event of a unit that is in no running experiment: everything about the unit. */
  units: number;
  /** After it is replaced or deleted: a revision of a definition. */
  revisions: number;
  /** After an alert: what became of it. */
  alerts: number;
}

export const STANDARD_RETENTION: RetentionRules = {
  snapshots: 90 * DAY_MS,
  timeline: 730 * DAY_MS,
  units: 30 * DAY_MS,
  revisions: 730 * DAY_MS,
  alerts: 30 * DAY_MS,
};

/** Experiments of one stage that one step looks after. */
const EXPERIMENTS_A_STEP = 20;
/** Deletions of one step, each of at most some hundred documents. */
const DELETIONS_A_STEP = 10;
/** Times that one step goes on through the units. */
const UNIT_READS_A_STEP = 4;

/** Forgets what no longer has a use, in small steps: each reads and deletes a bounded number of documents. */
export class Retention {
  /** Where the way through the units goes on. A new process begins at the front. */
  private place = { partition: 0, after: '' };

  constructor(
    private readonly store: Store,
    private readonly rules: RetentionRules,
  ) {}

  /** One step. @param now ms since the epoch */
  async step(now: number, progressed: () => void): Promise<void> {
    const { snapshots, timeline } = this.rules;
    await this.forgetOf('ended', now - snapshots, 'archived', (id) => this.forgetDetails(id), progressed);
    await this.forgetOf('archived', now - timeline, null, (id) => this.forgetRecords(id), progressed);
    for (const definitions of definitionsOf(this.store))
      await this.forgetSome(() => definitions.forgetRevisions(now - this.rules.revisions), progressed);
    await this.forgetSome(() => this.store.idempotency.forget(now), progressed);
    await this.forgetSome(() => this.store.eventTypes.forget(now), progressed);
    await this.forgetSome(() => this.store.eventMinutes.forget(now), progressed);
    await this.forgetSome(() => this.store.recentEvents.forget(now), progressed);
    await this.forgetSome(() => this.store.erasures.forget(now), progressed);
    await this.forgetSome(() => this.store.minutes.forgetHours(now - MINUTES_KEPT_MS), progressed);
    await this.forgetSome(() => this.store.deliveries.forget(now - this.rules.alerts), progressed);
    for (let n = 0; n < UNIT_READS_A_STEP; n += 1) {
      progressed();
      await this.forgetUnits(now);
    }
  }

  private async forgetSome(forget: () => Promise<number>, progressed: () => void): Promise<void> {
    for (let deletions = 0; deletions < DELETIONS_A_STEP; deletions += 1) {
      progressed();
      if ((await forget()) === 0) return;
    }
  }

  /** Experiments go on to the next stage once nothing of this one is left of them. */
  private async forgetOf(
    stage: Held,
    before: number,
    next: Held | null,
    forget: (experiment_id: string) => Promise<number>,
    progressed: () => void,
  ): Promise<void> {
    let deletions = 0;
    for (const id of await this.store.experiments.settledBefore(stage, before, EXPERIMENTS_A_STEP)) {
      for (;;) {
        progressed();
        if (deletions >= DELETIONS_A_STEP) return;
        if ((await forget(id)) === 0) break;
        deletions += 1;
      }
      await this.store.experiments.hold(id, stage, next);
    }
  }

  private async forgetDetails(experiment_id: string): Promise<number> {
    const { snapshots, decisions, commands } = this.store;
    const latest = await snapshots.latest(experiment_id);
    const keep = new Set(await decisions.snapshotIds(experiment_id));
    if (latest) keep.add(latest._id);
    return (await snapshots.forget(experiment_id, keep)) + (await commands.forget(experiment_id));
  }

  private async forgetRecords(experiment_id: string): Promise<number> {
    const { timeline, totals, minutes, exclusions, overrides } = this.store;
    return (
      (await timeline.forget(experiment_id)) +
      (await totals.forget(experiment_id)) +
      (await minutes.forget(experiment_id)) +
      (await exclusions.forget(experiment_id)) +
      (await overrides.forget(experiment_id))
    );
  }

  /** Units that nothing came of for long, and tombstones whose time is over. */
  private async forgetUnits(now: number): Promise<void> {
    const { units, experiments, inbox } = this.store;
    const { partition, after } = this.place;
    const { idle, last } = await units.idle(partition, after, now - this.rules.units, now);
    const ids = new Set(idle.flatMap(({ experiment_ids }) => experiment_ids));
    const states = await experiments.states([...ids]);
    const running = new Set(states.filter(({ state }) => state !== 'completed').map(({ _id }) => _id));
    await units.delete(
      partition,
      idle.filter(({ experiment_ids }) => !experiment_ids.some((id) => running.has(id))),
    );
    this.place =
      last === null
        ? { partition: (partition + 1) % inbox.partitions, after: '' }
        : { partition, after: last };
  }
}
