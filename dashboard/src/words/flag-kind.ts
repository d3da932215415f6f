import type { components } from '../api/schema.js';

export type Flag = components['schemas']['Flag'];
export type FlagKind = 'boolean' | 'multivariate' | 'config';

/** The kind, which the fields of a flag tell. */
export function kindOf(flag: Pick<Partial<Flag>, 'variants' | 'value_type' | 'default'>): FlagKind {
  if (flag.variants !== undefined) return 'multivariate';
  return flag.value_type !== undefined || flag.default !== undefined ? 'config' : 'boolean';
}
