import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rampart } from './harness.js';
import { Life, type Behaviour, type UnitEvent } from './lives.js';

// Whole lives on the real servers, each with data of which nobody doubts what they mean.

let rampart: Rampart;

/** Seconds instead of weeks, and few units instead of thousands; it decides as `standard` does. */
const HASTY = {
  ramp: [{ coverage: 100 }],
  poll: { ramping: '1s', running: '1s' },
  min_duration: '2s',
  max_duration: '5m',
  min_units_per_variant: 20,
  planned_units: 400,
  mde: 0.05,
  rollout: [{ coverage: 100 }],
  holdback: 10,
  watch: '2s',
  stale_after: '2m',
  no_traffic_grace: '2m',
  max_hold: '2m',
};
const STEPS = [{ coverage: 50, min_dwell: '1s', exclude_harm: 0.2 }, { coverage: 100 }];
const POLICIES = {
  hasty: {},
  lenient: { guardrails: { without_data: 'warn' } },
  proven: { guardrails: { to_ship: 'non_inferior' } },
  attentive: { stale_after: '6s' },
  distant: { planned_units: 20_000 },
  for_all: { holdback: 0 },
  patient: { min_units_per_variant: 110 },
  careful: { ramp: STEPS, guardrails: { '*': { margin: 0.1, floor: 0.05 } } },
};

const METRICS = [
  { metric_id: 'signups', kind: 'proportion', event: 'signup', direction: 'increase' },
  { metric_id: 'profit', kind: 'mean', event: 'profit', direction: 'increase', scale: 100 },
  { metric_id: 'crashes', kind: 'proportion', event: 'crash', direction: 'decrease' },
  { metric_id: 'faults', kind: 'mean', aggregate: 'count', event: 'fault', direction: 'decrease' },
  { metric_id: 'wait', kind: 'quantile', quantile: 0.95, event: 'wait', direction: 'decrease' },
  {
    metric_id: 'retries',
    kind: 'ratio',
    event: 'retry',
    denominator_event: 'call',
    direction: 'decrease',
  },
  { metric_id: 'margin', kind: 'mean', event: 'margin', direction: 'increase', scale: 100 },
  { metric_id: 'broken', kind: 'error_rate', event: 'broken', direction: 'decrease' },
];

beforeAll(async () => {
  rampart = await Rampart.start();
  for (const [policy_id, more] of Object.entries(POLICIES)) {
    const put = await rampart.call('PUT', `/v1/policies/${policy_id}`, { ...HASTY, ...more });
    expect(put, policy_id).toMatchObject({ status: 201 });
  }
  for (const metric of METRICS) {
    const put = await rampart.call('PUT', `/v1/metrics/${metric.metric_id}`, metric);
    expect(put, metric.metric_id).toMatchObject({ status: 201 });
  }
});

afterAll(async () => {
  await rampart.dispose();
});

const isTreated = (variant: string): boolean => variant !== 'control';
/** One of five in the control, four of five in a treatment: by itself this ships. */
const signups = (variant: string, n: number): UnitEvent[] =>
  n % 5 < (isTreated(variant) ? 4 : 1) ? [{ type: 'signup' }] : [];
/** A winner, if it were not for what else its units do. */
const wins =
  (more: Behaviour): Behaviour =>
  (variant, n) => [...signups(variant, n), ...more(variant, n)];
const repeated = (count: number, event: UnitEvent): UnitEvent[] => Array.from({ length: count }, () => event);
const around = (value: number, n: number): number => value + (n % 7) - 3;

describe.concurrent('a treatment that breaks for every unit is rolled back, and never ships', () => {
  const cases: [id: string, guardrail: string, behaviour: Behaviour][] = [
    ['all_crash', 'crashes', (variant) => (isTreated(variant) ? [{ type: 'crash' }] : [])],
    ['one_fault_each', 'faults', (variant) => (isTreated(variant) ? [{ type: 'fault' }] : [])],
    ['all_slow', 'wait', (variant) => repeated(25, { type: 'wait', value: isTreated(variant) ? 100 : 10 })],
    [
      'all_retry',
      'retries',
      (variant) => [{ type: 'call' }, ...(isTreated(variant) ? [{ type: 'retry' }] : [])],
    ],
    ['all_at_a_loss', 'margin', (variant) => [{ type: 'margin', value: isTreated(variant) ? -15 : -10 }]],
    [
      'mostly_at_a_loss',
      'margin',
      (variant, n) => [{ type: 'margin', value: around(isTreated(variant) ? -15 : -10, n) }],
    ],
    ['all_broken', 'broken', (variant) => (isTreated(variant) ? [{ type: 'broken' }] : [])],
  ];

  it.each(cases)('%s, by the guardrail %s', async (id, guardrail, behaviour) => {
    // A slow machine must not have a winner among the first few units, before harm can be proven.
    const life = await Life.begin(rampart, id, { primary: 'signups', guardrail, policy_id: 'patient' });
    await life.meets(240, wins(behaviour));
    const { reasons } = await life.isRolledBack(2);
    expect(reasons[0]!.evidence).toEqual([
      expect.objectContaining({ metric_id: guardrail, variant: 'treatment' }),
    ]);
    expect(await life.winners()).toEqual([]);
  });

  const primaries: [id: string, primary: string, behaviour: Behaviour][] = [
    ['blank_page', 'signups', (variant) => (isTreated(variant) ? [] : [{ type: 'signup' }])],
    [
      'events_lost',
      'profit',
      (variant, n) => (isTreated(variant) ? [] : [{ type: 'profit', value: around(10, n) }]),
    ],
    [
      'greater_loss',
      'profit',
      (variant, n) => [{ type: 'profit', value: around(isTreated(variant) ? -12 : -10, n) }],
    ],
  ];

  it.each(primaries)('%s, by the primary %s', async (id, primary, behaviour) => {
    const life = await Life.begin(rampart, id, { primary, policy_id: 'patient' });
    await life.meets(300, behaviour);
    const { reasons } = await life.isRolledBack(3);
    expect(reasons[0]!.evidence).toEqual([expect.objectContaining({ metric_id: primary })]);
  });
});

describe.concurrent('a guardrail that cannot speak', () => {
  const fewRequests = wins(() => [{ type: 'wait', value: 10 }]);

  it('keeps a winner from shipping, and is named', async () => {
    const life = await Life.begin(rampart, 'few_requests', { primary: 'signups', guardrail: 'wait' });
    await life.meets(120, fewRequests);
    await life.counted(120);
    await life.isHeld('guardrail_blind', 'wait of treatment could not object: no threshold yet');
    await life.goesOn(() => Promise.resolve(), 3_000);
    expect(await life.winners()).toEqual([]);
    // Nothing else was missing: with its requests it ships.
    await life.again(() => repeated(20, { type: 'wait', value: 10 }));
    expect(await life.hasWinner()).toMatchObject({ row: 10, variant: 'treatment' });
  });

  it('is named by the decision, where the policy only warns', async () => {
    const options = { primary: 'signups', guardrail: 'wait', policy_id: 'lenient' };
    const life = await Life.begin(rampart, 'few_requests_allowed', options);
    await life.meets(120, fewRequests);
    const { row, reasons } = await life.hasWinner();
    expect(row).toBe(10);
    expect(reasons).toContainEqual(
      expect.objectContaining({
        code: 'guardrail_without_data',
        text: expect.stringContaining('wait of treatment could not object') as string,
      }),
    );
  });

  it('because its events stopped, holds the winner until they come again', async () => {
    const options = { primary: 'signups', guardrail: 'margin', policy_id: 'attentive' };
    const life = await Life.begin(rampart, 'source_away', options);
    const margins: Behaviour = (_, n) => [{ type: 'margin', value: around(10, n) }];
    await life.meets(40, margins);
    // Units go on coming, so that not everything is stale.
    await life.goesOn(() => life.meets(2, () => []), 8_000);
    await life.meets(120, signups);
    await life.counted(160);
    await life.isHeld('stale_data', 'no data for margin');
    await life.isHeld('guardrail_blind', 'margin of treatment could not object: its data no longer arrive');
    await life.goesOn(() => life.meets(2, signups), 2_000);
    expect(await life.winners()).toEqual([]);
    await life.goesOn(
      () => life.meets(4, wins(margins)),
      60_000,
      async () => (await life.winners()).length > 0,
    );
    expect(await life.hasWinner()).toMatchObject({ row: 10, variant: 'treatment' });
  });
});

describe.concurrent('where the control is below zero', () => {
  const profits =
    (values: Record<string, number>): Behaviour =>
    (variant, n) => [{ type: 'profit', value: around(values[variant]!, n) }];

  it('the better arm wins', async () => {
    const life = await Life.begin(rampart, 'smaller_loss', { primary: 'profit' });
    await life.meets(160, profits({ control: -10, treatment: -7 }));
    const { row, variant, reasons } = await life.hasWinner();
    expect({ row, variant }).toEqual({ row: 10, variant: 'treatment' });
    expect(reasons[0]!.text).toMatch(/about \+\d.*surely \+\d/);
  });

  it('the best of three ships, not the first nor the one with the least lift', async () => {
    const options = { primary: 'profit', treatments: ['slight', 'best'] };
    const life = await Life.begin(rampart, 'best_of_losses', options);
    await life.command('pause');
    await life.meets(240, profits({ control: -10, slight: -7, best: -1 }));
    await life.counted(240);
    await life.command('resume');
    expect(await life.hasWinner()).toMatchObject({ row: 10, variant: 'best' });
  });

  it('a guardrail that gets better lets the ramp go on', async () => {
    const options = { primary: 'signups', guardrail: 'margin', policy_id: 'careful' };
    const life = await Life.begin(rampart, 'less_margin_lost', options);
    await life.meets(160, (variant, n) => [
      { type: 'margin', value: around(isTreated(variant) ? -3 : -10, n) },
    ]);
    await life.reaches('running');
  });
});

describe.concurrent('where the control is exactly 0', () => {
  it('the best treatment ships, not the first', async () => {
    const options = { primary: 'signups', treatments: ['slight', 'best'] };
    const life = await Life.begin(rampart, 'new_feature', options);
    await life.command('pause');
    await life.meets(300, (variant, n) =>
      n % 20 < { control: 0, slight: 6, best: 14 }[variant]! ? [{ type: 'signup' }] : [],
    );
    await life.counted(300);
    await life.command('resume');
    expect(await life.hasWinner()).toMatchObject({ row: 10, variant: 'best' });
  });

  it('a ramp that asks to exclude harm goes on without any error once the rate is surely low', async () => {
    const options = { primary: 'signups', guardrail: 'broken', policy_id: 'careful' };
    const life = await Life.begin(rampart, 'no_errors', options);
    await life.meets(100, () => []);
    await life.counted(40);
    await life.goesOn(() => Promise.resolve(), 2_500);
    const { state, last_decision } = (await life.get('')) as {
      state: string;
      last_decision: unknown;
    };
    expect(state, JSON.stringify(last_decision)).toBe('ramping');
    await life.meets(320, () => []);
    await life.reaches('running');
  });
});

describe.concurrent('arms that are all alike', () => {
  it('prove nothing: a guardrail without any spread is not proven safe', async () => {
    const options = { primary: 'signups', guardrail: 'crashes', policy_id: 'proven', sample_size: 160 };
    const life = await Life.begin(rampart, 'all_alike', options);
    await life.meets(
      160,
      wins(() => [{ type: 'crash' }]),
    );
    await life.reaches('completed');
    expect(await life.get('')).toMatchObject({ outcome: 'inconclusive' });
    expect((await life.decisions()).at(-1)).toMatchObject({ row: 15 });
    expect((await life.decisions()).at(-1)!.reasons).toContainEqual(
      expect.objectContaining({ code: 'not_proven_safe' }),
    );
  });

  it('are no objection where no harm is asked for', async () => {
    const life = await Life.begin(rampart, 'no_harm_seen', { primary: 'signups', guardrail: 'crashes' });
    await life.meets(
      160,
      wins(() => []),
    );
    expect(await life.hasWinner()).toMatchObject({ row: 10, variant: 'treatment' });
  });
});

interface LiftAnswer {
  snapshot_id: string;
  units: Record<string, number>;
  primaries: {
    lift: number | null;
    interval: { kind: string } | null;
    text: string;
    reason: string | null;
  }[];
}
interface ResultsAnswer {
  snapshot_id: string;
  evidence: { metrics: { comparisons: { valid_now: object; final: object; sequence: object }[] }[] };
  lift_at_decision: LiftAnswer | null;
  lift_after_watch: LiftAnswer | null;
}

describe.concurrent('after the end the results', () => {
  const profits: Behaviour = (variant, n) => [
    { type: 'profit', value: around(isTreated(variant) ? 12 : 8, n) },
  ];
  const results = async (life: Life): Promise<ResultsAnswer> =>
    (await life.get('/results')) as unknown as ResultsAnswer;
  /** Sends more units, so that the roll-out and the watch see some, until it is over. */
  const isShipped = async (life: Life): Promise<void> => {
    await life.hasWinner();
    await life.goesOn(
      () => life.meets(20, profits),
      60_000,
      async () => (await life.state()) === 'completed',
    );
    expect(await life.get('')).toMatchObject({ state: 'completed', outcome: 'shipped' });
    await life.isSettled();
  };

  it('are those of the decision, with the lift that the watch measured beside the first', async () => {
    const life = await Life.begin(rampart, 'measured_again', { primary: 'profit' });
    expect(life.warnings).not.toContain('uncompared_rollout');
    await life.meets(120, profits);
    await isShipped(life);
    const { snapshot_id, lift_at_decision: first, lift_after_watch: second } = await results(life);
    const winner = (await life.decisions()).find(({ decision }) => decision === 'winner');
    expect(winner).toMatchObject({ snapshot_id });
    expect(first).toMatchObject({
      snapshot_id,
      primaries: [{ reason: null, interval: { kind: 'sequence' } }],
    });
    expect(winner!.reasons[0]!.text).toContain(first!.primaries[0]!.text);
    expect(second!.snapshot_id).not.toBe(snapshot_id);
    expect(second!.units['control']).toBeGreaterThan(0);
    expect(second!.units['treatment']).toBeGreaterThan(second!.units['control']!);
    expect(second!.primaries[0]).toMatchObject({ metric_id: 'profit', reason: null });
    expect(Math.abs(second!.primaries[0]!.lift! - 0.5)).toBeLessThan(0.35);
    const timeline = (await life.get('/timeline?limit=100'))['items'];
    expect(timeline).toContainEqual(
      expect.objectContaining({ kind: 'note', data: { code: 'lift_after_watch' } }),
    );
    // What is stored beside them leaves the chain of decisions as it was.
    const items = await life.decisions();
    const certificates = await Promise.all(items.map((_, n) => life.get(`/decisions/${n + 1}/certificate`)));
    expect(await rampart.cli(['verify', '-'], JSON.stringify(certificates))).toMatchObject({ code: 0 });
  });

  it('say why the watch measured nothing where nobody keeps the control, as everything before has said', async () => {
    const saved = await rampart.call('PUT', '/v1/policies/for_all', { ...HASTY, holdback: 0 });
    expect(saved.body['warnings']).toEqual([expect.objectContaining({ code: 'uncompared_rollout' })]);
    const life = await Life.begin(rampart, 'shipped_to_all', { primary: 'profit', policy_id: 'for_all' });
    expect(life.warnings).toContain('uncompared_rollout');
    await life.meets(120, profits);
    await isShipped(life);
    const { evidence, lift_at_decision, lift_after_watch } = await results(life);
    expect(evidence.metrics).toHaveLength(1);
    expect(await life.get('/results')).toMatchObject({ uncompared: null });
    expect(await life.get('/results?epoch=1')).toMatchObject({
      uncompared: expect.stringContaining('nothing to compare') as string,
    });
    expect(lift_at_decision!.primaries[0]!.lift).toBeGreaterThan(0);
    expect(lift_after_watch!.primaries[0]).toMatchObject({
      lift: null,
      reason: 'nobody keeps the control, so there is nothing to compare',
    });
    const timeline = (await life.get('/timeline?limit=100'))['items'] as { reason?: string }[];
    expect(timeline).toContainEqual(
      expect.objectContaining({ kind: 'note', data: { code: 'uncompared_rollout' } }),
    );
    expect(timeline.filter(({ reason }) => reason?.startsWith('there is no holdback'))).not.toEqual([]);
  });

  it('show the interval of the fixed test, where that decided', async () => {
    const options = { primary: 'signups', policy_id: 'distant', sample_size: 160 };
    const life = await Life.begin(rampart, 'worse_at_the_horizon', options);
    const seen: Record<string, number> = {};
    await life.meets(160, (variant) => {
      const k = (seen[variant] = (seen[variant] ?? 0) + 1);
      return k % 25 < (isTreated(variant) ? 6 : 12) ? [{ type: 'signup' }] : [];
    });
    await life.isRolledBack(13);
    const { evidence, lift_at_decision } = await results(life);
    const { valid_now, final, sequence } = evidence.metrics[0]!.comparisons[0]!;
    const { z: _, p_value: __, ...limits } = final as Record<string, number>;
    expect(valid_now).toEqual({ kind: 'final', ...limits });
    expect(sequence).not.toMatchObject(limits);
    expect(lift_at_decision).toBeNull();
  });
});
