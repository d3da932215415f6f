import { failure } from '../../src/errors.js';
import { flagSchema, type Flag } from '../../src/model/flag.js';
import { deleteFlag, restoreFlag, saveFlag, usesOfFlag } from '../../src/operations/change-flag.js';
import type { Stored } from '../../src/store/definitions.js';
import type { ApiContext } from '../context.js';
import { countedPagingQuery } from '../query.js';
import { listed, listedIn, together, type Environments, type RawCall } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/definitions.js';
import { definitionReads } from './definition-reads.js';
import { found, writableId } from './found.js';

/** What only the server sets. */
export const FLAG_READ_ONLY = ['revision', 'created_at', 'updated_at', 'unserved', 'driven_by'];

/** Feature flags and their revisions. */
export function flagRoutes(context: ApiContext): Route[] {
  const reads = definitionReads(context, {
    noun: 'flag',
    isServed: true,
    path: '/v1/flags',
    tag: 'flags',
    definitions: context.store.flags,
    schema: answers.flag,
    present,
    alongside: (all) => driversOf(context, all),
    isFor: ({ environments }) => listed(environments),
  });
  return [...reads, usesRoute(context), ...writeRoutes(context), ...revisionRoutes(context)];
}

/** The experiments under way that drive flags. */
async function driversOf(
  { store }: ApiContext,
  all: readonly Stored<Flag>[],
): Promise<(stored: Stored<Flag>) => Pick<answers.FlagAnswer, 'driven_by'>> {
  const { experiments } = store;
  const drivers =
    all.length === 1 ? await experiments.underWayOnFlag(all[0]!._id) : await experiments.underWay();
  return ({ _id }) => {
    const driven_by = drivers.filter(({ flag_id }) => flag_id === _id).map((one) => one._id);
    return driven_by.length > 0 ? { driven_by } : {};
  };
}

/** What a flag is for now; null where there is none. */
function ofFlag({ flags }: ApiContext['store']) {
  return async ({ params }: RawCall<'flag_id'>): Promise<Environments | null> => {
    const stored = await flags.get(params.flag_id);
    return stored && listed(stored.definition.environments);
  };
}

function usesRoute(context: ApiContext): Route {
  const { store } = context;
  return route({
    method: 'get',
    path: '/v1/flags/{flag_id}/uses',
    action: 'read',
    environments: ofFlag(store),
    tag: 'flags',
    summary: 'The flags and experiments that refer to a flag, and whether they keep it from being deleted',
    replies: { 200: answers.flagUses },
    async handle({ params: { flag_id } }) {
      found(await store.flags.get(flag_id), `flag ${flag_id}`);
      const { refusal, ...uses } = await usesOfFlag(context, flag_id);
      const told = refusal && { code: refusal.code, detail: refusal.text };
      return { status: 200, body: { flag_id, ...uses, refusal: told } };
    },
  });
}

function writeRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/flags/{flag_id}';
  return [
    route({
      method: 'post',
      path: '/v1/flags',
      action: 'define',
      environments: ({ body }) => listedIn(body),
      tag: 'flags',
      summary: 'Create a flag',
      body: flagSchema,
      readOnly: FLAG_READ_ONLY,
      replies: { 201: answers.flag },
      async handle({ body, caller }) {
        const { stored } = await saveFlag(context, body, caller.key_id, true);
        return { status: 201, body: present(stored) };
      },
    }),
    route({
      method: 'put',
      path,
      action: 'define',
      async environments(call) {
        const before = await ofFlag(store)(call);
        const after = listedIn(call.body);
        return before ? together(before, after) : after;
      },
      tag: 'flags',
      summary: 'Create or change a flag; each change is a new revision',
      body: flagSchema,
      identity: 'flag_id',
      readOnly: FLAG_READ_ONLY,
      replies: { 200: answers.flag, 201: answers.flag },
      async handle({ body, caller }) {
        const { stored, before } = await saveFlag(context, body, caller.key_id);
        return { status: before ? 200 : 201, body: present(stored) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      environments: ofFlag(store),
      tag: 'flags',
      summary: 'Delete a flag; its revisions are kept',
      replies: { 204: null },
      async handle({ params: { flag_id }, caller }) {
        writableId(flag_id, 'flag_id');
        await deleteFlag(context, flag_id, caller.key_id);
        return { status: 204 };
      },
    }),
  ];
}

function revisionRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/flags/{flag_id}/revisions';
  return [
    route({
      method: 'get',
      path,
      action: 'read',
      async environments({ params: { flag_id } }) {
        const newest = await store.flags.newestRevision(flag_id);
        return newest && listed(newest.definition.environments);
      },
      tag: 'flags',
      summary: 'The revisions of a flag, newest first',
      query: countedPagingQuery,
      replies: { 200: answers.flagRevisionPage },
      async handle({ params: { flag_id }, query: { limit, cursor } }) {
        const page = await store.flags.history(flag_id, limit, cursor || Infinity);
        if (page.items.length === 0 && cursor === 0) throw failure('not_found', `no flag ${flag_id}`);
        const items = page.items.map(({ revision, updated_at, updated_by, definition }) => ({
          revision,
          at: updated_at,
          by: updated_by,
          definition,
        }));
        return { status: 200, body: { items, next_cursor: page.next_cursor } };
      },
    }),
    route({
      method: 'post',
      path: `${path}/{n}/restore`,
      action: 'define',
      async environments({ params: { flag_id, n } }) {
        const [now, then] = await Promise.all([
          ofFlag(store)({ params: { flag_id }, body: undefined }),
          store.flags.revision(flag_id, Number(n)),
        ]);
        if (!then) return now;
        return together(now ?? [], listed(then.definition.environments));
      },
      tag: 'flags',
      summary: 'Make an older revision the newest',
      replies: { 200: answers.flag },
      async handle({ params: { flag_id, n }, caller }) {
        return { status: 200, body: present(await restoreFlag(context, flag_id, Number(n), caller.key_id)) };
      },
    }),
  ];
}

function present({ definition, revision, created_at, updated_at }: Stored<Flag>): answers.FlagAnswer {
  return { ...definition, revision, created_at, updated_at };
}
