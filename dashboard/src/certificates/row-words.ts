import type { RowName } from '../../../src/lifecycle/decisions/rows.js';
import { harmThreshold } from '../../../src/lifecycle/guardrails.js';
import type { Plan } from '../../../src/lifecycle/plan.js';
import { count, duration, rate } from '../words/format.js';

/** What each row of the table asks, with the numbers of this plan. */
export const WHEN: Record<RowName, (plan: Plan, epoch: number) => string> = {
  stop: () => 'A person or an emergency stop ends it',
  guardrail_harm: (plan, epoch) =>
    `A guardrail’s evidence of harm is at least ${count(Math.ceil(Math.exp(harmThreshold(plan, epoch))))}`,
  primary_harm: () => 'A primary is worse at every value of its sequence',
  untrusted_data: ({ policy }) =>
    `A hold for shares or crossed-over units outlasts ${duration(policy.srm.grace)}`,
  max_duration: ({ policy }) =>
    `${duration(policy.max_duration)} and ${duration(policy.approval_timeout)} for an answer are over`,
  ramp_step: () => 'Ramping, the step is done, no hold',
  too_early: ({ policy }) => `Before the horizon: ramping, or younger than ${duration(policy.min_duration)}`,
  too_few_units: ({ policy }) => `An arm has fewer than ${count(policy.min_units_per_variant)} units`,
  held: () => 'A hold stands, or somebody paused it',
  early_winner: () => 'Primaries good by the sequence, guardrails fit',
  futility: ({ policy }) => `No primary can still reach a lift of ${rate(policy.mde)}`,
  before_horizon: () => 'Before the horizon',
  final_test: () => 'The test at the horizon is good, guardrails fit',
  equivalence: ({ policy }) => `Every interval lies inside ±${rate(policy.mde)}`,
  inconclusive: () => 'Otherwise',
};
