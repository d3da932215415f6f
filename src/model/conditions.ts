import { z } from 'zod';
import { conditionErrors, type ConditionError } from '../assignment/condition.js';
import { jsonSchema } from './json.js';
import { portablePattern } from './pattern.js';

const DEEPEST = 20;
const MOST_PARTS = 2_000;
const PATTERN = '$regex';
const OPTIONS = '$options';

type Conditions = Record<string, unknown>;

export interface PortableConditions {
  conditions: Conditions;
  /** The segments that it names. */
  groups: string[];
  errors: ConditionError[];
}

/**
 * Conditions as every evaluator reads them: patterns in their portable form. Everything else stays as it is, so that
 * the paths of errors are those of the original.
 */
export function portableConditions(conditions: Conditions): PortableConditions {
  const walk = new Walk();
  const portable = walk.value(conditions, [], 0) as Conditions;
  return { conditions: portable, groups: [...walk.groups], errors: walk.errors };
}

class Walk {
  readonly errors: ConditionError[] = [];
  readonly groups = new Set<string>();
  private parts = 0;

  value(value: unknown, path: (string | number)[], depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) return this.wrong(path, `is nested deeper than ${DEEPEST} levels`);
    this.parts += 1;
    if (this.parts === MOST_PARTS) this.wrong([], `has more than ${MOST_PARTS} parts`);
    if (this.parts > MOST_PARTS) return null;
    if (Array.isArray(value)) return value.map((one, index) => this.value(one, [...path, index], depth + 1));
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !(key === OPTIONS && PATTERN in value))
        .map(([key, one]) => [key, this.entry(key, one, value as Conditions, [...path, key], depth)]),
    );
  }

  private entry(
    key: string,
    value: unknown,
    parent: Conditions,
    path: (string | number)[],
    depth: number,
  ): unknown {
    if (key === '$inGroup' || key === '$notInGroup') {
      for (const name of Array.isArray(value) ? value : [value]) this.groups.add(String(name));
    }
    if (key !== PATTERN || typeof value !== 'string') return this.value(value, path, depth + 1);
    const options = parent[OPTIONS] ?? '';
    const portable = portablePattern(value, typeof options === 'string' ? options : '?');
    return 'error' in portable ? this.wrong(path, portable.error) : portable.pattern;
  }

  /** What is wrong is named, and stands for itself as something that can be compiled. */
  private wrong(path: (string | number)[], message: string): string {
    this.errors.push({ path, message });
    return '';
  }
}

/** MongoDB-style conditions over the context; refused here when they are malformed, never at evaluation. */
export const conditionsSchema = z.record(z.string(), jsonSchema).superRefine((conditions, context) => {
  const { conditions: portable, errors } = portableConditions(conditions);
  const all = [...errors, ...(errors.length === 0 ? conditionErrors(portable) : [])];
  for (const { path, message } of all) context.addIssue({ code: 'custom', path, message });
});
