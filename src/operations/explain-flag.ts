import type { Explanation } from '../assignment/explain.js';
import type { Context } from '../assignment/condition.js';
import type { Moment } from '../assignment/experiment.js';
import { Ruleset } from '../assignment/ruleset.js';
import { validationFailed } from '../errors.js';
import { onCycles } from '../model/cycles.js';
import type { Flag } from '../model/flag.js';
import type { ServedExperiment } from '../model/serving.js';
import { markDigest } from '../secrets/pseudonym.js';
import { explainServed } from '../serving/explained.js';
import { flagRules } from '../serving/rules.js';
import type { ServingSnapshot } from '../serving/serving-snapshot.js';
import type { Store } from '../store/store.js';
import { assertFlagReferences } from './check-references.js';
import { assertFlagServable } from './check-servable.js';

export interface Question {
  flag_id: string;
  unit: string | null;
  context: Context;
  moment: Moment;
  /** An edit that is not saved, to be explained in place of what is served. */
  edit: Flag | null;
}

/**
 * Why a flag gives what it gives to a unit, by what this process serves. Nothing is recorded.
 *
 * @returns null where no such flag is served
 * @throws {RampartError} validation_failed, flag_required, as saving the edit would
 */
export async function explainFlag(
  store: Store,
  { ruleset, experiments: all }: ServingSnapshot,
  { flag_id, unit, context, moment, edit }: Question,
): Promise<Explanation | null> {
  const { environment } = ruleset.document;
  const experiments = [...all.values()].filter((one) => one.flag_id === flag_id && !one.settled);
  if (edit) {
    assertFlagServable(edit);
    await assertFlagReferences(store, edit);
    const edited = rulesetWith(ruleset, edit, experiments);
    return explainServed(edited, flag_id, { flag: edit, experiments, environment }, unit, context, moment);
  }
  const flag = (await store.flags.get(flag_id))?.definition;
  const defined = flag ? { flag, experiments, environment } : null;
  return explainServed(ruleset, flag_id, defined, unit, context, moment);
}

/** What would be served with an edit. Only what the edit touches is compiled. */
function rulesetWith(ruleset: Ruleset, flag: Flag, experiments: readonly ServedExperiment[]): Ruleset {
  const { document } = ruleset;
  const { flag_id } = flag;
  const revision = document.flags.find(({ key }) => key === flag_id)?.revision ?? 0;
  const rules = flagRules({ flag, revision, experiments, environment: document.environment });
  const flags = [...document.flags.filter(({ key }) => key !== flag_id), rules];
  // What is served may be older than what is stored, and an evaluation in a circle has no end.
  const needs = flags.map(
    ({ key, prerequisites = [] }) => [key, prerequisites.map((one) => one.flag)] as const,
  );
  if (onCycles(new Map(needs)).size > 0) {
    const message = 'the flag would need itself, through others';
    throw validationFailed([{ path: 'prerequisites', code: 'circular', message }]);
  }
  return new Ruleset({ ...document, flags }, { digest: markDigest, previous: ruleset });
}
