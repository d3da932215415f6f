import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { failure, validationFailed } from '../errors.js';
import { launchOf } from '../operations/freeze-launch.js';
import { experimentSchema, type ExperimentDefinition } from '../model/experiment.js';
import { metricSchema } from '../metrics/metric-schema.js';
import { builtInMetrics, type MetricDocument } from '../model/metric.js';
import { builtInPolicies, policySchema, type PolicyDocument } from '../model/policy.js';
import { rehearse } from '../rehearsal/rehearse.js';
import { answering, readJson } from './output.js';

/** `rehearse FILE`: an experiment on simulated users, without servers. Built-in metrics and policies need no files. */
export function rehearseCommand(argv: string[]): Promise<number> {
  return answering(async () => {
    const { values, positionals } = parse(argv);
    const definition = checked(experimentSchema, await readJson(positionals));
    const metrics = new Map<string, MetricDocument>();
    for (const metric of builtInMetrics) metrics.set(metric.metric_id, metric);
    for (const file of values.metric ?? []) {
      const metric = (await readJson([file])) as MetricDocument;
      checked(metricSchema, metric);
      metrics.set(metric.metric_id, metric);
    }
    const policies = new Map(builtInPolicies.map((policy) => [policy.policy_id, policy]));
    if (values.policy !== undefined) {
      const policy = (await readJson([values.policy])) as PolicyDocument;
      checked(policySchema, policy);
      policies.set(definition.policy_id, policy);
    }
    const policy = policies.get(definition.policy_id);
    if (!policy) {
      const message = `${definition.policy_id} is not a built-in policy: give its file with --policy`;
      throw validationFailed([{ path: 'policy_id', code: 'unknown_policy', message }]);
    }
    const launch = launchOf(
      {
        definition,
        policy,
        metrics,
        salt: definition.experiment_id,
        flag_id: definition.experiment_id,
        start: {},
      },
      startOf(definition),
    );
    return rehearse(launch, {
      ...number(values, 'runs'),
      ...number(values, 'seed'),
      ...number(values, 'true-lift', 'true_lift'),
      ...number(values, 'guardrail-harm', 'guardrail_harm'),
      ...number(values, 'units-per-day', 'units_per_day'),
    });
  });
}

/** The dates of a rehearsal may lie in the past. */
function startOf({ start_date }: ExperimentDefinition): number {
  return start_date === undefined ? Date.now() : Date.parse(start_date);
}

function checked<T>(schema: z.ZodType<T, unknown>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw validationFailed(
    result.error.issues.map(({ path, code, message }) => ({ path: path.join('.'), code, message })),
  );
}

function parse(argv: string[]) {
  const option = { type: 'string' } as const;
  const options = {
    policy: option,
    metric: { type: 'string', multiple: true } as const,
    runs: option,
    seed: option,
    'true-lift': option,
    'guardrail-harm': option,
    'units-per-day': option,
  };
  try {
    return parseArgs({ args: argv, options, allowPositionals: true });
  } catch (error) {
    throw failure('validation_failed', error instanceof Error ? error.message : String(error));
  }
}

/** The option as a field of `rehearse`; nothing if it is not given. */
function number(
  values: Readonly<Record<string, unknown>>,
  name: string,
  field = name,
): Record<string, number> {
  const text = values[name];
  if (text === undefined) return {};
  const value = Number(text);
  const isInteger = name === 'runs' || name === 'seed';
  if (!(value > 0) || !Number.isFinite(value) || (isInteger && !Number.isInteger(value))) {
    const message = `must be ${isInteger ? 'an integer' : 'a number'} greater than 0`;
    throw validationFailed([{ path: name, code: 'out_of_range', message }]);
  }
  return { [field]: value };
}
