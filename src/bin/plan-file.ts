import { validationFailed, type FieldError } from '../errors.js';
import type { Baseline } from '../metrics/kind.js';
import { metricSchema } from '../metrics/metric-schema.js';
import { experimentSchema, type ExperimentDefinition } from '../model/experiment.js';
import type { Launch } from '../model/launch.js';
import { builtInMetrics, type MetricDocument } from '../model/metric.js';
import { builtInPolicies, policySchema, type PolicyDocument } from '../model/policy.js';
import { launchOf } from '../operations/freeze-launch.js';
import type { GivenFacts, KnownFacts } from '../operations/planning-answer.js';
import { parse } from '../validation.js';
import { checked } from './checked.js';
import { numberIn } from './number-option.js';
import { readJson } from './output.js';

/** Options of commands that plan an experiment from its file. */
export const PLAN_OPTIONS = {
  policy: { type: 'string' },
  metric: { type: 'string', multiple: true },
  baseline: { type: 'string', multiple: true },
  'units-per-day': { type: 'string' },
} as const;

export interface PlanValues {
  policy?: string | undefined;
  metric?: string[] | undefined;
  baseline?: string[] | undefined;
  'units-per-day'?: string | undefined;
}

/** Without a server nothing is stored that could be known. */
export const NOTHING_KNOWN: KnownFacts = { baselines: {}, traffic: null };

/**
 * The launch of an experiment in a file, as a start would freeze it. Built-in metrics and policies need no files.
 *
 * @throws {RampartError} validation_failed, malformed_json
 */
export async function launchFromFile(values: PlanValues, files: readonly string[]): Promise<Launch> {
  const definition = parse(experimentSchema, await readJson(files));
  const metrics = new Map<string, MetricDocument>();
  for (const metric of builtInMetrics) metrics.set(metric.metric_id, metric);
  for (const file of values.metric ?? []) {
    const metric = (await readJson([file])) as MetricDocument;
    checked(metricSchema, file, metric);
    metrics.set(metric.metric_id, metric);
  }
  const policies = new Map(builtInPolicies.map((policy) => [policy.policy_id, policy]));
  if (values.policy !== undefined) {
    const policy = (await readJson([values.policy])) as PolicyDocument;
    checked(policySchema, values.policy, policy);
    policies.set(definition.policy_id, policy);
  }
  const policy = policies.get(definition.policy_id);
  if (!policy) {
    const message = `${definition.policy_id} is not a built-in policy: give its file with --policy`;
    throw validationFailed([{ path: 'policy_id', code: 'unknown_policy', message }]);
  }
  const { experiment_id } = definition;
  // Whom a segment holds is no matter here: what counts is how many segments share the errors.
  const segments = new Map(
    (definition.segments ?? []).map((segment_id) => [segment_id, { segment_id, conditions: {} }]),
  );
  return launchOf(
    { definition, policy, metrics, segments, salt: experiment_id, flag_id: experiment_id, start: {} },
    startOf(definition),
  );
}

/** The dates of a plan in a file may lie in the past. */
function startOf({ start_date }: ExperimentDefinition): number {
  return start_date === undefined ? Date.now() : Date.parse(start_date);
}

/** Warnings name what the API takes. On a command line the same is given by options. */
export function namingOptions<A extends { warnings: readonly { text: string }[] }>(answer: A): A {
  return { ...answer, warnings: answer.warnings.map((one) => ({ ...one, text: withOptions(one.text) })) };
}

const METRIC = '([A-Za-z0-9._-]+?)';
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/\bunits_per_day\b/g, '--units-per-day'],
  [
    new RegExp(`\\bbaselines\\.${METRIC}\\.value and (?:baselines\\.\\1)?\\.standard_deviation`, 'g'),
    '--baseline $1=VALUE,STANDARD_DEVIATION',
  ],
  [
    new RegExp(`\\bbaselines\\.${METRIC}\\.standard_deviation`, 'g'),
    '--baseline $1=VALUE,STANDARD_DEVIATION',
  ],
  [new RegExp(`\\bbaselines\\.${METRIC}\\.value`, 'g'), '--baseline $1=VALUE'],
];

function withOptions(text: string): string {
  return OPTIONS.reduce((told, [pattern, option]) => told.replaceAll(pattern, option), text);
}

/** What the caller knows: `--baseline METRIC=VALUE[,STANDARD_DEVIATION]` and `--units-per-day`. */
export function givenFacts(values: PlanValues): GivenFacts {
  const errors: FieldError[] = [];
  const baselines: Record<string, Baseline> = {};
  for (const text of values.baseline ?? []) {
    const [metric_id = '', numbers = ''] = text.split('=', 2);
    const [value, standard_deviation, ...more] = numbers.split(',').map(numberIn);
    const isWrong = [value, standard_deviation ?? 0].some((number) => !Number.isFinite(number));
    if (metric_id === '' || isWrong || more.length > 0 || (standard_deviation ?? 0) < 0) {
      const message = `${text} is not METRIC=VALUE or METRIC=VALUE,STANDARD_DEVIATION`;
      errors.push({ path: 'baseline', code: 'invalid_value', message });
      continue;
    }
    baselines[metric_id] = { value: value!, ...(standard_deviation !== undefined && { standard_deviation }) };
  }
  const text = values['units-per-day'];
  const units_per_day = text === undefined ? undefined : numberIn(text);
  if (units_per_day !== undefined && !(units_per_day > 0 && Number.isFinite(units_per_day))) {
    errors.push({ path: 'units-per-day', code: 'out_of_range', message: 'must be a number greater than 0' });
  }
  if (errors.length > 0) throw validationFailed(errors);
  return { baselines, units_per_day };
}
