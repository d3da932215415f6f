import { createHash } from 'node:crypto';
import type { Config } from '../../src/config.js';
import { publishChange } from '../../src/operations/tell.js';
import type { Claims, RoleRule } from '../../src/role-rules.js';
import type { ApiContext } from '../context.js';
import type { Person } from './sessions.js';

/**
 * Tells the present settings of sign-in from others, so that a session never outlives the rule that gave it its role; null
 * where people sign in by keys alone.
 */
export function signInSettings({
  RAMPART_OIDC_ISSUER: issuer,
  RAMPART_OIDC_CLIENT_ID: client_id,
  RAMPART_OIDC_ROLES: roles,
}: Config): string | null {
  return issuer === undefined ? null : hashOf([issuer, client_id, roles]).slice(0, 32);
}

/** The id of somebody in the timeline and the audit trail: for ever the same, of one provider alone, and no address of theirs. */
export function personId(issuer: string, subject: string): string {
  return `person_${hashOf([issuer, subject]).slice(0, 32)}`;
}

function hashOf(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

/** Notes that somebody has signed in, and tells every process of their name. */
export async function welcome(
  context: Pick<ApiContext, 'config' | 'store' | 'refresher'>,
  claims: Claims & { sub: string },
  { role, environments = null }: Pick<RoleRule, 'role'> & { environments?: string[] | null | undefined },
): Promise<Person> {
  const { config, store } = context;
  const id = personId(config.RAMPART_OIDC_ISSUER!, claims.sub);
  const email = textIn(claims, 'email');
  const name = textIn(claims, 'name') ?? textIn(claims, 'preferred_username') ?? email ?? id;
  const signed_in_at = new Date().toISOString();
  const before = await store.people.signIn({
    _id: id,
    subject: claims.sub,
    name,
    email,
    role,
    environments,
    signed_in_at,
  });
  if (before?.name !== name) await publishChange(context, `person:${id}`);
  return {
    type: 'person',
    id,
    name,
    role,
    environments,
    ended: before?.ended ?? 0,
    settings: signInSettings(config)!,
  };
}

function textIn(claims: Claims, name: string): string | null {
  const value = claims[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : null;
}
