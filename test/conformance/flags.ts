import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlagInput } from '../../src/model/flag.js';
import type { Json } from '../../src/model/json.js';

/** A flag of OpenFeature's test-flags.json. */
export interface TestFlag {
  disabled?: boolean;
  variants: Record<string, Json>;
  /** Without one, the caller gets its default. */
  defaultVariant?: string | null;
  flagMetadata?: Record<string, string | number | boolean> | null;
  /** An expression that results in a variant, or in an empty string. */
  contextEvaluator?: string;
}

/** The file's expressions as rules. */
const RULES: Record<string, NonNullable<FlagInput['rules']>[number]> = {
  "email == 'ballmer@macrosoft.com' ? 'zero' : ''": {
    conditions: { email: 'ballmer@macrosoft.com' },
    value: 'zero',
  },
  "!customer && email == 'ballmer@macrosoft.com' && age > 10 ? 'internal' : ''": {
    conditions: { customer: { $nin: [true] }, email: 'ballmer@macrosoft.com', age: { $gt: 10 } },
    value: 'internal',
  },
};

/** The flag as a definition of Rampart's. @throws where its expression has no rule here */
export function definitionOf(flag_id: string, flag: TestFlag): FlagInput {
  const { disabled = false, variants, defaultVariant, flagMetadata, contextEvaluator } = flag;
  const rule = contextEvaluator === undefined ? undefined : RULES[contextEvaluator];
  if (contextEvaluator !== undefined && !rule) throw new Error(`${flag_id}: no rule for ${contextEvaluator}`);
  return {
    flag_id,
    enabled: !disabled,
    variants: Object.fromEntries(
      Object.entries(variants).map(([name, config]) => [
        name,
        { weight: name === defaultVariant ? 100 : 0, config },
      ]),
    ),
    // Where it is disabled or has no default variant, the caller gets its default.
    off_variant: null,
    ...(rule && { rules: [rule] }),
    ...(flagMetadata && { metadata: flagMetadata }),
  };
}

const FILE = join(import.meta.dirname, '..', 'reference', 'openfeature', 'test-flags.json');

export function flagDefinitions(): FlagInput[] {
  const flags = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, TestFlag>;
  return Object.entries(flags).map(([flag_id, flag]) => definitionOf(flag_id, flag));
}
