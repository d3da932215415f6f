// Events of an experiment that runs as long as the faults do, sent twice and out of order, and what a plain count of them
// gives.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../src/store/store.js';
import { SECRET } from './harness.js';

/** Sends a request again and again until there is an answer that is one. */
export type Insist = (
  method: string,
  path: string,
  body?: object,
) => Promise<{ status: number; body: Record<string, unknown> }>;

/** The experiment whose totals are recounted. */
export const RECOUNTED = 'counted';
const UNITS = 400;
const BATCH = 40;

/** What of one unit was acknowledged. */
interface Unit {
  variant: string;
  clicks: number;
  milliseconds: number;
}

export class Recount {
  /** Acknowledged events, each counted once however often it was sent. */
  events = 0;
  private readonly units = new Map<string, Unit>();
  private readonly sent: object[][] = [];
  private exposed_at = 0;

  constructor(private readonly insist: Insist) {}

  async begin(): Promise<void> {
    await this.insist('POST', '/v1/experiments', {
      experiment_id: RECOUNTED,
      policy_id: 'hurried',
      variants: { control: { traffic: 50, config: 0 }, treatment: { traffic: 50, config: 1 } },
      success_metrics: { primary: ['click_through_rate'], secondary: ['engagement_time'] },
    });
    await this.insist('POST', `/v1/experiments/${RECOUNTED}/start`, { duration: '40m' });
    for (;;) {
      const { body } = await this.insist('GET', `/v1/experiments/${RECOUNTED}`);
      if (body['coverage'] === 100 && body['state'] !== 'scheduled') break;
      await sleep(300);
    }
    // From here on the arms stay as they are: no decision ends the experiment, and no ramp moves it.
    await this.insist('POST', `/v1/experiments/${RECOUNTED}/pause`, {});
    this.exposed_at = Date.now();
  }

  /** Sends events until it is told to stop. */
  async send(isOver: () => boolean): Promise<void> {
    for (let n = 0; !isOver(); n += 1) {
      if (n % 4 === 3) {
        const again = this.sent[Math.floor(Math.random() * this.sent.length)]!;
        await this.insist('POST', '/v1/events', again);
      } else await this.sendNew();
      await sleep(20);
    }
  }

  private async sendNew(): Promise<void> {
    const timestamp = (ms: number): string => new Date(this.exposed_at + ms).toISOString();
    const [exposures, values, effects]: [object[], object[], (() => void)[]] = [[], [], []];
    for (let n = 0; n < BATCH; n += 1) {
      const unit_id = `counted-${Math.floor(Math.random() * UNITS)}`;
      const unit = this.units.get(unit_id) ?? (await this.expose(unit_id, timestamp(0), exposures));
      if (!unit) continue;
      const [event_id, isClick, value] = [randomUUID(), n % 2 === 0, 1 + (n % 9) / 8];
      const type = isClick ? 'click' : 'engagement';
      values.push({ event_id, type, unit_id, timestamp: timestamp(1 + n), value });
      effects.push(() => {
        if (isClick) unit.clicks += 1;
        else unit.milliseconds += Math.round(value * 1_000);
      });
    }
    for (const batch of [exposures, values]) {
      if (batch.length === 0) continue;
      await this.insist('POST', '/v1/events', batch);
      this.events += batch.length;
      this.sent.push(batch);
    }
    for (const take of effects) take();
  }

  private async expose(unit_id: string, timestamp: string, exposures: object[]): Promise<Unit | null> {
    const { body } = await this.insist('POST', `/v1/experiments/${RECOUNTED}/assignments`, {
      unit_id,
      exposure: false,
    });
    if (body['in_experiment'] !== true) return null;
    const variant = body['variant'] as string;
    exposures.push({
      event_id: randomUUID(),
      type: 'exposure',
      unit_id,
      timestamp,
      experiment_id: RECOUNTED,
      variant,
    });
    const unit = { variant, clicks: 0, milliseconds: 0 };
    this.units.set(unit_id, unit);
    return unit;
  }

  /** Waits until everything is folded, and compares. In words, what is not as the plain count has it. */
  async complaints(mongo: string, database: string): Promise<string[]> {
    const store = await openStore(mongo, database, { secret: SECRET });
    try {
      const deadline = performance.now() + 60_000;
      let differences: string[] = [];
      do {
        await sleep(500);
        differences = this.differences(await totalsOf(store));
      } while (differences.length > 0 && performance.now() < deadline);
      return differences;
    } finally {
      await store.database.close();
    }
  }

  private differences(counted: ReadonlyMap<string, bigint>): string[] {
    const expected = new Map<string, bigint>();
    const add = (key: string, amount: number): void =>
      void expected.set(key, (expected.get(key) ?? 0n) + BigInt(amount));
    for (const { variant, clicks, milliseconds } of this.units.values()) {
      add(`${variant} units`, 1);
      add(`${variant} click_through_rate`, clicks > 0 ? 1 : 0);
      add(`${variant} engagement_time`, milliseconds);
    }
    return [...expected].flatMap(([key, amount]) => {
      const found = counted.get(key) ?? 0n;
      return found === amount ? [] : [`${key}: counted ${found}, acknowledged ${amount}`];
    });
  }
}

async function totalsOf(store: Awaited<ReturnType<typeof openStore>>): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>();
  const add = (key: string, amount: unknown): void =>
    void sums.set(key, (sums.get(key) ?? 0n) + ((amount as bigint | undefined) ?? 0n));
  for (const { arms = {}, crossed_over } of await store.totals.of(RECOUNTED)) {
    add('crossed over', crossed_over);
    for (const [variant, arm] of Object.entries(arms)) {
      add(`${variant} units`, arm.units);
      for (const [metric, stored] of Object.entries(arm.metrics ?? {}))
        add(`${variant} ${metric}`, stored['sum']);
    }
  }
  return sums;
}
