import { z } from 'zod';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

const roleRuleSchema = z.strictObject({
  claim: z.string().min(1).max(200),
  value: z.string().min(1).max(500),
  role: z.enum(['viewer', 'experimenter', 'operator', 'admin']),
  environments: z.array(z.string().regex(NAME)).min(1).max(100).optional(),
});

/** Which role people have by what their identity provider says of them. The first rule that fits somebody is theirs. */
export const roleRulesSchema = z.array(roleRuleSchema).min(1).max(1_000);
export type RoleRule = z.output<typeof roleRuleSchema>;

/** What an identity provider says of somebody. */
export type Claims = Readonly<Record<string, unknown>>;

/** The rule that gives somebody a role; null where nobody wrote one down for them. */
export function ruleFor(rules: readonly RoleRule[], claims: Claims): RoleRule | null {
  return rules.find((rule) => fits(rule, claims)) ?? null;
}

function fits({ claim, value }: RoleRule, claims: Claims): boolean {
  // At many providers people choose the address themselves; it says who they are only once it was checked.
  if (claim === 'email' && String(claims['email_verified']) !== 'true') return false;
  return [claimOf(claims, claim)].flat().some((one) => isPlain(one) && String(one) === value);
}

/** A claim by its name; where there is none of that name, by a path of names with dots. */
function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((found, part) => {
    const isObject = typeof found === 'object' && found !== null && Object.hasOwn(found, part);
    return isObject ? (found as Record<string, unknown>)[part] : undefined;
  }, claims);
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
