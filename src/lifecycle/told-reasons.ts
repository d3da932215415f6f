import type { Decision, Reason, UsedEvidence } from './state.js';

/** How a value stands to its threshold. */
export type Operator = '>=' | '<=' | '>' | '<';

export interface ToldEvidence extends UsedEvidence {
  /** Absent where there is no value, or where nobody knows how the two were compared. */
  op?: Operator;
}

export interface ToldReason extends Reason {
  /** Whether it made the row match; the others are for information. */
  decisive: boolean;
  evidence?: ToldEvidence[];
}

export interface ToldDecision extends Decision {
  reasons: ToldReason[];
}

/** What each quantity is asked, and what it is where the answer is no. */
const ASKED: Record<string, readonly [yes: Operator, no: Operator]> = {
  'guardrail.log_e_harm': ['>=', '<'],
  'guardrail.exclusions.log_e': ['>=', '<'],
  'guardrail.exclusions.error_free_limit': ['<', '>='],
  'srm.log_bayes_factor': ['>=', '<'],
  units: ['>=', '<'],
  'relative harm not excluded': ['<=', '>'],
  'sequence.upper': ['<', '>='],
  'sequence.lower': ['>', '<='],
};

/** The same of whatever test a row took: the first part of the quantity names it. */
const ASKED_OF_TESTS: Record<string, readonly [yes: Operator, no: Operator]> = {
  p_value: ['<=', '>'],
  relative_upper: ['<', '>='],
  relative_lower: ['>', '<='],
};

/** Codes that are said beside a decision, and change nothing about it. */
const FOR_INFORMATION: readonly string[] = [
  'guardrail_limit',
  'guardrail_without_data',
  'novelty_unseen',
  'segment_unseen',
];

/**
 * A decision as people are told of it. How values were compared is not stored: certificates hold the reasons as they are,
 * and what is said here follows from them.
 */
export function toldDecision<D extends Pick<Decision, 'decision' | 'reasons'>>(
  decision: D,
): Omit<D, 'reasons'> & { reasons: ToldReason[] } {
  return { ...decision, reasons: decision.reasons.map((reason) => toldReason(reason, decision.decision)) };
}

function toldReason(reason: Reason, decision: Decision['decision']): ToldReason {
  const { evidence } = reason;
  return {
    ...reason,
    decisive: isDecisive(reason, decision),
    ...(evidence && { evidence: evidence.map(toldEvidence) }),
  };
}

function toldEvidence(used: UsedEvidence): ToldEvidence {
  const op = operatorOf(used);
  return op === null ? used : { ...used, op };
}

/** Null where there is no value, or where the quantity is not known. */
export function operatorOf({ quantity, value, threshold }: UsedEvidence): Operator | null {
  const asked = ASKED[quantity] ?? ASKED_OF_TESTS[quantity.slice(quantity.lastIndexOf('.') + 1)];
  if (!asked || value === null) return null;
  return holds(value, asked[0], threshold) ? asked[0] : asked[1];
}

/** A winner may be good by one of its primaries alone: the others are told, too. */
function isDecisive({ code, evidence = [] }: Reason, decision: Decision['decision']): boolean {
  if (FOR_INFORMATION.includes(code)) return false;
  const isOtherPrimary =
    decision === 'winner' && code === 'primary' && evidence.some((used) => operatorOf(used) === '>');
  return !isOtherPrimary;
}

function holds(value: number, op: Operator, threshold: number): boolean {
  switch (op) {
    case '>=':
      return value >= threshold;
    case '<=':
      return value <= threshold;
    case '>':
      return value > threshold;
    case '<':
      return value < threshold;
  }
}
