/**
 * The rows of the decision table by name. Their numbers stand in stored decisions, timelines and certificates: a row
 * keeps its number forever, and a new one takes the next free number wherever it stands in the order.
 */
export const ROW = {
  stop: 1,
  guardrail_harm: 2,
  primary_harm: 3,
  untrusted_data: 4,
  max_duration: 5,
  ramp_step: 6,
  too_early: 7,
  too_few_units: 8,
  held: 9,
  early_winner: 10,
  futility: 11,
  before_horizon: 12,
  final_test: 13,
  equivalence: 14,
  inconclusive: 15,
} as const;

export type RowName = keyof typeof ROW;
export type RowId = (typeof ROW)[RowName];

/** Rows of proven harm: they wait for nothing, neither a poll nor a phase. */
export const HARM_ROWS: readonly RowId[] = [ROW.guardrail_harm, ROW.primary_harm];
