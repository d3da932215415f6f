import type { Look } from '../look.js';
import { comparedTreatments } from '../compared.js';
import { endOf, type Plan } from '../plan.js';
import type { Circumstances, Decision, DecisionKind, Hold, State, UsedEvidence } from '../state.js';

/** The part of the state that decisions read. */
export type DecisionState = Omit<Circumstances, 'final_snapshot_id'> & Pick<State, 'final_look'>;

/** All that a row of the decision table may look at. */
export interface Situation {
  plan: Plan;
  state: DecisionState;
  look: Look;
  /** Ms since the epoch. */
  now: number;
  /** Every hold condition that is met at this look. */
  holds: Hold[];
  /** Treatments that are compared, in the order of the plan. */
  treatments: string[];
  /** Whether the planned end or the planned sample has been reached. */
  atHorizon: boolean;
}

/** What a row concludes from a situation that it matches. */
export type Conclusion = Omit<Decision, 'row'> & {
  /** Treatments to drop, where others stay. */
  harmedArms?: string[];
};

export function situationOf(
  plan: Plan,
  state: DecisionState,
  look: Look,
  now: number,
  holds: Hold[],
): Situation {
  return {
    plan,
    state,
    look,
    now,
    holds,
    treatments: comparedTreatments(plan, state),
    atHorizon: now >= endOf(plan, state) || state.sample_complete_at !== null,
  };
}

/** A conclusion with a single reason. */
export function conclude(
  decision: DecisionKind,
  code: string,
  text: string,
  evidence: UsedEvidence[] = [],
): Conclusion {
  return { decision, reasons: [{ code, text, ...(evidence.length > 0 && { evidence }) }] };
}

/** The look that the tests at the horizon are taken on. */
export function finalLookOf({ state, look }: Situation): Look {
  return state.final_look ?? look;
}
