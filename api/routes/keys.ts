import { validationFailed } from '../../src/errors.js';
import { keyInputSchema, type StoredKey } from '../../src/model/key.js';
import { audited, publishChange } from '../../src/operations/tell.js';
import { hashKey, newKey } from '../auth.js';
import type { ApiContext } from '../context.js';
import { isWithin, listed, listedIn, own } from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/administration.js';
import { found } from './found.js';
import { pageInMemory } from './page-in-memory.js';

/** API keys. */
export function keyRoutes(context: ApiContext): Route[] {
  return [createRoute(context), ...listAndRevokeRoutes(context)];
}

function createRoute(context: ApiContext): Route {
  const { store } = context;
  return route({
    method: 'post',
    path: '/v1/keys',
    action: 'administer',
    environments: ({ body }) => listedIn(body),
    tag: 'administration',
    summary: 'Create a key; it is shown only this once',
    body: keyInputSchema,
    replies: { 201: answers.newKey },
    async handle({ body, caller }) {
      if (body.expires_at !== undefined && Date.parse(body.expires_at) <= Date.now()) {
        const message = 'lies in the past: name a later time, or leave it out for a key that does not expire';
        throw validationFailed([{ path: 'expires_at', code: 'out_of_range', message }]);
      }
      const { key_id, key } = newKey();
      const stored: StoredKey = {
        _id: key_id,
        ...body,
        hash: hashKey(key),
        created_at: new Date().toISOString(),
        created_by: caller.key_id,
      };
      const change = {
        by: caller.key_id,
        action: 'key.create',
        subject: ['key', key_id],
        after: body,
      } as const;
      await audited(context, change, () => store.keys.put(stored));
      await publishChange(context, `key:${key_id}`);
      return { status: 201, body: { ...present(stored), key } };
    },
  });
}

function listAndRevokeRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'get',
      path: '/v1/keys',
      action: 'administer',
      environments: own,
      tag: 'administration',
      summary: 'List keys; the secret itself is not shown',
      query: pagingQuery,
      replies: { 200: answers.keyPage },
      async handle({ query, caller }) {
        const keys = (await store.keys.all()).filter(({ environments }) => isWithin(caller, environments));
        const page = pageInMemory(new Map(keys.map((key) => [key._id, key])), query);
        return { status: 200, body: { ...page, items: page.items.map(present) } };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/keys/{key_id}',
      action: 'administer',
      async environments({ params: { key_id } }) {
        const key = await store.keys.get(key_id);
        return key && listed(key.environments);
      },
      tag: 'administration',
      summary: 'Revoke a key, in every process within two seconds',
      replies: { 204: null },
      async handle({ params: { key_id }, caller }) {
        found(await store.keys.get(key_id), `key ${key_id}`);
        const change = { by: caller.key_id, action: 'key.delete', subject: ['key', key_id] } as const;
        await audited(context, change, () => store.keys.delete(key_id));
        await publishChange(context, `key:${key_id}`);
        return { status: 204 };
      },
    }),
  ];
}

function present(stored: StoredKey): answers.KeyAnswer {
  const { _id, name, role, environments, expires_at, created_at, created_by } = stored;
  return {
    key_id: _id,
    name,
    role,
    ...(environments && { environments }),
    ...(expires_at !== undefined && { expires_at }),
    created_at,
    created_by,
  };
}
