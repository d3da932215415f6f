import type { Schemas } from '../../../dashboard/src/api/client.js';
import { walk } from '../../../dashboard/src/certificates/walk.js';
import type { Reported } from '../../../dashboard/src/report/report.js';
import { toldDecision } from '../../../src/lifecycle/told-reasons.js';
import { certified } from '../../certificates/certified-life.js';
import { listed } from './listed.js';

const at = '2026-01-05T12:00:00.000Z';

/** A life that ends with a winner, as the API tells of it. */
export function toldLife(): Reported {
  const certificates = certified();
  const last = certificates.at(-1)!;
  const { experiment_id, evidence } = last;
  const units = { control: 5_000, treatment: 5_000 };
  const decisions = certificates
    .map(({ n, at: then, hash, row, decision, variant, reasons }) => ({
      ...{ n, at: then, snapshot_id: null, certificate_hash: hash },
      ...toldDecision({ row, decision, ...(variant !== undefined && { variant }), reasons }),
    }))
    .reverse();
  const { n: decision_n, row, decision, variant, reasons } = decisions[0]!;
  const results = {
    ...{ experiment_id, snapshot_id: 's', at, revision: 1, epoch: 0, units, evidence },
    ...{ exploratory: [], segments: [], untold_units: null, harm_threshold: 50, decision_n },
    decision: { row, decision, variant, reasons },
  } as unknown as Schemas['Results'];
  return {
    experiment: {
      ...listed(experiment_id, { name: 'Tea & <biscuits>', state: 'completed', outcome: 'shipped' }),
      winner: 'treatment',
    },
    results,
    plan: planOf(experiment_id, results),
    series: seriesOf(experiment_id, results),
    decisions,
    certificates: JSON.stringify(certificates),
    walked: walk(last),
    isPast: false,
    made_at: Date.parse('2026-01-06T12:00:00.000Z'),
    version: '0.0.0',
    origin: 'here',
  };
}

function planOf(experiment_id: string, { evidence }: Schemas['Results']): Schemas['Plan'] {
  const stage = (kind: 'ramp' | 'run', from: string, until: string) => ({
    ...{
      kind,
      step: 0,
      coverage: kind === 'run' ? 100 : 10,
      status: 'done' as const,
      from,
      until,
      gates: [],
    },
  });
  return {
    ...{ experiment_id, at, policy: {}, interruptions: [] },
    metrics: evidence.metrics.map(({ metric_id, role, kind }) => ({
      ...{ metric_id, role, kind, direction: 'increase' as const, margin: null },
    })),
    thresholds: {
      ...{ harm: 50, safe: 20, suspect: 0.01, srm: 100, mde: 0.01, tests: 1, min_units_per_variant: 100 },
      alpha: { interim: 0.01, final: 0.04 },
    },
    stages: [
      stage('ramp', '2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'),
      stage('run', '2026-01-02T00:00:00.000Z', at),
    ],
  };
}

function seriesOf(experiment_id: string, { evidence }: Schemas['Results']): Schemas['Series'] {
  const looks = ['2026-01-02T12:00:00.000Z', at].map((moment, index) => ({
    ...{ n: index + 1, snapshot_id: `s${index}`, at: moment, revision: 1, epoch: 0 },
    ...{ units: { control: 100, treatment: 100 }, srm_log_bayes_factor: null },
  }));
  return {
    ...{ experiment_id, looks_in_all: looks.length, looks },
    epochs: [{ epoch: 0, kind: 'experiment', from: looks[0]!.at, to: at }],
    series: evidence.metrics.flatMap(({ metric_id, comparisons }) =>
      comparisons.map(({ variant }) => ({
        ...{ metric_id, variant, lift: [0.5, 0.123_456_789_012], lower: [null, 0.1], upper: [null, 0.2] },
        ...{ difference: [0.1, -0.01], difference_lower: [null, -0.02], difference_upper: [null, 0.02] },
        log_e_harm: [null, -1.5],
      })),
    ),
  };
}
