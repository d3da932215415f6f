import type { FieldError } from '../errors.js';
import { metricSchema } from '../metrics/metric-schema.js';
import { flagSchema, segmentSchema, type Flag, type Segment } from '../model/flag.js';
import { holdoutSchema, layerSchema } from '../model/layer.js';
import { policyChangeSchema, type PolicyChange } from '../model/policy.js';
import type { Store } from '../store/store.js';
import { asDocument, parse } from '../validation.js';
import { policyOf } from './catalog.js';
import { assertFlagChangeable } from './change-flag.js';
import { assertFlagReferences, assertSegmentReferences } from './check-references.js';
import { assertFlagServable, assertSegmentServable } from './check-servable.js';
import { fieldErrorsIn } from './validate-experiment.js';

/** What can be validated, besides experiments. */
export type ValidatedKind = 'flag' | 'segment' | 'metric' | 'policy' | 'layer' | 'holdout';

type Check = () => unknown;

/** All that saving a definition would refuse. Nothing is kept. */
export async function definitionErrors(
  store: Store,
  kind: ValidatedKind,
  given: Record<string, unknown>,
): Promise<FieldError[]> {
  switch (kind) {
    case 'flag':
      return flagErrors(store, given);
    case 'segment':
      return segmentErrors(store, given);
    case 'metric':
      return errorsOf([() => parse(metricSchema, given)]);
    case 'policy':
      return errorsOf([() => policyOf(parse(asDocument<PolicyChange>(policyChangeSchema), given), 1)]);
    case 'layer':
      return errorsOf([() => parse(layerSchema, given)]);
    case 'holdout':
      return errorsOf([() => parse(holdoutSchema, given)]);
  }
}

async function flagErrors(store: Store, given: Record<string, unknown>): Promise<FieldError[]> {
  let flag: Flag;
  try {
    flag = parse(flagSchema, given);
  } catch (error) {
    return fieldErrorsIn(error);
  }
  const before = await store.flags.get(flag.flag_id);
  return errorsOf([
    () => before && assertFlagChangeable(store, before.definition, flag),
    () => assertFlagServable(flag),
    () => assertFlagReferences(store, flag),
  ]);
}

async function segmentErrors(store: Store, given: Record<string, unknown>): Promise<FieldError[]> {
  let segment: Segment;
  try {
    segment = parse(segmentSchema, given);
  } catch (error) {
    return fieldErrorsIn(error);
  }
  return errorsOf([() => assertSegmentServable(segment), () => assertSegmentReferences(store, segment)]);
}

/** What all of these refuse. */
async function errorsOf(checks: readonly Check[]): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      errors.push(...fieldErrorsIn(error));
    }
  }
  return errors;
}
