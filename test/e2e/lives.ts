import { expect } from 'vitest';
import { eventually, type Rampart } from './harness.js';

/** An event of one unit; its id, unit and time are added. */
export interface UnitEvent {
  type: string;
  value?: number;
}

/** What the unit with this number does, in the arm that it was assigned to. */
export type Behaviour = (variant: string, n: number) => UnitEvent[];

export interface LifeOptions {
  primary: string;
  guardrail?: string;
  policy_id?: string;
  /** The treatments, in order. */
  treatments?: string[];
  sample_size?: number;
}

export interface DecisionLine {
  row: number;
  decision: string;
  variant?: string;
  reasons: { code: string; text: string; evidence?: { metric_id?: string; variant?: string }[] }[];
}

/** How many units are assigned at the same time. */
const AT_ONCE = 20;

/** One experiment in a running installation, and the units that it meets. */
export class Life {
  private units = 0;

  private constructor(
    private readonly rampart: Rampart,
    readonly id: string,
    /** Codes of what the start warned of. */
    readonly warnings: string[],
  ) {}

  /** Starts an experiment with a plan of a few minutes, and waits until it enrols. */
  static async begin(rampart: Rampart, id: string, options: LifeOptions): Promise<Life> {
    const { primary, guardrail, policy_id = 'hasty', treatments = ['treatment'], sample_size } = options;
    const traffic = Math.floor(100 / (treatments.length + 1));
    const arms = treatments.map((variant) => [variant, { traffic }] as const);
    const created = await rampart.call('POST', '/v1/experiments', {
      experiment_id: id,
      name: id,
      policy_id,
      variants: { control: { traffic: 100 - traffic * arms.length }, ...Object.fromEntries(arms) },
      success_metrics: { primary: [primary], ...(guardrail !== undefined && { guardrail: [guardrail] }) },
      target_audience: { ...(sample_size !== undefined && { sample_size }) },
    });
    expect(created, id).toMatchObject({ status: 201 });
    const started = await rampart.call('POST', `/v1/experiments/${id}/start`, { duration: '4m' });
    expect(started, id).toMatchObject({ status: 202 });
    const warnings = started.body['warnings'] as { code: string }[];
    const life = new Life(
      rampart,
      id,
      warnings.map(({ code }) => code),
    );
    await life.reaches('ramping', 'running');
    // The process that answers may hear of it a moment later; units that came before it did would not be enrolled.
    await life.comes(
      async () => (await rampart.assign(id, `${id}-probe`))['revision'] === 1,
      'the first allocation',
    );
    return life;
  }

  /** Sends so many further units; returns how many of them each arm got. */
  async meets(count: number, behaviour: Behaviour): Promise<Record<string, number>> {
    const arms: Record<string, number> = {};
    const end = this.units + count;
    while (this.units < end) {
      const first = this.units;
      this.units = Math.min(end, first + AT_ONCE);
      const numbers = Array.from({ length: this.units - first }, (_, index) => first + index);
      const events = await Promise.all(
        numbers.map(async (n) => {
          const unit_id = `${this.id}-${n}`;
          const { body } = await this.post('assignments', { unit_id });
          if (body['in_experiment'] !== true) return [];
          const variant = body['variant'] as string;
          arms[variant] = (arms[variant] ?? 0) + 1;
          return this.eventsOf(unit_id, behaviour(variant, n));
        }),
      );
      await this.send(events.flat());
    }
    return arms;
  }

  /** All units that were met before do something more. */
  async again(behaviour: Behaviour): Promise<void> {
    const events: object[] = [];
    for (let n = 0; n < this.units; n += 1) {
      const unit_id = `${this.id}-${n}`;
      const { body } = await this.post('assignments', { unit_id, exposure: false });
      events.push(...this.eventsOf(`${unit_id}`, behaviour(body['variant'] as string, n), 'again'));
    }
    await this.send(events);
  }

  private eventsOf(unit_id: string, events: UnitEvent[], mark = ''): object[] {
    const timestamp = new Date().toISOString();
    return events.map((event, k) => ({ ...event, event_id: `${unit_id}${mark}-${k}`, unit_id, timestamp }));
  }

  private async send(events: object[]): Promise<void> {
    for (let from = 0; from < events.length; from += 1_000) {
      const sent = await this.rampart.call('POST', '/v1/events', events.slice(from, from + 1_000));
      expect(sent.status, this.id).toBe(202);
    }
  }

  private post(path: string, body: object): ReturnType<Rampart['call']> {
    return this.rampart.call('POST', `/v1/experiments/${this.id}/${path}`, body);
  }

  /** A command that the experiment must accept. */
  async command(name: string, body?: object): Promise<void> {
    expect(await this.post(name, body ?? {}), `${name} of ${this.id}`).toMatchObject({ status: 200 });
  }

  async state(): Promise<string> {
    return (await this.get(''))['state'] as string;
  }

  async get(path: string): Promise<Record<string, unknown>> {
    return (await this.rampart.call('GET', `/v1/experiments/${this.id}${path}`)).body;
  }

  async decisions(): Promise<DecisionLine[]> {
    return (await this.get('/decisions?limit=100'))['items'] as DecisionLine[];
  }

  async reaches(...states: string[]): Promise<void> {
    await this.comes(async () => states.includes(await this.state()), states.join(' or '));
  }

  /** Waits until its outcome is written down. */
  async isSettled(): Promise<void> {
    await this.comes(
      async () => (await this.get('/results'))['lift_after_watch'] !== null,
      'the lift after the watch',
    );
  }

  /** Waits until looks have counted so many units in all. */
  async counted(units: number): Promise<void> {
    await this.comes(async () => {
      const seen = (await this.get('/results'))['units'] as Record<string, number>;
      return Object.values(seen).reduce((sum, n) => sum + n, 0) >= units;
    }, `${units} units`);
  }

  /** Waits until it is held for this reason. */
  async isHeld(code: string, detail: string): Promise<void> {
    await this.comes(async () => {
      const holds = (await this.get(''))['holds'] as { code: string; detail?: string }[];
      return holds.some((hold) => hold.code === code && hold.detail?.includes(detail));
    }, `the hold ${code}: ${detail}`);
  }

  /** Waits until it is over, rolled back by this row; returns the decision. */
  async isRolledBack(row: number): Promise<DecisionLine> {
    await this.comes(
      async () => (await this.get(''))['outcome'] !== null && (await this.get(''))['state'] === 'completed',
      'the end',
    );
    expect((await this.get(''))['outcome'], await this.story()).toBe('rolled_back');
    const last = (await this.decisions()).at(-1)!;
    expect(last, await this.story()).toMatchObject({ row, decision: 'roll_back' });
    return last;
  }

  /** Waits until a winner was chosen; returns the decision. */
  async hasWinner(): Promise<DecisionLine> {
    await this.comes(async () => (await this.winners()).length > 0, 'a winner');
    return (await this.winners())[0]!;
  }

  /** The decisions that chose a winner. */
  async winners(): Promise<DecisionLine[]> {
    return (await this.decisions()).filter(({ decision }) => decision === 'winner');
  }

  /** Does something over and over for so long, or until something is true. */
  async goesOn(
    work: () => Promise<unknown>,
    ms: number,
    isDone = () => Promise.resolve(false),
  ): Promise<void> {
    const until = performance.now() + ms;
    while (performance.now() < until && !(await isDone())) {
      await work();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  private async comes(check: () => Promise<boolean>, what: string): Promise<void> {
    await eventually(check, 90_000).catch(async (cause: unknown) => {
      throw new Error(`${this.id}: ${what} did not come; ${await this.story()}`, { cause });
    });
  }

  /** What a reader of a failed test wants to know. */
  private async story(): Promise<string> {
    const { state, holds, outcome, last_decision } = await this.get('');
    return JSON.stringify({ state, holds, outcome, last_decision, decisions: await this.decisions() });
  }
}
