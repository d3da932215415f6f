import { allHandlersFinished, ApplicationFailure, condition } from '@temporalio/workflow';
import { refusalOf, wasAnswered, type Command } from '../src/lifecycle/commands.js';
import type { Plan } from '../src/lifecycle/plan.js';
import { wakeAt } from '../src/lifecycle/schedule.js';
import { initialState, isServing, type State } from '../src/lifecycle/state.js';
import { step, type Input } from '../src/lifecycle/step.js';
import { viewOf } from '../src/lifecycle/view.js';
import type { Answer, FenceNotice } from '../src/temporal/messages.js';
import { Effects, type EffectsOwner } from './effects.js';
import { load } from './lifecycle-activities.js';

/** The state of one experiment: takes inputs one by one through `step` and has their effects carried out. */
export class Run implements EffectsOwner {
  plan!: Plan;
  state!: State;
  private ready = false;
  /** Set by every input, cleared by the main loop. */
  private changed = false;
  private readonly effects = new Effects(this);

  constructor(readonly experiment_id: string) {}

  isReady(): boolean {
    return this.ready;
  }

  resume(plan: Plan, state: State): void {
    this.plan = plan;
    this.state = state;
    this.effects.startFrom(state.version);
    this.ready = true;
  }

  /** A first run starts from nothing; one whose predecessor was lost goes on from the checkpoint, on hold. */
  async begin(): Promise<void> {
    const { plan, checkpoint, fences, freezes } = await load(this.experiment_id);
    this.resume(plan, checkpoint ?? initialState(freezes));
    if (checkpoint && checkpoint.phase.state !== 'completed') this.apply({ kind: 'recovered' });
    this.obey(fences);
  }

  /** The store knows more of this experiment than its workflow, whose past was lost: goes on from there, on hold. */
  async catchUp(): Promise<void> {
    const { checkpoint, fences } = await load(this.experiment_id);
    if (!checkpoint || checkpoint.version <= this.state.version) return;
    this.resume(this.plan, checkpoint);
    if (checkpoint.phase.state !== 'completed') this.apply({ kind: 'recovered' });
    this.obey(fences);
  }

  /** Starts what follows from the inputs so far. */
  carryOut(): void {
    this.changed = false;
    this.effects.carryOut();
  }

  /** Whether nothing is under way, neither an effect nor a message: only then may the run end. */
  isIdle(): boolean {
    return this.effects.isIdle() && allHandlersFinished();
  }

  apply(input: Input): void {
    const taken = step(this.plan, this.state, input, Date.now());
    const wasServing = isServing(this.state.phase);
    this.state = taken.state;
    this.effects.add(taken);
    if (wasServing && this.state.phase.state === 'rolling_back') this.effects.abandonCommit();
    this.changed = true;
  }

  /** @throws {ApplicationFailure} with the code of the refusal as its type */
  mustAccept(command: Command): void {
    if (wasAnswered(this.state, command)) return;
    const refusal = refusalOf(this.plan, this.state, command, Date.now());
    if (refusal) throw ApplicationFailure.nonRetryable(refusal.text, refusal.code, refusal.holds ?? []);
  }

  answer(): Answer {
    return { version: this.state.version, view: viewOf(this.plan, this.state) };
  }

  obey(fences: FenceNotice[]): void {
    for (const fence of fences) this.apply({ kind: 'fence', ...fence });
  }

  lookNow(): void {
    this.effects.requestLook();
    this.changed = true;
  }

  wake(): void {
    this.changed = true;
  }

  /** Waits for an input; where none comes before the next deadline, the deadline is the input. */
  async nextInput(): Promise<void> {
    // A look under way is about to say what comes next: a timer beside it would only be cancelled.
    const at = this.effects.isMeasuring() ? null : wakeAt(this.plan, this.state);
    const due = at === null ? null : at - Date.now();
    const woken = () => this.changed || (this.isIdle() && this.state.phase.state === 'completed');
    if (due === null) await condition(woken);
    else if (due <= 0 || !(await condition(woken, due))) this.apply({ kind: 'tick' });
  }
}
