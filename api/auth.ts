import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { failure } from '../src/errors.js';
import type { Role, StoredKey } from '../src/model/key.js';

/** What a caller may be allowed to do. */
export type Action =
  'read' | 'define' | 'command' | 'operate' | 'administer' | 'assign' | 'evaluate' | 'ingest';

/** Who may do what. */
const MAY: Record<Role, readonly Action[]> = {
  client: ['evaluate', 'ingest'],
  server: ['evaluate', 'assign', 'ingest'],
  viewer: ['read'],
  experimenter: ['read', 'define', 'command'],
  operator: ['read', 'command', 'operate'],
  admin: ['read', 'define', 'command', 'operate', 'administer', 'assign', 'evaluate', 'ingest'],
};

export interface Caller {
  key_id: string;
  role: Role;
  environments: readonly string[] | null;
}

/** The first admin key, from the environment: it has no document in the store. */
export const ROOT_KEY_ID = 'root';

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** A new key, shown once. */
export function newKey(): { key_id: string; key: string } {
  return {
    key_id: `key_${randomBytes(8).toString('hex')}`,
    key: `rampart_${randomBytes(24).toString('base64url')}`,
  };
}

/** Keys to callers, by a look-up of the key's hash in memory. */
export class Authenticator {
  private readonly rootHash: string | null;

  /** @param keys the present keys by hash; null before the first snapshot */
  constructor(
    rootKey: string | undefined,
    private readonly keys: () => ReadonlyMap<string, StoredKey> | null,
  ) {
    this.rootHash = rootKey === undefined ? null : hashKey(rootKey);
  }

  /** @throws {RampartError} unauthenticated */
  authenticate(headers: IncomingHttpHeaders): Caller {
    const key = keyIn(headers);
    if (key === null)
      throw failure('unauthenticated', 'send a key: Authorization: Bearer KEY, or X-API-Key: KEY');
    const hash = hashKey(key);
    if (hash === this.rootHash) return { key_id: ROOT_KEY_ID, role: 'admin', environments: null };
    const found = this.keys()?.get(hash);
    if (!found) throw failure('unauthenticated', 'this key is not known, or was revoked');
    if (found.expires_at !== undefined && Date.parse(found.expires_at) <= Date.now()) {
      throw failure('unauthenticated', 'this key has expired');
    }
    return { key_id: found._id, role: found.role, environments: found.environments ?? null };
  }
}

/** @throws {RampartError} forbidden */
export function authorise(caller: Caller, action: Action): void {
  if (MAY[caller.role].includes(action)) return;
  const roles = Object.entries(MAY).filter(([, actions]) => actions.includes(action));
  throw failure(
    'forbidden',
    `a ${caller.role} key may not do this; it takes one of ${roles.map(([role]) => role).join(', ')}`,
  );
}

/** @throws {RampartError} forbidden where the key is for other environments */
export function authoriseEnvironment(caller: Caller, environment: string | undefined): void {
  if (caller.environments === null || environment === undefined || caller.environments.includes(environment))
    return;
  throw failure('forbidden', `this key is for ${caller.environments.join(', ')}, not for ${environment}`);
}

function keyIn(headers: IncomingHttpHeaders): string | null {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const match = /^Bearer +(\S+)$/i.exec(authorization);
    if (match) return match[1]!;
  }
  const own = headers['x-api-key'];
  return typeof own === 'string' && own !== '' ? own : null;
}
