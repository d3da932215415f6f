import { describe, expect, it } from 'vitest';
import {
  groupsOfMetric,
  groupsOfSegment,
  heterogeneityFinding,
  untoldText,
} from '../../../dashboard/src/pages/experiment/evidence/segment-rows.js';
import {
  guardrailFinding,
  guardrailName,
  guardrailsOf,
} from '../../../dashboard/src/pages/experiment/guardrails/guardrail-state.js';
import { toldLife } from './told-life.js';

const { results, plan, experiment } = toldLife();
const [metric] = results.evidence.metrics;
const of = { metric_id: metric!.metric_id, variant: 'treatment' };

function segment(name: string, q: number | null, differs = false) {
  const comparison = {
    ...{ variant: 'treatment', control_value: 1, value: 2, difference: 1, lift: 1, discovery: differs },
    sequence: metric!.comparisons[0]!.sequence,
    heterogeneity: q === null ? null : { q, df: 1 as const, p_value: 0.0004, sequential_p: 0.01, differs },
  };
  return {
    segment: name,
    units: { control: 11, treatment: 12 },
    metrics: [{ metric_id: of.metric_id, role: metric!.role, comparisons: [comparison] }],
  };
}

const withSegments = (...segments: ReturnType<typeof segment>[]) => ({ ...results, segments });

describe('a metric by segment', () => {
  it('is said to differ only where that was found', () => {
    const name = `${of.metric_id} of treatment`;
    expect(heterogeneityFinding(withSegments(segment('ios', 12, true), segment('de', 1)), of)).toBe(
      `${name} differs in ios from the rest`,
    );
    expect(heterogeneityFinding(withSegments(segment('ios', 2)), of)).toBe(
      `${name}: no segment is known to differ from the rest`,
    );
    expect(heterogeneityFinding(withSegments(segment('ios', null)), of)).toBe(
      `${name}: whether segments differ cannot be told yet`,
    );
  });

  it('has a row for all units, and one for each segment', () => {
    const shown = {
      ...{ experiment, plan, scale: 'relative' as const },
      results: withSegments(segment('ios', 12, true), segment('de', 1)),
    };
    const [group] = groupsOfMetric(shown, of);
    expect(group!.rows.map(({ label }) => label)).toEqual(['All units', 'ios', 'de']);
    expect(group!.rows[1]!.verdict).toBe('differs');
    expect(groupsOfSegment(shown, shown.results.segments[0]!)[0]!.rows[0]).toMatchObject({
      metric_id: of.metric_id,
      value: 1,
      decided: false,
    });
  });

  it('says of how many units nobody told', () => {
    expect(untoldText({ ...results, untold_units: 12 })).toMatch(/^Of 12 units nobody told/);
    expect(untoldText({ ...results, untold_units: 0 })).toBeNull();
    expect(untoldText(results)).toBeNull();
  });
});

describe('the bars of guardrails', () => {
  it('name the segment that is nearest to its roll-back', () => {
    const guardrail = results.evidence.metrics.find(({ role }) => role === 'guardrail')!;
    const { metric_id } = guardrail;
    const seen = (name: string, log_e_harm: number | null) => ({
      segment: name,
      guardrails: [{ metric_id, variant: 'treatment', margin: 0.05, log_e_harm, p_value: 0.5 }],
      primaries: [],
      units: {},
    });
    const segments = [seen('de', 1), seen('ios', 99), seen('new', null)];
    const bars = guardrailsOf({ ...results, evidence: { ...results.evidence, segments } }, plan);
    const own = bars.filter((one) => one.metric_id === metric_id && one.segment !== null);
    expect(own.map(guardrailName)).toEqual([`${metric_id} of treatment in ios`]);
    expect(guardrailFinding(bars)).toBe(`${metric_id} of treatment in ios proves harm`);
  });
});
