import { afterFailure, type Outcome } from '../alerts/attempt.js';
import type { FieldSealing } from '../secrets/field-sealing.js';
import { sha256 } from '../secrets/sha256.js';
import type { Delivery, Queue } from '../store/deliveries.js';
import type { Store } from '../store/store.js';
import { isDigestLane } from './fan-out.js';
import { openWebhook } from './save-webhook.js';
import { sendAlerts, type Sending } from './send-alerts.js';

/** One turn makes at most so many attempts, of ten seconds each at worst. */
const ATTEMPTS_A_TURN = 20;
/** What closes waits so long for what opens to be delivered, before it asks again, ms. */
const AFTER_OPENING_MS = 30_000;
/** Nobody waits longer than this before it looks again, ms. */
const LONGEST_WAIT_MS = 3_600_000;

export interface DelivererDependencies {
  store: Pick<Store, 'deliveries' | 'webhooks'>;
  sealing: FieldSealing;
  sending: Sending;
  /** Hears what became of each attempt. */
  counted?: (result: DeliveryResult, alerts: number) => void;
}

/** `failed`: it is tried again. `dead`: it was given up. */
export type DeliveryResult = 'delivered' | 'failed' | 'dead';

/** What is tried next: nothing at all, something later, or these, together. */
type Turn = { due_in: number } | { queue: Queue; deliveries: readonly [Delivery, ...Delivery[]] };

/** Takes what waits in the outbox to its receivers. */
export class AlertDeliverer {
  constructor(private readonly dependencies: DelivererDependencies) {}

  /**
   * Delivers what is due in a lane, in its order. Returns in how many ms something is due again; null where nothing waits.
   *
   * @param progressed called before each attempt
   */
  async deliverDue(lane: string, progressed: () => void): Promise<number | null> {
    for (let attempts = 0; attempts < ATTEMPTS_A_TURN; attempts += 1) {
      progressed();
      const turn = await this.turnOf(lane, Date.now());
      if (turn === null) return null;
      if ('due_in' in turn) return Math.min(turn.due_in, LONGEST_WAIT_MS);
      await this.attempt(turn);
    }
    return 0;
  }

  private async turnOf(lane: string, now: number): Promise<Turn | null> {
    const { deliveries } = this.dependencies.store;
    const [first, aside] = await Promise.all([deliveries.first(lane), deliveries.firstAside(lane)]);
    const waiting = [first, aside].filter((one) => one !== null);
    const next = waiting.find(({ due_at }) => due_at! <= now);
    if (next === undefined) {
      const due = waiting.map(({ due_at }) => due_at!);
      return due.length === 0 ? null : { due_in: Math.min(...due) - now };
    }
    if (next === aside && isDigestLane(lane)) {
      const [one = next, ...more] = await deliveries.dueOf(lane, now);
      return { queue: 'aside', deliveries: [one, ...more] };
    }
    if (!(await this.isBeforeItsOpening(next)))
      return { queue: next === first ? 'in_turn' : 'aside', deliveries: [next] };
    await deliveries.putOff(next, now + AFTER_OPENING_MS);
    return this.turnOf(lane, now);
  }

  /** That something is over must not be told before that it began. */
  private async isBeforeItsOpening({ webhook_id, order, alert }: Delivery): Promise<boolean> {
    const { closes, problem } = alert;
    if (!closes || problem === null) return false;
    const opening = await this.dependencies.store.deliveries.lastOf(webhook_id, problem, order);
    return opening?.status === 'waiting' && !isDigestLane(opening.lane);
  }

  private async attempt({ queue, deliveries: some }: Exclude<Turn, { due_in: number }>): Promise<void> {
    const [{ webhook_id, lane }] = some;
    const { deliveries } = this.dependencies.store;
    const outcome = await this.send(some);
    const { status, error, took_ms } = outcome;
    const now = Date.now();
    const last = { at: now, status, error, took_ms };
    const { counted = () => undefined } = this.dependencies;
    if (outcome.delivered) {
      await deliveries.settle(idsOf(some), webhook_id, 'delivered', last, now);
      return counted('delivered', some.length);
    }
    // Of a digest, each has a day of its own; those that are tried again stay together.
    const after = (one: Delivery) => afterFailure({ ...one, attempts: one.attempts + 1 }, outcome, now);
    const dead = some.filter((one) => after(one) === null);
    if (dead.length > 0) {
      await deliveries.settle(idsOf(dead), webhook_id, 'dead', last, now);
      counted('dead', dead.length);
    }
    const others = some.filter((one) => !dead.includes(one));
    if (others.length === 0) return;
    counted('failed', others.length);
    const { due_at, inTurn } = after(others[0]!)!;
    const waits = queue === 'in_turn' && inTurn ? 'in_turn' : 'aside';
    await deliveries.failed(idsOf(others), lane, last, { due_at, queue: waits });
  }

  private async send(some: readonly [Delivery, ...Delivery[]]): Promise<Outcome> {
    const { store, sealing, sending } = this.dependencies;
    const [first] = some;
    const webhook = await store.webhooks.get(first.webhook_id);
    if (!webhook) return undeliverable('the webhook was deleted');
    if (!webhook.settings.enabled) return undeliverable('the webhook is switched off');
    const alerts = some.map(({ alert }) => alert);
    return sendAlerts(sending, openWebhook(webhook, sealing, Date.now()), alerts, messageId(some));
  }
}

function idsOf(some: readonly Delivery[]): string[] {
  return some.map(({ _id }) => _id);
}

/** The same for the same alerts. A digest that has one more is another message: nobody may take it for one that they have. */
function messageId(some: readonly [Delivery, ...Delivery[]]): string {
  return some.length === 1 ? some[0]._id : `dig_${sha256(idsOf(some).join()).slice(0, 32)}`;
}

function undeliverable(error: string): Outcome {
  return {
    ...{ delivered: false, final: true, status: null, error },
    ...{ retry_after: null, answer: '', took_ms: 0 },
  };
}
