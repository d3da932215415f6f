import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { failure } from '../src/errors.js';
import type { Role, StoredKey } from '../src/model/key.js';
import type { StoredPerson } from '../src/model/person.js';
import type { StreamTokens } from '../src/secrets/stream-token.js';
import { networkOf, type RateLimiter } from './rate-limit.js';

/** What a caller may be allowed to do. */
export const ACTIONS = [
  ...(['read', 'define', 'command', 'operate', 'administer'] as const),
  ...(['assign', 'evaluate', 'ingest', 'snapshot', 'stream'] as const),
] as const;
export type Action = (typeof ACTIONS)[number];

/** Who may do what. */
export const MAY: Record<Role, readonly Action[]> = {
  client: ['evaluate', 'ingest', 'stream'],
  server: ['evaluate', 'assign', 'ingest', 'snapshot', 'stream'],
  viewer: ['read'],
  experimenter: ['read', 'define', 'command'],
  operator: ['read', 'command', 'operate'],
  admin: [
    ...(['read', 'define', 'command', 'operate', 'administer'] as const),
    ...(['assign', 'evaluate', 'ingest', 'snapshot', 'stream'] as const),
  ],
};

export interface Caller {
  key_id: string;
  role: Role;
  environments: readonly string[] | null;
}

/** The first admin key. It comes from the environment and has no document in the store. */
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

/** A key that was checked already, kept by its header: hashing it again costs more than an evaluation. */
interface Known {
  caller: Caller;
  expires_at: number;
}

const MOST_KNOWN = 1_000;

/** Finds the caller of a key by the key's hash, in memory. */
export class Authenticator {
  private readonly rootHash: string | null;
  private readonly known = new Map<string, Known>();
  /** The keys that `known` was made from. */
  private knownOf: ReadonlyMap<string, StoredKey> | null = null;
  private names: ReadonlyMap<string, string> = new Map();
  /** The keys that `names` was made from. */
  private namesOf: ReadonlyMap<string, StoredKey> | null = null;

  /**
   * @param strangers limits requests without a good key, by address
   * @param keys the present keys by hash, a new map whenever they change; null before the first snapshot
   * @param people who have signed in without a key, by id
   */
  constructor(
    rootKey: string | undefined,
    private readonly keys: () => ReadonlyMap<string, StoredKey> | null,
    private readonly tokens: StreamTokens,
    private readonly strangers: RateLimiter,
    private readonly people: () => ReadonlyMap<string, StoredPerson> | null,
  ) {
    this.rootHash = rootKey === undefined ? null : hashKey(rootKey);
  }

  /**
   * Who makes a request. Requests without a good key are limited by the address that they come from; good ones from there
   * go on.
   *
   * @param query may carry a token in place of a key
   * @throws {RampartError} unauthenticated, rate_limited
   */
  authenticate({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>, query = ''): Caller {
    try {
      return this.callerOf(headers, query);
    } catch (error) {
      this.admitStranger({ socket });
      throw error;
    }
  }

  /** Limits a request that nobody stands behind yet, by the address that it comes from. @throws {RampartError} rate_limited */
  admitStranger({ socket }: Pick<IncomingMessage, 'socket'>): void {
    this.strangers.take(networkOf(socket.remoteAddress));
  }

  private callerOf(headers: IncomingHttpHeaders, query: string): Caller {
    const keys = this.keys();
    if (keys !== this.knownOf) {
      this.known.clear();
      this.knownOf = keys;
    }
    const { authorization } = headers;
    const known = authorization === undefined ? undefined : this.known.get(authorization);
    if (known && Date.now() < known.expires_at) return known.caller;
    const token = query === '' ? null : new URLSearchParams(query).get('token');
    const found = token === null ? this.byKey(headers) : this.byId(this.tokens.keyOf(token));
    if (token === null && bearerIn(authorization) !== null) {
      if (this.known.size >= MOST_KNOWN) this.known.clear();
      this.known.set(authorization!, found);
    }
    return found.caller;
  }

  /** Who calls with a key that was checked before. @throws {RampartError} unauthenticated where it was revoked since */
  callerOfKey(key_id: string): Caller {
    try {
      return this.byId(key_id).caller;
    } catch {
      throw failure('unauthenticated', 'the key of this session was revoked, or has expired: sign in again');
    }
  }

  /** What people call a key; its id where nobody named it. */
  nameOfKey(key_id: string): string {
    return this.nameIfAny(key_id) ?? key_id;
  }

  /** Somebody with their name, or that of their key, where there is one. */
  named<A extends { id: string }>(actor: A): A & { name?: string } {
    const name = this.nameIfAny(actor.id);
    return name === null ? actor : { ...actor, name };
  }

  private nameIfAny(key_id: string): string | null {
    const keys = this.keys();
    if (keys !== this.namesOf) {
      this.names = new Map([...(keys?.values() ?? [])].map(({ _id, name }) => [_id, name]));
      this.namesOf = keys;
    }
    return this.names.get(key_id) ?? this.people()?.get(key_id)?.name ?? null;
  }

  /** Whether a key may still be used. */
  isGood(key_id: string): boolean {
    try {
      return this.byId(key_id) !== null;
    } catch {
      return false;
    }
  }

  private byId(key_id: string | null): Known {
    if (key_id === ROOT_KEY_ID && this.rootHash !== null) return ROOT;
    for (const key of this.keys()?.values() ?? []) if (key._id === key_id) return unexpired(key);
    throw failure(
      'unauthenticated',
      'this token is invalid or has expired, or its key was revoked: get a new one from a bulk evaluation',
    );
  }

  private byKey(headers: IncomingHttpHeaders): Known {
    const key = keyIn(headers);
    if (key === null)
      throw failure('unauthenticated', 'send a key: Authorization: Bearer KEY, or X-API-Key: KEY');
    const hash = hashKey(key);
    if (hash === this.rootHash) return ROOT;
    const found = this.keys()?.get(hash);
    if (!found) throw failure('unauthenticated', 'this key is not known, or was revoked');
    return unexpired(found);
  }
}

const ROOT: Known = {
  caller: { key_id: ROOT_KEY_ID, role: 'admin', environments: null },
  expires_at: Infinity,
};

/** @throws {RampartError} unauthenticated */
function unexpired({ _id, role, environments, expires_at }: StoredKey): Known {
  const until = expires_at === undefined ? Infinity : Date.parse(expires_at);
  if (until <= Date.now()) throw failure('unauthenticated', 'this key has expired');
  return { caller: { key_id: _id, role, environments: environments ?? null }, expires_at: until };
}

/** @throws {RampartError} forbidden */
export function authorise(caller: Caller, action: Action): void {
  if (MAY[caller.role].includes(action)) return;
  const roles = Object.entries(MAY).filter(([, actions]) => actions.includes(action));
  throw failure(
    'forbidden',
    `a ${caller.role} key may not do this; use a key with one of the roles ${roles.map(([role]) => role).join(', ')}`,
  );
}

function keyIn(headers: IncomingHttpHeaders): string | null {
  const own = headers['x-api-key'];
  return bearerIn(headers.authorization) ?? (typeof own === 'string' && own !== '' ? own : null);
}

function bearerIn(authorization: string | undefined): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}
