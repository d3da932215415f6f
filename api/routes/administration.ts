import { failure } from '../../src/errors.js';
import { keyInputSchema, type StoredKey } from '../../src/model/key.js';
import { hashKey, newKey } from '../auth.js';
import { audit, publishChange, type ApiContext } from '../context.js';
import { numericCursor, paging, route, type Route } from '../route.js';

/** Keys and the audit trail. */
export function administrationRoutes(context: ApiContext): Route[] {
  const { store } = context;
  return [
    route({
      method: 'post',
      path: '/v1/keys',
      action: 'administer',
      summary: 'Make a key; it is shown this once',
      body: keyInputSchema,
      async handle({ body, caller }) {
        const { key_id, key } = newKey();
        const stored: StoredKey = {
          _id: key_id,
          ...body,
          hash: hashKey(key),
          created_at: new Date().toISOString(),
          created_by: caller.key_id,
        };
        await store.keys.put(stored);
        await audit(context, caller, 'key.create', ['key', key_id], { after: body });
        await publishChange(context, `key:${key_id}`);
        return { status: 201, body: { ...presentKey(stored), key } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/keys',
      action: 'administer',
      summary: 'Keys, without what they are',
      async handle({ query }) {
        const { limit } = paging(query);
        return {
          status: 200,
          body: { items: (await store.keys.all()).slice(0, limit).map(presentKey), next_cursor: null },
        };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/keys/{key_id}',
      action: 'administer',
      summary: 'Revoke a key, in every process within two seconds',
      async handle({ params, caller }) {
        const id = params['key_id']!;
        if (!(await store.keys.delete(id))) throw failure('not_found', `no key ${id}`);
        await audit(context, caller, 'key.delete', ['key', id]);
        await publishChange(context, `key:${id}`);
        return { status: 204 };
      },
    }),
    route({
      method: 'get',
      path: '/v1/audit',
      action: 'read',
      summary: 'Who changed what; `since`, `actor` and `subject` select',
      async handle({ query }) {
        const { limit, cursor } = paging(query);
        const { actor, subject, since } = query;
        const found = await store.audit.list({ after: numericCursor(cursor), actor, subject, since }, limit);
        const items = found.map(({ _id, ...entry }) => ({ seq: _id, ...entry }));
        return {
          status: 200,
          body: { items, next_cursor: found.length === limit ? String(found.at(-1)!._id) : null },
        };
      },
    }),
    route({
      method: 'get',
      path: '/v1/audit/verify',
      action: 'read',
      summary: 'Whether the chain of hashes holds',
      handle: async () => ({ status: 200, body: await store.audit.verify() }),
    }),
  ];
}

function presentKey({
  _id,
  name,
  role,
  environments,
  expires_at,
  created_at,
  created_by,
}: StoredKey): object {
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
