import { CancellationScope, condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Command } from '../src/lifecycle/commands.js';
import type { Outcome } from '../src/lifecycle/state.js';
import {
  alarmSignal,
  commandUpdate,
  fenceSignal,
  releaseSignal,
  viewQuery,
  type ExperimentInput,
} from '../src/temporal/messages.js';
import { Run } from './lifecycle-run.js';

/** The life of one experiment, from its start to its outcome. */
export async function experimentLifecycle(input: ExperimentInput): Promise<Outcome> {
  const run = new Run(input.experiment_id);
  listen(run);
  const cancelled = CancellationScope.current().cancelRequested;
  return CancellationScope.nonCancellable(async () => {
    if (input.carried) run.resume(input.carried.plan, input.carried.state);
    else await run.begin();
    cancelled.catch(() => stopBecauseCancelled(run));
    return live(run);
  });
}

/** Carries out what follows from the inputs and waits for the next one, until the experiment is over. */
async function live(run: Run): Promise<Outcome> {
  for (;;) {
    run.carryOut();
    if (run.isIdle()) {
      const { experiment_id, plan, state } = run;
      if (state.phase.state === 'completed') return state.phase.outcome;
      if (workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof experimentLifecycle>({ experiment_id, carried: { plan, state } });
      }
    }
    await run.nextInput();
  }
}

/** Handlers step synchronously: between a validator and its command no other input comes. */
function listen(run: Run): void {
  const ready = () => run.isReady();

  // An update: the sender of a command needs to know its refusal, or the state that follows from it.
  setHandler(
    commandUpdate,
    async (command) => {
      await condition(ready);
      run.mustAccept(command);
      run.apply({ kind: 'command', command });
      return run.answer();
    },
    {
      validator: (command: Command) => {
        if (run.isReady()) run.mustAccept(command);
      },
    },
  );

  // Signals: an emergency stop is in force as soon as its fence is stored, and waits for no workflow.
  setHandler(fenceSignal, async (fence) => {
    await condition(ready);
    run.apply({ kind: 'fence', ...fence });
  });
  setHandler(releaseSignal, async (release) => {
    await condition(ready);
    run.apply({ kind: 'release', ...release });
  });

  // The watch over the guardrails has seen harm: the workflow takes a look of its own and decides on that.
  setHandler(alarmSignal, () => run.lookNow());

  setHandler(viewQuery, () => (run.isReady() ? run.answer() : null));
}

/** Cancelling the workflow from outside means: roll back, then end. */
function stopBecauseCancelled(run: Run): void {
  run.apply({
    kind: 'command',
    command: {
      command_id: 'cancelled',
      name: 'stop',
      actor: { type: 'system', id: 'temporal' },
      reason: 'the workflow was cancelled',
    },
  });
}
