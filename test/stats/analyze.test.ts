import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/metrics/evidence-for.js';
import { logNormalCdf, normalUpperTail } from '../../src/stats/distributions.js';
import { errorRateEvidence } from '../../src/stats/error-rate.js';
import type { AnalyzeInput } from '../../src/stats/input.js';
import { benjaminiHochberg, holm } from '../../src/stats/multiplicity.js';
import { AnalyzeInputError } from '../../src/stats/parse-input.js';
import { sequenceMultiplier, sequencePValue } from '../../src/stats/sequential.js';
import { logBayesFactor, sampleRatio } from '../../src/stats/srm.js';

const design = {
  control: 'control',
  allocation: { control: 50, treatment: 50 },
  planned_units: 20_000,
  alpha: { interim: 0.01, final: 0.04, guardrail: 0.05 },
};

function metric(kind: string, control: object, treatment: object, more: object = {}): AnalyzeInput {
  const metrics = [
    {
      metric_id: 'm',
      role: 'primary',
      kind,
      direction: 'increase',
      ...more,
      arms: { control, treatment },
    },
  ];
  return { ...design, metrics } as unknown as AnalyzeInput;
}

function only(input: AnalyzeInput) {
  return analyze(input).metrics[0]!.comparisons[0]!;
}

/** Equal to nine digits. */
function near(value: number | null, wanted: number): void {
  expect(value).not.toBeNull();
  expect(Math.abs(value! - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(Math.abs(wanted), 1e-300) + 6e-10);
}

describe('golden values', () => {
  it('tests two proportions by the pooled z', () => {
    const one = only(metric('proportion', { n: 10_000, sum: 1000 }, { n: 10_000, sum: 1100 }));
    near(one.p_value, 0.021075189);
    near(one.difference, 0.01);
    near(one.relative.lift, 0.1);
  });

  it("agrees with Welch's t of R's sleep data", () => {
    const one = only(
      metric('mean', { n: 10, sum: 233, sum_sq: 9037 }, { n: 10, sum: 75, sum_sq: 3443 }, { scale: 10 }),
    );
    near(one.z, -1.860813467);
    near(one.welch_df!, 17.776473516);
    near(one.p_value, 0.07939414);
  });

  it('has the half-width of the confidence sequence', () => {
    near(sequenceMultiplier(0.05, 1000, 1000), 3.03520899);
  });

  it('has the Bayes factor of a sample ratio', () => {
    near(logBayesFactor([5200, 4800], [0.5, 0.5], 1), 3.171148134);
  });

  it('integrates the chance to win', () => {
    const one = only(metric('proportion', { n: 1000, sum: 100 }, { n: 1000, sum: 120 }));
    expect(one.bayes.chance_to_win).toBeCloseTo(0.923183439, 6);
  });

  it('has tails to z = 30', () => {
    near(normalUpperTail(30) / 4.906713927148187e-198, 1);
    // Both sides of the point where the asymptotic series takes over.
    near(logNormalCdf(-29.9999999999) / logNormalCdf(-30.0000000001), 1);
  });
});

describe('properties', () => {
  const arm = fc
    .integer({ min: 0, max: 5000 })
    .chain((n) => fc.record({ n: fc.constant(n), sum: fc.integer({ min: 0, max: n }) }));
  const numbers = (value: unknown): number[] =>
    typeof value === 'number'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(numbers)
        : [];

  it('never answers NaN or Infinity, whatever the counts', () => {
    fc.assert(
      fc.property(arm, arm, (control, treatment) => {
        const evidence = analyze(
          metric('proportion', control, treatment, { role: 'guardrail', margin: 0.1 }),
        );
        expect(numbers(evidence).every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('never answers NaN or Infinity for error rates, and an e-value from the first unit on', () => {
    fc.assert(
      fc.property(arm, arm, (control, treatment) => {
        const evidence = analyze(
          metric(
            'error_rate',
            { n: control.n, errors: control.sum },
            { n: treatment.n, errors: treatment.sum },
            {
              role: 'guardrail',
              direction: 'decrease',
              margin: 0.05,
            },
          ),
        );
        expect(numbers(evidence).every(Number.isFinite)).toBe(true);
        expect(evidence.metrics[0]!.comparisons[0]!.guardrail!.log_e_harm).not.toBeNull();
      }),
    );
  });

  it('mirrors when the arms change places', () => {
    fc.assert(
      fc.property(arm, arm, (a, b) => {
        const [there, back] = [only(metric('proportion', a, b)), only(metric('proportion', b, a))];
        expect(back.p_value).toBe(there.p_value);
        expect(back.difference === null ? null : -back.difference + 0).toBe(there.difference);
      }),
    );
  });

  it('takes integers beyond 2^53 as decimal strings, exactly', () => {
    const one = only(
      metric(
        'mean',
        { n: 4, sum: '4000000002', sum_sq: '4000000004000000002' },
        { n: 4, sum: '4000000006', sum_sq: '4000000012000000010' },
      ),
    );
    near(one.difference, 1);
    near(one.standard_error! ** 2, (1 / 3 + 1 / 3) / 4);
  });
});

describe('where there is no answer', () => {
  it('says that there are too few units', () => {
    const one = only(metric('proportion', { n: 1, sum: 1 }, { n: 10, sum: 3 }));
    expect(one).toMatchObject({ value: 0.3, z: null, p_value: null, notes: ['too_few_units'] });
    expect(one.relative).toMatchObject({ lower: null, upper: null, bounded: false, level: 0.96 });
  });

  it('says that nothing varies', () => {
    const one = only(metric('proportion', { n: 10, sum: 0 }, { n: 10, sum: 0 }));
    expect(one).toMatchObject({ standard_error: 0, z: null, p_value: null });
    expect(one.notes).toEqual(['zero_variance', 'control_is_zero']);
    expect(one.bayes.chance_to_win).toBeCloseTo(0.5, 6);
  });
});

describe('wrong input', () => {
  it('names every wrong field at once', () => {
    const input = {
      ...metric('proportion', { n: 1, sum: 2 }, { n: -1, sum: 0.5 }),
      planned_units: 0,
      extra: 1,
    };
    try {
      analyze(input);
      expect.unreachable();
    } catch (error) {
      expect((error as AnalyzeInputError).errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
        'extra unknown_field',
        'planned_units out_of_range',
        'metrics.0.arms.control.sum out_of_range',
        'metrics.0.arms.treatment.n out_of_range',
        'metrics.0.arms.treatment.sum invalid_type',
      ]);
    }
  });

  it('refuses anything that is no input, without a stack', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => analyze(value)).toThrow(AnalyzeInputError);
      }),
    );
  });
});

const EQUAL = { treatment: 1, control: 1 };

describe('sequential promises, simulated with a fixed seed', () => {
  it('errs no more often than alpha while looking all the time', () => {
    const random = generator(7);
    const runs = 400;
    let rejections = 0;
    for (let run = 0; run < runs; run += 1) {
      let sum = 0;
      let n = 0;
      for (let look = 0; look < 200; look += 1) {
        for (let i = 0; i < 25; i += 1) sum += normal(random);
        n += 25;
        if (sequencePValue(0.05, 5000, n, sum / Math.sqrt(n)) <= 0.05) {
          rejections += 1;
          break;
        }
      }
    }
    expect(rejections / runs).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
  });

  it('proves harm of an error rate that has none no more often than alpha', () => {
    const random = generator(11);
    const runs = 400;
    let proven = 0;
    for (let run = 0; run < runs; run += 1) {
      const errors = { treatment: 0, control: 0 };
      for (let look = 0; look < 300; look += 1) {
        errors[random() < 1.05 / 2.05 ? 'treatment' : 'control'] += 1;
        if (errorRateEvidence([{ errors, weights: EQUAL }], 0.05).log_e_harm >= Math.log(1 / 0.05)) {
          proven += 1;
          break;
        }
      }
    }
    expect(proven / runs).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
  });

  it('proves harm of one that doubles', () => {
    const evidence = errorRateEvidence([{ errors: { treatment: 80, control: 40 }, weights: EQUAL }], 0.05);
    expect(evidence.log_e_harm).toBeGreaterThan(Math.log(20));
  });

  it('alarms at a broken split and not at a fair one', () => {
    expect(sampleRatio([5000, 5050], [1, 1]).alarm).toBe(false);
    expect(sampleRatio([5000, 5600], [1, 1]).alarm).toBe(true);
  });
});

describe('multiplicity', () => {
  it('rejects by Holm and by Benjamini and Hochberg', () => {
    expect(holm([0.01, 0.04, 0.03], 0.05)).toEqual([true, false, false]);
    expect(holm([0.01, 0.02, 0.03], 0.05)).toEqual([true, true, true]);
    expect(benjaminiHochberg([0.01, 0.04, 0.03, 0.5], 0.05)).toEqual([true, false, false, false]);
  });
});

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
