import { builtInMetrics, type MetricDocument } from '../model/metric.js';
import {
  builtInPolicies,
  policySchema,
  standardPolicy,
  type PolicyChange,
  type PolicyDocument,
} from '../model/policy.js';
import type { Store } from '../store/store.js';
import { parse } from '../validation.js';

/** Every metric by id: the built-in ones, each replaced where somebody stored another under its id. */
export async function allMetrics({ metrics: stored }: Store): Promise<Map<string, MetricDocument>> {
  const metrics = new Map(builtInMetrics.map((metric) => [metric.metric_id, metric]));
  for (const { _id, definition } of await stored.all()) metrics.set(_id, definition);
  return metrics;
}

/** Every policy by id, the newest version of each. */
export async function allPolicies({ policies: stored }: Store): Promise<Map<string, PolicyDocument>> {
  const policies = new Map(builtInPolicies.map((policy) => [policy.policy_id, policy]));
  for (const { _id, definition } of await stored.all()) policies.set(_id, definition);
  return policies;
}

/** The policy that these changes to `standard` make. @throws {RampartError} naming every wrong field */
export function policyOf(change: PolicyChange, version: number): PolicyDocument {
  const { version: _, description: __, ...base } = standardPolicy;
  const document = overlay(base, { ...change, version }) as PolicyDocument;
  parse(policySchema, document);
  return document;
}

/** `given` over `base`, object by object: what `given` leaves out is as in `base`. */
function overlay(base: unknown, given: unknown): unknown {
  if (!isObject(base) || !isObject(given)) return given;
  return Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(given)])].map((key) => [
      key,
      key in given ? overlay(base[key], given[key]) : base[key],
    ]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
