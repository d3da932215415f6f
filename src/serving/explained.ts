import { explain, type Explanation, type Step } from '../assignment/explain.js';
import type { Context } from '../assignment/condition.js';
import type { Moment } from '../assignment/experiment.js';
import type { Ruleset } from '../assignment/ruleset.js';
import { rulePaths, type ServedFlag } from './rules.js';

/**
 * Why a flag gives what it gives to a unit. The paths of the steps are those of the definition, as people wrote it, and
 * of the experiments that drive the flag: `rules.2`, `target_segments`, `experiments.ID.audience`.
 *
 * @param defined null for the flag of an experiment that drives no defined one
 * @returns null where the ruleset has no such flag
 */
export function explainServed(
  ruleset: Ruleset,
  flag_id: string,
  defined: Omit<ServedFlag, 'revision'> | null,
  unit: string | null,
  context: Context,
  moment: Moment,
): Explanation | null {
  const flag = ruleset.flags.get(flag_id);
  if (!flag) return null;
  const explanation = explain(flag, unit, context, moment, ruleset);
  const paths = defined && rulePaths(defined);
  const experiments = flag.drivers.map(({ experiment }) => experiment.experiment_id);
  const steps = explanation.steps.map((step) => {
    const [head, index, part] = step.path.split('.') as [string, string?, string?];
    switch (head) {
      case 'inactive':
        return { ...step, path: step.check === 'enabled' ? 'enabled' : 'environments' };
      case 'before':
        return { ...step, path: paths?.before[Number(index)] ?? step.path };
      case 'after':
        return after(step, paths?.after[Number(index)] ?? 'experiments');
      case 'else':
        return { ...step, path: paths?.otherwise ?? 'experiments' };
      case 'experiments':
        return { ...step, path: experimentPath(experiments[Number(index)], PARTS[part ?? ''] ?? part) };
      default:
        return step;
    }
  });
  return { ...explanation, steps };
}

/** Parts of an experiment's rules, as its definition calls them. */
const PARTS: Readonly<Record<string, string>> = {
  conditions: 'target_audience',
  layer: 'layer_id',
  inactive: 'environment',
  ranges: 'variants',
};

function experimentPath(id: string | undefined, part: string | undefined): string {
  return ['experiments', ...(id === undefined ? [] : [id]), ...(part === undefined ? [] : [part])].join('.');
}

/** A rule after the experiments, which no one wrote as a rule. */
function after(step: Step, path: string): Step {
  if (path.startsWith('experiments')) {
    return { ...step, path, check: 'winner', text: `In the audience of the winner: ${step.text}` };
  }
  if (path.startsWith('segments.')) return { ...step, path, check: 'segment' };
  // The rule is for those who are in none of the segments: who matches it may not go on.
  const text = step.passed ? step.text.replace(/^n/, 'N') : step.text.replace(/^not i/, 'I');
  return { ...step, path, check: 'target_segments', passed: !step.passed, text, detail: null };
}
