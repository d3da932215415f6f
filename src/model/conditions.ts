import { z } from 'zod';
import { conditionErrors, type ConditionError } from '../assignment/condition.js';
import { jsonSchema } from './json.js';
import { portablePattern, translatedPattern, type Portable } from './pattern.js';

const MAX_DEPTH = 20;
const MAX_PARTS = 2_000;
const PATTERN = '$regex';
const OPTIONS = '$options';
const REFUSED = { $refused: true };

type Conditions = Record<string, unknown>;

export interface PortableConditions {
  conditions: Conditions;
  /** The names of the segments that they refer to. */
  groups: string[];
  errors: ConditionError[];
}

/**
 * Translates conditions for evaluators in any language: patterns get their portable form. Everything else stays, so the
 * paths of errors are valid in the original. What is wrong becomes an operator that no evaluator knows, so that a
 * definition that was saved all the same is not served.
 */
export function portableConditions(conditions: Conditions): PortableConditions {
  return translatedBy(new Translator(translatedPattern), conditions);
}

/** The same for what people write, before it is saved: patterns must be fast, too. */
export function checkedConditions(conditions: Conditions): PortableConditions {
  return translatedBy(new Translator(portablePattern), conditions);
}

function translatedBy(translator: Translator, conditions: Conditions): PortableConditions {
  const portable = translator.value(conditions, [], 0) as Conditions;
  return { conditions: portable, groups: [...translator.groups], errors: translator.errors };
}

class Translator {
  readonly errors: ConditionError[] = [];
  readonly groups = new Set<string>();
  private parts = 0;

  constructor(private readonly patternOf: (source: string, options: string) => Portable) {}

  value(value: unknown, path: (string | number)[], depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return this.wrong(path, `is nested deeper than ${MAX_DEPTH} levels`);
    this.parts += 1;
    if (this.parts === MAX_PARTS) this.wrong([], `has more than ${MAX_PARTS} parts`);
    if (this.parts > MAX_PARTS) return REFUSED;
    if (Array.isArray(value))
      return value.map((element, index) => this.value(element, [...path, index], depth + 1));
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !(key === OPTIONS && PATTERN in value))
        .map(([key, operand]) => [key, this.entry(key, operand, value as Conditions, [...path, key], depth)]),
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
    const portable = this.patternOf(value, typeof options === 'string' ? options : '?');
    return 'error' in portable ? this.wrong(path, portable.error) : portable.pattern;
  }

  /** Notes an error. Answers a stand-in for what is wrong, so that the rest can be checked. */
  private wrong(path: (string | number)[], message: string): object {
    this.errors.push({ path, message });
    return REFUSED;
  }
}

/** The portable forms of all patterns in a JSON value, wherever in it conditions may stand. Each is made when it is asked for. */
export function* patternsIn(value: unknown): Generator<string, void> {
  const waiting = [value];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== 'object' || one === null) continue;
    const { [PATTERN]: source, [OPTIONS]: options = '' } = one as Conditions;
    if (typeof source === 'string' && typeof options === 'string') {
      const portable = translatedPattern(source, options);
      if ('pattern' in portable) yield portable.pattern;
    }
    for (const inner of Object.values(one)) waiting.push(inner);
  }
}

/** MongoDB-style conditions over the context; refused here when they are malformed, never at evaluation. */
export const conditionsSchema = z.record(z.string(), jsonSchema).superRefine((conditions, context) => {
  const { conditions: portable, errors } = checkedConditions(conditions);
  const all = [...errors, ...(errors.length === 0 ? conditionErrors(portable) : [])];
  for (const { path, message } of all) context.addIssue({ code: 'custom', path, message });
});
