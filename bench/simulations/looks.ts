import { KINDS } from '../../src/metrics/kinds.js';
import type { Random } from '../../src/rehearsal/random.js';
import { evidenceOf } from '../../src/stats/analyze.js';
import type { Comparison } from '../../src/stats/evidence.js';
import type { ExactInput, ExactMetric } from '../../src/stats/input.js';
import type { Population, Units } from './populations.js';

/** Control to treatment, in any scale. */
export type Shares = readonly [control: number, treatment: number];

export const ALPHA = { interim: 0.01, final: 0.04, guardrail: 0.05 };

/** What a look analyses besides the sums: one metric in two arms. */
export interface Design {
  kind: Population['kind'];
  shares: Shares;
  planned_units: number;
  role?: ExactMetric['role'];
  direction?: ExactMetric['direction'];
  margin?: number;
  prior_sd?: number;
  mde?: number;
  alpha?: Partial<typeof ALPHA>;
  later_epochs?: number;
}

export function inputOf(design: Design, [control, treatment]: readonly [Units, Units]): ExactInput {
  const { kind, shares, planned_units, role = 'primary', direction = 'increase' } = design;
  const { margin, prior_sd, mde, later_epochs } = design;
  return {
    control: 'control',
    allocation: { control: shares[0], treatment: shares[1] },
    planned_units,
    alpha: { ...ALPHA, ...design.alpha },
    ...(mde !== undefined && { mde }),
    ...(later_epochs !== undefined && { later_epochs }),
    units: null,
    metrics: [
      {
        metric_id: 'm',
        role,
        kind,
        statistics: KINDS[kind],
        direction,
        scale: 1n,
        ...(margin !== undefined && { margin }),
        ...(prior_sd !== undefined && { prior_sd }),
        arms: { control: control.sums(), treatment: treatment.sums() },
        strata: [],
      },
    ],
  };
}

/** The evidence of a look, without the Bayesian readout, which decides nothing. */
export function compared(input: ExactInput): Comparison {
  return evidenceOf(input, { bayes: false }).metrics[0]!.comparisons[0]!;
}

/** Adds `units` new ones, each to the treatment with the probability of its share. */
export function enrol(random: Random, arms: readonly [Units, Units], shares: Shares, units: number): void {
  const treated = random.binomial(units, shares[1] / (shares[0] + shares[1]));
  arms[0].add(units - treated);
  arms[1].add(treated);
}

/**
 * Batches of new units between looks: each look comes after 5 % more units, at first after every fifth unit. More often
 * would find little more to err with.
 */
export function batches(units: number): number[] {
  const found: number[] = [];
  for (let n = 0; n < units; n += found.at(-1)!) found.push(Math.max(5, Math.round(n * 0.05)));
  return found;
}

export function sharesText([control, treatment]: Shares): string {
  return `${control}/${treatment}`;
}
