/**
 * The rows of the decision table by name. Stored decisions, timelines and certificates contain the numbers: a row keeps
 * its number forever, and a new row takes the next free number, wherever it is in the order.
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

/** Rows of proven harm, which wait neither for the next poll nor for a phase. */
export const HARM_ROWS: readonly RowId[] = [ROW.guardrail_harm, ROW.primary_harm];
