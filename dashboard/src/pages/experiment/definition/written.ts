import type { Schemas } from '../../../api/client.js';
import { count, percent, rate } from '../../../words/format.js';
import { exactTime } from '../../../words/times.js';

type Experiment = Schemas['Experiment'];

/** What people write of an experiment; the rest of an answer is where it stands. */
const WRITTEN = [
  ...(['experiment_id', 'name', 'description', 'hypothesis', 'owner', 'tags', 'environment'] as const),
  ...(['variants', 'control', 'success_metrics', 'target_audience', 'segments', 'unit', 'flag_id'] as const),
  ...(['layer_id', 'layer_share', 'policy_id', 'start_date', 'end_date'] as const),
] satisfies (keyof Experiment)[];

/** The definition as it can be sent again. */
export function writtenOf(experiment: Experiment): Partial<Experiment> {
  return Object.fromEntries(
    WRITTEN.filter((field) => experiment[field] !== undefined).map((field) => [field, experiment[field]]),
  );
}

export type Fact = [name: string, text: string];

export function aboutFacts(experiment: Experiment): Fact[] {
  const { name, description, hypothesis, owner, tags, environment, created_at, created_by } = experiment;
  return present([
    ['Name', name],
    ['Description', description],
    ['Hypothesis', hypothesis],
    ['Owner', owner],
    ['Tags', tags === undefined || tags.length === 0 ? undefined : tags.join(', ')],
    ['Environment', environment ?? 'every one'],
    ['Created', `${exactTime(Date.parse(created_at))}, by ${created_by}`],
  ]);
}

export function audienceFacts(experiment: Experiment): Fact[] {
  const { target_audience, unit, flag_id, layer_id, layer_share, start_date, end_date } = experiment;
  const { segments = [] } = experiment;
  const { include = [], exclude = [], sample_size } = target_audience ?? {};
  return present([
    ['Who', include.length === 0 ? 'everybody' : `any of ${include.join(', ')}`],
    ['Not', exclude.length === 0 ? undefined : exclude.join(', ')],
    ['Sample', sample_size === undefined ? undefined : `${count(sample_size)} units, then it decides`],
    ['Harm is looked for in', segments.length === 0 ? undefined : `all units, and ${segments.join(', ')}`],
    ['Unit', unit],
    ['Flag', flag_id],
    ['Layer', layer_id === undefined ? undefined : layerText(layer_id, layer_share)],
    ['Starts', start_date === undefined ? 'when it is started' : exactTime(Date.parse(start_date))],
    ['Ends', end_date === undefined ? 'when the policy says so' : exactTime(Date.parse(end_date))],
  ]);
}

function layerText(layer_id: string, share: number | undefined): string {
  return share === undefined ? layer_id : `${percent(share)} of the units of ${layer_id}`;
}

/** What the start measured and froze; empty before it. */
export function frozenFacts(experiment: Experiment): Fact[] {
  const { planned_units, traffic, caps = [], prior_lifts = [] } = experiment;
  if (planned_units === undefined) return [];
  return [
    ['Planned units', `${count(Math.round(planned_units))}: the sequence is tightest there`],
    ['Traffic', trafficText(traffic ?? null)],
    ...caps.map(({ metric_id, percentile, cap, source }): Fact => [
      `Cap of ${metric_id}`,
      cap === null
        ? `not known: no ended experiment measured enough units for the ${percentile}th percentile`
        : `${cap}, the ${percentile}th percentile of ${source === null ? 'units' : `${count(source.units)} units of ${source.experiment_id}`}`,
    ]),
    ...(prior_lifts.length === 0
      ? [['Past lifts', 'not known: too few ended experiments, so estimates are shrunk by none'] as Fact]
      : prior_lifts.map(({ metric_id, standard_deviation, experiments }): Fact => [
          `Past lifts of ${metric_id}`,
          `${rate(standard_deviation)} apart (standard deviation) in ${experiments} experiments; estimates are shrunk by that`,
        ])),
  ];
}

function trafficText(traffic: NonNullable<Experiment['traffic']> | null): string {
  if (traffic === null) return 'was not known';
  const { units_per_day, expected_units, source } = traffic;
  return `${count(Math.round(units_per_day))} units a day, as on ${source.experiment_id}; ${count(Math.round(expected_units))} by the end`;
}

function present(facts: readonly (readonly [string, string | undefined])[]): Fact[] {
  return facts.filter((fact): fact is Fact => fact[1] !== undefined);
}
