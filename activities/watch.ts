import { Context } from '@temporalio/activity';
import { decide } from '../src/lifecycle/decide.js';
import { HARM_ROWS } from '../src/lifecycle/decisions/rows.js';
import { measureInputOf } from '../src/lifecycle/measure.js';
import { planOf } from '../src/lifecycle/plan.js';
import { isServing, type Hold } from '../src/lifecycle/state.js';
import type { ExperimentWorkflows } from '../src/temporal/experiment-workflows.js';
import type { Logger } from '../src/logger.js';
import type { ExperimentDocument, Launched } from '../src/store/experiment-document.js';
import type { Store } from '../src/store/store.js';
import { handOver } from './hand-over.js';
import type { WorkMetrics } from './work-metrics.js';
import { Looks } from '../src/operations/take-look.js';

/** From the beginning of one round of the watch to the beginning of the next. */
const ROUND_MS = 60_000;
/** Pause between two heartbeats while waiting for the next round; a stopping worker waits no longer than this. */
const SLICE_MS = 500;
/** The clocks of workers may differ by this much at most. */
const SKEW_MS = 10_000;

export type WatchActivities = ReturnType<typeof createWatchActivities>;

export interface WatchDependencies {
  store: Store;
  workflows: ExperimentWorkflows;
  stopping: AbortSignal;
  logger: Pick<Logger, 'error'>;
  metrics: Pick<WorkMetrics, 'timed'>;
  round_ms?: number;
}

/**
 * The watch over all guardrails, between the polls of each experiment. It takes the same look as a poll, at the
 * experiments whose totals have changed, and where that proves harm, or shows something unusual, it asks the experiment's
 * workflow to look now. So no history grows while nothing happens, and an experiment without events costs nothing.
 */
export function createWatchActivities({
  store,
  workflows,
  stopping,
  logger,
  metrics,
  round_ms = ROUND_MS,
}: WatchDependencies) {
  const looks = new Looks(store);

  /** Whether harm is proven, or something is unusual that the experiment does not know of, or is as usual again. */
  async function mustLook(document: Launched): Promise<boolean> {
    const { _id: experiment_id, launch, checkpoint } = document;
    if (!checkpoint || !isServing(checkpoint.phase)) return false;
    const lookNow = () => looks.take(document, measureInputOf(experiment_id, checkpoint), true);
    const { look } = await metrics.timed('watch', lookNow, { experiment_id });
    const { decision, holds } = decide(planOf(experiment_id, launch), checkpoint, look, look.at);
    if (decision !== null && HARM_ROWS.includes(decision.row)) return true;
    const isUnusual = (all: readonly Hold[]): boolean => all.some(({ code }) => code === 'anomaly');
    return isUnusual(holds) !== isUnusual(checkpoint.holds);
  }

  /** An experiment that is polled as often as the watch goes round does not need the watch. */
  function isWatched(document: ExperimentDocument): document is Launched {
    const { launch } = document;
    return launch !== null && Math.max(launch.policy.poll.running, launch.policy.poll.ramping) > round_ms;
  }

  return {
    /** Watches until its worker stops, and then fails so that another worker takes over. */
    async watchGuardrails(): Promise<void> {
      const context = Context.current();
      let since = 0;
      for (;;) {
        const began = performance.now();
        let next = Date.now() - SKEW_MS;
        for (const _id of await store.totals.changedSince(since)) {
          if (stopping.aborted) throw handOver();
          context.heartbeat();
          try {
            const document = await store.experiments.get(_id);
            if (document && isWatched(document) && (await mustLook(document))) await workflows.alarm(_id);
          } catch (error) {
            // One experiment that cannot be looked at must not keep the others from being watched. The next round tries again.
            next = since;
            logger.error({ err: error, experiment_id: _id }, 'the watch could not look');
          }
        }
        since = next;
        while (performance.now() - began < round_ms) {
          if (stopping.aborted) throw handOver();
          context.heartbeat();
          await context.sleep(SLICE_MS);
        }
      }
    },
  };
}
