import { iso } from '../../src/iso.js';
import { VERSION } from '../../src/version.js';
import { MAY, type Caller } from '../auth.js';
import type { ApiContext } from '../context.js';
import type * as answers from '../schemas/session.js';
import type { Holder, Signed } from './sessions.js';

/**
 * Who calls, as the API tells them.
 *
 * @param signed the session, or null where a key was sent
 */
export function presentSession(
  { config, authenticator }: Pick<ApiContext, 'config' | 'authenticator'>,
  caller: Caller,
  signed: Signed | null,
): answers.SessionAnswer {
  const holder: Holder = signed?.holder ?? { type: 'key', key_id: caller.key_id };
  return {
    actor: {
      type: holder.type,
      id: caller.key_id,
      name: holder.type === 'person' ? holder.name : authenticator.nameOfKey(caller.key_id),
    },
    role: caller.role,
    environments: caller.environments === null ? null : [...caller.environments],
    may: [...MAY[caller.role]],
    csrf: signed?.csrf ?? null,
    environment: config.RAMPART_ENVIRONMENT,
    version: VERSION,
    at: new Date().toISOString(),
    expires_at: signed === null ? null : iso(signed.expires_at),
    oidc: config.RAMPART_OIDC_ISSUER !== undefined,
  };
}
