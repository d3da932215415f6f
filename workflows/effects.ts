import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { measureInputOf } from '../src/lifecycle/measure.js';
import type { Plan } from '../src/lifecycle/plan.js';
import { isServing, type State } from '../src/lifecycle/state.js';
import type { Input, Step } from '../src/lifecycle/step.js';
import { publicationOf, viewOf } from '../src/lifecycle/view.js';
import type { FenceNotice } from '../src/temporal/messages.js';
import { commit, measure, takeSlots, verify } from './lifecycle-activities.js';
import { Outbox } from './outbox.js';

/** The experiment whose effects are carried out, and which is told the results. */
export interface EffectsOwner {
  readonly experiment_id: string;
  readonly plan: Plan;
  readonly state: State;
  apply(input: Input): void;
  obey(fences: FenceNotice[]): void;
  /** The store is ahead of the workflow: go on from there. */
  catchUp(): Promise<void>;
  /** An effect has ended, which the main loop may be waiting for. */
  wake(): void;
}

/** What an experiment does to the world: commits, looks, waits for slots, verifies a rollback; one of each kind at a time. */
export class Effects {
  private readonly outbox = new Outbox();
  private committing: CancellationScope | null = null;
  private measuring = false;
  private measureAgain = false;
  private verifying = false;
  /** Waiting for the slots of the layer. */
  private queueing: CancellationScope | null = null;

  constructor(private readonly owner: EffectsOwner) {}

  startFrom(version: number): void {
    this.outbox.startFrom(version);
  }

  add(step: Step): void {
    this.outbox.add(step);
    this.measureAgain ||= step.measure;
  }

  requestLook(): void {
    this.measureAgain = true;
  }

  /** A stop does not wait for the publication of what it undoes; the store's guard makes a late one harmless. */
  abandonCommit(): void {
    this.committing?.cancel();
  }

  isMeasuring(): boolean {
    return this.measuring;
  }

  isIdle(): boolean {
    return (
      !this.outbox.isBehind(this.owner.state.version) &&
      !this.committing &&
      !this.measuring &&
      !this.verifying &&
      !this.queueing
    );
  }

  /** Starts everything that is due and not already under way. */
  carryOut(): void {
    const { version, phase, lease, published_revision, revision } = this.owner.state;
    if (this.outbox.isBehind(version) && !this.committing) void this.commitNewest();
    if (this.measureAgain && !this.measuring && isServing(phase)) void this.look();
    if (phase.state !== 'queued') this.queueing?.cancel();
    else if (!lease && !this.queueing) void this.queue();
    if (phase.state === 'rolling_back' && published_revision === revision && !this.verifying) {
      void this.verifyRollback();
    }
  }

  /** Whatever happened since the last commit goes out as one, with the newest allocation. */
  private async commitNewest(): Promise<void> {
    const { owner } = this;
    const { experiment_id, plan, state } = owner;
    const batch = this.outbox.batch();
    const scope = new CancellationScope();
    this.committing = scope;
    try {
      const { fences, version } = await scope.run(() =>
        commit({
          experiment_id,
          version: state.version,
          view: viewOf(plan, state),
          publication: publicationOf(plan, state),
          publish: state.revision > state.published_revision,
          checkpoint: { ...state, published_revision: state.revision },
          ...batch,
        }),
      );
      if (version > state.version) return await owner.catchUp();
      this.outbox.markStored(state.version, batch);
      owner.apply({ kind: 'published', revision: state.revision });
      owner.obey(fences);
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      this.committing = null;
      owner.wake();
    }
  }

  private async look(): Promise<void> {
    const { owner } = this;
    this.measuring = true;
    this.measureAgain = false;
    try {
      const { look, fences, version } = await measure(measureInputOf(owner.experiment_id, owner.state));
      if (version > owner.state.version) return await owner.catchUp();
      owner.apply({ kind: 'looked', look });
      owner.obey(fences);
    } catch (error) {
      owner.apply({ kind: 'fault', message: rootMessage(error) });
    } finally {
      this.measuring = false;
      owner.wake();
    }
  }

  private async queue(): Promise<void> {
    const { owner } = this;
    const { experiment_id, plan } = owner;
    const scope = new CancellationScope();
    this.queueing = scope;
    try {
      const slots = await scope.run(() => takeSlots({ experiment_id, layer: plan.layer! }));
      owner.apply({ kind: 'leased', slots });
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      this.queueing = null;
      owner.wake();
    }
  }

  private async verifyRollback(): Promise<void> {
    const { experiment_id } = this.owner;
    this.verifying = true;
    const lost = await verify.executeWithOptions(
      // Waits until every process has reported or is lost, however long that takes.
      { startToCloseTimeout: '10m', heartbeatTimeout: '3s' },
      [{ experiment_id }],
    );
    this.verifying = false;
    this.owner.apply({ kind: 'verified', lost });
  }
}

function rootMessage(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message : String(cause);
}
