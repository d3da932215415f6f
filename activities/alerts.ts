import { Context } from '@temporalio/activity';
import type { Logger } from '../src/logger.js';
import { AlertDeliverer } from '../src/operations/deliver-alerts.js';
import { webhookOf } from '../src/operations/fan-out.js';
import { AlertHearer } from '../src/operations/hear-alerts.js';
import type { Sending } from '../src/operations/send-alerts.js';
import { ConditionWatch } from '../src/operations/watch-conditions.js';
import type { FieldSealing } from '../src/secrets/field-sealing.js';
import { LivenessObserver } from '../src/serving/liveness.js';
import type { Store } from '../src/store/store.js';
import type { AlertLanes } from '../src/temporal/alert-lanes.js';
import { handOver } from './hand-over.js';
import { heartbeating } from './heartbeating.js';
import type { WorkMetrics } from './work-metrics.js';

/** Time between two rounds of hearing, ms. */
const ROUND_MS = 1_000;
/** How often lanes are looked for whose workflow is gone, ms. */
const SWEEP_MS = 60_000;
/** What is overdue for so long has no workflow that delivers it: Temporal was away, or has lost it, ms. */
const FORGOTTEN_MS = 120_000;

/** To one webhook, so many messages are under way at once: one that hangs leaves room for the others. */
const AT_ONCE = 20;
/** When a lane whose webhook is that busy is tried again, ms. */
const BUSY_MS = 5_000;

export type AlertActivities = ReturnType<typeof createAlertActivities>;

export interface AlertDependencies {
  store: Store;
  sealing: FieldSealing;
  sending: Sending;
  lanes: Pick<AlertLanes, 'wake'>;
  stopping: AbortSignal;
  logger: Pick<Logger, 'error'>;
  metrics: Pick<WorkMetrics, 'told'>;
}

/** From what happens to the outbox, and from the outbox to the receivers. */
export function createAlertActivities(dependencies: AlertDependencies) {
  return { ...hearActivities(dependencies), ...deliverActivities(dependencies) };
}

function hearActivities({ store, lanes, stopping, logger }: AlertDependencies) {
  const asleep = new Set<string>();

  /** What is in the outbox is safe there: a lane that cannot be woken keeps nothing else from being heard. */
  async function wake(lane: string): Promise<void> {
    try {
      await lanes.wake(lane);
      asleep.delete(lane);
    } catch (error) {
      asleep.add(lane);
      logger.error({ err: error, lane }, 'alerts wait for Temporal');
    }
  }

  async function sweep(): Promise<void> {
    for (const lane of await store.deliveries.overdue(Date.now() - FORGOTTEN_MS)) await wake(lane);
  }

  return {
    /** Hears until its worker stops, and then fails so that another worker takes over. Two at once do no harm. */
    async hear(): Promise<void> {
      const context = Context.current();
      const liveness = new LivenessObserver();
      const watch = new ConditionWatch(store);
      const hearer = new AlertHearer({ store, wake });
      let sweptAt = -Infinity;
      const round = async (): Promise<void> => {
        const observed = liveness.observe(await store.instances.all(), performance.now());
        if ((await store.webhooks.all()).length > 0) await watch.round(observed);
        await hearer.round(observed, () => {
          if (stopping.aborted) throw handOver();
        });
        for (const lane of [...asleep]) await wake(lane);
        if (performance.now() - sweptAt < SWEEP_MS) return;
        await sweep();
        sweptAt = performance.now();
      };
      await heartbeating(async () => {
        while (!stopping.aborted) {
          // One round that fails is done again: what was marked stays marked.
          await round().catch((error: unknown) => {
            if (!stopping.aborted) logger.error({ err: error }, 'alerts could not be made, and will be');
          });
          await context.sleep(ROUND_MS);
        }
      });
      throw handOver();
    },
  };
}

function deliverActivities(dependencies: AlertDependencies) {
  const { stopping, metrics } = dependencies;
  const deliverer = new AlertDeliverer({
    ...dependencies,
    counted: (result, alerts) => metrics.told(result, alerts),
  });
  /** Deliveries that are under way, by webhook. */
  const busy = new Map<string, number>();
  return {
    /** Delivers what is due in a lane. Returns in how many ms something is due again; null where nothing waits. */
    async deliver(lane: string): Promise<number | null> {
      const webhook_id = webhookOf(lane);
      const underWay = busy.get(webhook_id) ?? 0;
      if (underWay >= AT_ONCE) return BUSY_MS;
      busy.set(webhook_id, underWay + 1);
      try {
        return await heartbeating(() =>
          deliverer.deliverDue(lane, () => {
            if (stopping.aborted) throw handOver();
          }),
        );
      } finally {
        const left = busy.get(webhook_id)! - 1;
        if (left > 0) busy.set(webhook_id, left);
        else busy.delete(webhook_id);
      }
    },
  };
}
