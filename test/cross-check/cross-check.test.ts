import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../src/metrics/evidence-for.js';
import { METRIC_KINDS, METRIC_ROLES } from '../../src/model/metric.js';
import { Random } from '../../src/rehearsal/random.js';
import type { AnalyzeInput, MetricInput } from '../../src/stats/input.js';
import { benjaminiHochberg, holm } from '../../src/stats/multiplicity.js';
import { slopeOf } from '../../src/stats/novelty.js';
import { unitsFor } from '../../src/stats/power.js';
import { pythonWith, run } from '../python.js';

const FOLDER = import.meta.dirname;
const ANALYSES = 300;

/** Sums of units that could exist: ordinary, tiny, huge and degenerate. */
class Inputs {
  private readonly random = new Random(20_260_601);

  integer(from: number, to: number): number {
    return from + Math.floor(this.random.uniform() * (to - from + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)]!;
  }

  units(): number {
    const size = this.pick([1, 2, 2, 3, 4, 5, 6, 9]);
    return this.integer(size === 1 ? 0 : 2, 10 ** size);
  }

  analysis(): AnalyzeInput {
    const variants = this.pick([
      ['control', 'treatment'],
      ['b', 'a', 'control'],
    ]);
    const metrics = Array.from({ length: this.integer(1, 3) }, (_, index) => this.metric(index, variants));
    return {
      control: 'control',
      allocation: Object.fromEntries(variants.map((name) => [name, this.pick([1, 10, 33.33, 50, 90])])),
      planned_units: this.pick([100, 4_000, '20000', 1e6]),
      at_horizon: this.pick([true, false]),
      ...(this.pick([true, false]) && { mde: this.pick([0.01, 0.2]) }),
      ...(this.pick([true, false]) && { later_epochs: this.pick([1, 4]) }),
      alpha: this.pick([
        { interim: 0.01, final: 0.04, guardrail: 0.05 },
        { interim: 0.005, final: 0.02, guardrail: 0.1 },
      ]),
      metrics,
    };
  }

  metric(index: number, variants: readonly string[]): MetricInput {
    const kind = this.pick(METRIC_KINDS);
    const role = this.pick(METRIC_ROLES);
    const rate = this.pick([0, 0.001, 0.02, 0.1, 0.5, 0.97, 1]);
    const offset = this.pick([0, 0, -50, -80, -3_000, 1e6]);
    const spread = this.pick([true, true, true, true, false]);
    const shape = this.pick(['plain', 'plain', 'covariate', 'strata'] as const);
    const make = (): MetricInput['arms'] =>
      Object.fromEntries(
        variants.map((name) => [name, spread ? this.arm(kind, rate, offset) : this.alike(kind)]),
      );
    const strata = Array.from({ length: shape === 'strata' ? this.integer(1, 3) : 0 }, () => ({
      allocation: Object.fromEntries(variants.map((name) => [name, this.pick([5, 50, 95])])),
      arms: make(),
    }));
    // A stage with fewer than two units in an arm is left out, and its sums would not be those of the arms.
    const isWhole = strata.every(({ arms }) => Object.values(arms).every(({ n }) => Number(n) > 1));
    const hasCovariate =
      shape === 'covariate' && (kind === 'mean' || kind === 'proportion' || kind === 'ratio');
    return {
      metric_id: `m${index}`,
      role,
      kind,
      direction: this.pick(['increase', 'decrease']),
      ...((kind === 'mean' || kind === 'ratio') && { scale: this.pick([1, 100, 1000]) }),
      ...(role === 'guardrail' && { margin: this.pick([0.05, 0.2, 1, 1.5]) }),
      ...(this.pick([true, false, false]) && { prior_sd: this.pick([0.004, 3]) }),
      ...(strata.length > 0 && isWhole
        ? { strata, arms: addUp(strata.map(({ arms }) => arms)) }
        : {
            arms: hasCovariate
              ? Object.fromEntries(variants.map((name) => [name, this.withCovariate(kind, rate, offset)]))
              : make(),
          }),
    };
  }

  arm(kind: MetricInput['kind'], rate: number, offset: number): Record<string, number | string> {
    const n = this.units();
    const shifted = Math.min(1, rate * (1 + 0.2 * this.random.normal() ** 2));
    switch (kind) {
      case 'proportion':
        return { n, sum: this.random.binomial(n, shifted) };
      case 'error_rate':
        return { n, errors: this.random.binomial(n, shifted) };
      case 'mean':
        return this.sumsOfValues(n, offset);
      case 'ratio':
      case 'quantile':
        return this.clustered(n, shifted);
    }
  }

  /** Units that all have the same number: none has a spread. */
  private alike(kind: MetricInput['kind']): Record<string, number | string> {
    const n = this.pick([2, 15, 30, 5_000, this.units()]);
    switch (kind) {
      case 'proportion':
        return { n, sum: this.pick([0, n]) };
      case 'error_rate':
        return { n, errors: this.pick([0, n]) };
      case 'mean': {
        const own = this.pick([-7, 0, 0, 3]);
        return texts({ n: BigInt(n), sum: BigInt(n * own), sum_sq: BigInt(n * own * own) });
      }
      case 'ratio':
      case 'quantile': {
        const [y, d] = [this.pick([0, 1, 2]), 2];
        return { n, sum_y: n * y, sum_d: n * d, sum_yy: n * y * y, sum_dd: n * d * d, sum_yd: n * y * d };
      }
    }
  }

  /** A handful of distinct values, each many times over: exact sums of as many units as one likes. */
  private sumsOfValues(n: number, offset: number): Record<string, string> {
    const sums = { n: BigInt(n), sum: 0n, sum_sq: 0n };
    for (const [count, value] of this.shared(n)) {
      const own = BigInt(value + offset);
      sums.sum += BigInt(count) * own;
      sums.sum_sq += BigInt(count) * own * own;
    }
    return texts(sums);
  }

  /** Several groups of units, alike in each: what they did before explains part of what they do. */
  private withCovariate(
    kind: 'mean' | 'proportion' | 'ratio',
    rate: number,
    offset: number,
  ): Record<string, string> {
    const n = Math.max(8, this.units());
    if (kind === 'proportion') {
      const sum = this.random.binomial(n, rate);
      const both = this.random.binomial(sum, this.pick([0.1, 0.5, 0.9]));
      const sum_x = both + this.random.binomial(n - sum, 0.1);
      return texts({ n: BigInt(n), sum: BigInt(sum), sum_x: BigInt(sum_x), sum_xy: BigInt(both) });
    }
    const sums: Record<string, bigint> = {};
    const groups = 8;
    for (let index = 0; index < groups; index += 1) {
      const count = Math.floor((n * (index + 1)) / groups) - Math.floor((n * index) / groups);
      const before = this.integer(0, 60);
      const after = this.integer(-20, 90) + this.pick([0, 1, 2]) * before;
      const unit: Record<string, number> =
        kind === 'mean'
          ? { y: after + offset, x: before }
          : { y: Math.abs(after), d: this.integer(1, 9), a: before, b: this.integer(0, 9) };
      const add = (name: string, value: number): void => {
        sums[name] = (sums[name] ?? 0n) + BigInt(count) * BigInt(value);
      };
      add('n', 1);
      const names = Object.keys(unit);
      for (const [i, one] of names.entries()) {
        add(`sum_${one}`, unit[one]!);
        for (const other of names.slice(i)) add(`sum_${one}${other}`, unit[one]! * unit[other]!);
      }
    }
    if (kind === 'ratio') return texts(sums);
    const { n: units, sum_y, sum_yy, sum_x, sum_xx, sum_yx } = sums;
    return texts({
      n: units!,
      sum: sum_y!,
      sum_sq: sum_yy!,
      sum_x: sum_x!,
      sum_xx: sum_xx!,
      sum_xy: sum_yx!,
    });
  }

  private clustered(n: number, rate: number): Record<string, string> {
    const sums = { n: BigInt(n), sum_y: 0n, sum_d: 0n, sum_yy: 0n, sum_dd: 0n, sum_yd: 0n };
    for (const [count, value] of this.shared(n)) {
      const [c, d] = [BigInt(count), BigInt(Math.abs(value) + 1)];
      const y = BigInt(this.random.binomial(Number(d), rate));
      sums.sum_y += c * y;
      sums.sum_d += c * d;
      sums.sum_yy += c * y * y;
      sums.sum_dd += c * d * d;
      sums.sum_yd += c * y * d;
    }
    return texts(sums);
  }

  private shared(n: number): [count: number, value: number][] {
    const groups = Math.min(n, this.integer(1, 8));
    return Array.from({ length: groups }, (_, index) => {
      const from = Math.floor((n * index) / groups);
      return [Math.floor((n * (index + 1)) / groups) - from, this.integer(-40, 200)];
    });
  }

  powers(): object {
    const kind = this.pick(['proportion', 'mean', 'ratio', 'quantile'] as const);
    const [baseline, mde] = [this.pick([0.01, 0.1, 0.4]), this.pick([0.01, 0.05, 0.3])];
    const standard_deviation = this.pick([0.5, 3]);
    const options = {
      alpha: this.pick([0.05, 0.01]),
      power: this.pick([0.8, 0.9]),
      ratio: this.pick([0.5, 1, 3]),
      correlation: this.pick([0, 0.6]),
      comparisons: this.pick([1, 2, 6]),
    };
    const metric = kind === 'proportion' ? { kind, baseline } : { kind, baseline, standard_deviation };
    return { kind, baseline, mde, standard_deviation, options, units: unitsFor({ metric, ...options }, mde) };
  }

  family(): object {
    const p = Array.from({ length: this.integer(1, 8) }, () => this.random.uniform() ** 3);
    const alpha = this.pick([0.01, 0.05]);
    return { p, alpha, holm: holm(p, alpha), bh: benjaminiHochberg(p, alpha) };
  }

  novelty(): object {
    const days = Array.from({ length: this.integer(3, 20) }, (_, day) => ({
      day: day + 20_000,
      log_ratio: this.random.normal(),
      variance: 0.1 + this.random.uniform(),
    }));
    return { ...slopeOf(days), days };
  }
}

function texts(sums: Record<string, bigint>): Record<string, string> {
  return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, value.toString()]));
}

function addUp(parts: readonly MetricInput['arms'][]): MetricInput['arms'] {
  const arms: Record<string, Record<string, bigint>> = {};
  for (const [variant, sums] of parts.flatMap((part) => Object.entries(part))) {
    const own = (arms[variant] ??= {});
    for (const [name, value] of Object.entries(sums)) own[name] = (own[name] ?? 0n) + BigInt(value);
  }
  return Object.fromEntries(Object.entries(arms).map(([variant, sums]) => [variant, texts(sums)]));
}

interface Report {
  compared: Record<string, number>;
  worst: Record<string, number>;
  failures: unknown[];
  failed: number;
}

describe('scipy, statsmodels and 50 digits of mpmath', () => {
  let report: Report;

  beforeAll(async () => {
    const inputs = new Inputs();
    const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
    const cases = {
      analyses: many(ANALYSES, () => inputs.analysis()).map((input) => [input, analyze(input)]),
      powers: many(100, () => inputs.powers()),
      families: many(100, () => inputs.family()),
      novelties: many(50, () => inputs.novelty()),
    };
    const requirements = join(FOLDER, 'requirements.txt');
    const python = await pythonWith('cross-check', requirements, ['-r', requirements]);
    const answer = await run(python, [join(FOLDER, 'check.py')], { input: JSON.stringify(cases) });
    report = JSON.parse(answer) as Report;
  }, 600_000);

  it('agree with every number of the evidence', () => {
    expect(report.failures).toEqual([]);
    expect(report.failed).toBe(0);
  });

  it('were asked about every field, often enough', () => {
    const fields = Object.keys(report.compared);
    expect(fields).toEqual(
      expect.arrayContaining([
        'p_value scipy welch',
        'p_value statsmodels ztest',
        'p_value scipy chi2',
        'sequence.half_width',
        'sequence.relative_lower',
        'final.p_value student',
        'final.p_value normal',
        'final.relative_upper',
        'estimate',
        'valid_now',
        'z without spread',
        'guardrail.log_e_harm',
        'guardrail.harm',
        'guardrail.non_inferior',
        'error_rate.log_e_harm',
        'srm.log_bayes_factor',
        'bayes.chance_to_win',
        'bayes.credible of rates',
        'bayes.credible normal',
        'cuped.theta',
        'cuped.variance_left',
        'power.units',
        'holm',
        'benjamini_hochberg',
        'novelty.z',
      ]),
    );
    for (const field of fields) {
      if (!field.includes(' of nothing')) expect(report.compared[field], field).toBeGreaterThan(20);
    }
  });
});
