import { hasControl } from './compared.js';
import { guardrailHarm, primaryHarm } from './decisions/harm.js';
import { equivalence, futility } from './decisions/no-effect.js';
import { rampStep } from './decisions/ramp.js';
import {
  beforeHorizon,
  held,
  maxDuration,
  tooEarly,
  tooFewUnits,
  untrustedData,
} from './decisions/readiness.js';
import type { ROW, RowName } from './decisions/rows.js';
import { earlyWinner, finalTest, inconclusive } from './decisions/ship.js';
import { situationOf, type Conclusion, type DecisionState, type Situation } from './decisions/situation.js';
import { holdsOf } from './holds.js';
import type { Look } from './look.js';
import type { Plan } from './plan.js';
import type { Decision, Hold } from './state.js';

export interface Verdict {
  /** Every hold condition that is met now. */
  holds: Hold[];
  /** By the first row that matches; null where this look says nothing about the present allocation. */
  decision: Decision | null;
  /** Treatments to drop because they are harmful, while others stay and the experiment goes on. */
  harmedArms: string[];
}

interface Row<Name extends RowName> {
  id: (typeof ROW)[Name];
  /** Whether the row is tried at all: a matter of the phase and of the allocation that was looked at. */
  applies(situation: Situation): boolean;
  decide(situation: Situation): Conclusion | null;
}

/**
 * Harm counts in every phase, and also when it was measured under an older allocation. Without units on the control it
 * cannot be measured: people, anomalies and absolute limits are what acts then.
 */
const compared = ({ plan, state }: Situation): boolean => hasControl(plan, state);
/** Everything else is decided once, on a look at the present allocation. */
const undecided = ({ state, look }: Situation): boolean =>
  (state.phase.state === 'ramping' || state.phase.state === 'running') && look.revision === state.revision;
/** Time also runs out while an approval is awaited. */
const undecidedOrAsking = (situation: Situation): boolean =>
  situation.state.phase.state === 'awaiting_approval' || undecided(situation);
const never = (): boolean => false;

/**
 * The decision table: rows are tried from top to bottom, and the first one that matches decides.
 * docs/architecture.md shows it to people. The texts of decisions are part of certificates, which are verified by
 * deciding again: rewording a text makes earlier certificates fail.
 */
export const DECISION_TABLE: { readonly [Name in RowName]: Row<Name> } = {
  // No look decides this: people stop experiments, by a command or an emergency stop (rollback.ts).
  stop: { id: 1, applies: never, decide: () => null },
  guardrail_harm: { id: 2, applies: compared, decide: guardrailHarm },
  primary_harm: { id: 3, applies: compared, decide: primaryHarm },
  untrusted_data: { id: 4, applies: undecided, decide: untrustedData },
  max_duration: { id: 5, applies: undecidedOrAsking, decide: maxDuration },
  ramp_step: { id: 6, applies: undecided, decide: rampStep },
  too_early: { id: 7, applies: undecided, decide: tooEarly },
  too_few_units: { id: 8, applies: undecided, decide: tooFewUnits },
  held: { id: 9, applies: undecided, decide: held },
  early_winner: { id: 10, applies: undecided, decide: earlyWinner },
  futility: { id: 11, applies: undecided, decide: futility },
  before_horizon: { id: 12, applies: undecided, decide: beforeHorizon },
  final_test: { id: 13, applies: undecided, decide: finalTest },
  equivalence: { id: 14, applies: undecided, decide: equivalence },
  inconclusive: { id: 15, applies: undecided, decide: inconclusive },
};

/** Collects the holds of a look, then takes the first row of the table that matches. Pure and total. */
export function decide(plan: Plan, state: DecisionState, look: Look, now: number): Verdict {
  const holds = holdsOf(plan, state, look, now);
  // The arms had other proportions in another epoch: its sums say nothing about this one.
  if (look.epoch !== state.epoch) return { holds, decision: null, harmedArms: [] };
  const situation = situationOf(plan, state, look, now, holds);
  for (const row of Object.values(DECISION_TABLE)) {
    const conclusion = row.applies(situation) ? row.decide(situation) : null;
    if (!conclusion) continue;
    const { harmedArms = [], ...decision } = conclusion;
    return { holds, decision: { row: row.id, ...decision }, harmedArms };
  }
  return { holds, decision: null, harmedArms: [] };
}
