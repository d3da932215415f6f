import { failure, validationFailed } from '../../src/errors.js';
import { flagSchema, kindOf, segmentSchema, type Flag } from '../../src/model/flag.js';
import { idSchema } from '../../src/model/id.js';
import { metricSchema } from '../../src/metrics/metric-schema.js';
import { builtInMetrics, type MetricDocument } from '../../src/model/metric.js';
import {
  builtInPolicies,
  policyChangeSchema,
  policySchema,
  standardPolicy,
  type PolicyChange,
  type PolicyDocument,
} from '../../src/model/policy.js';
import type { DefinitionStore, Stored } from '../../src/store/definitions.js';
import { audit, publishChange, type ApiContext } from '../context.js';
import { numericCursor, paging, route, type Reply, type Route } from '../route.js';
import { asDocument, parse } from '../../src/validation.js';
import {
  assertFlagNotNeeded,
  assertFlagReferences,
  assertSegmentNotNamed,
  assertSegmentReferences,
} from '../../src/operations/check-references.js';

/** Flags, segments, metrics and policies. */
export function definitionRoutes(context: ApiContext): Route[] {
  return [
    ...flagRoutes(context),
    ...segmentRoutes(context),
    ...metricRoutes(context),
    ...policyRoutes(context),
  ];
}

function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw failure('not_found', `no ${what}`);
  return value;
}

function writableId(id: string, name: string): void {
  if (idSchema.safeParse(id).success) return;
  const message = 'must be 1 to 128 of A-Z a-z 0-9 . _ : - and start with a letter or a digit';
  throw validationFailed([{ path: name, code: 'invalid_value', message }]);
}

function flagRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const put = async (flag: Flag, caller: Parameters<typeof audit>[1], onlyNew: boolean): Promise<Reply> => {
    const before = await store.flags.get(flag.flag_id);
    if (before) await assertChangeable(context, before.definition, flag);
    await assertFlagReferences(context, flag);
    const { stored } = await store.flags.put(flag.flag_id, flag, caller.key_id, onlyNew);
    await audit(context, caller, before ? 'flag.update' : 'flag.create', ['flag', flag.flag_id], {
      before: before?.definition,
      after: flag,
    });
    for (const experiment of await store.experiments.underWayOnFlag(flag.flag_id)) {
      await store.experiments.record(experiment._id, [
        [
          `flag:${stored.revision}`,
          {
            at: Date.now(),
            kind: 'flag_changed',
            actor: { type: 'person', id: caller.key_id },
            revision: experiment.view?.revision ?? 0,
            data: { flag_id: flag.flag_id, flag_revision: stored.revision },
          },
        ],
      ]);
    }
    await publishChange(context, `flag:${flag.flag_id}`);
    return { status: before ? 200 : 201, body: presentFlag(stored) };
  };
  return [
    route({
      method: 'post',
      path: '/v1/flags',
      action: 'define',
      summary: 'Create a flag',
      body: flagSchema,
      handle: ({ body, caller }) => put(body, caller, true),
    }),
    route({
      method: 'put',
      path: '/v1/flags/{flag_id}',
      action: 'define',
      summary: 'Create or change a flag; each change is a new revision',
      body: flagSchema,
      identity: 'flag_id',
      handle: ({ body, caller }) => put(body, caller, false),
    }),
    route({
      method: 'get',
      path: '/v1/flags/{flag_id}',
      action: 'read',
      summary: 'One flag',
      handle: async ({ params }) => ({
        status: 200,
        body: presentFlag(found(await store.flags.get(params['flag_id']!), `flag ${params['flag_id']}`)),
      }),
    }),
    listRoute('/v1/flags', 'Flags', store.flags, presentFlag),
    route({
      method: 'delete',
      path: '/v1/flags/{flag_id}',
      action: 'define',
      summary: 'Delete a flag; its revisions are kept',
      async handle({ params, caller }) {
        const id = params['flag_id']!;
        writableId(id, 'flag_id');
        await assertUnlocked(context, id, 'deleted');
        await assertFlagNotNeeded(context, id);
        const before = found(await store.flags.delete(id), `flag ${id}`);
        await audit(context, caller, 'flag.delete', ['flag', id], { before: before.definition });
        await publishChange(context, `flag:${id}`);
        return { status: 204 };
      },
    }),
    route({
      method: 'get',
      path: '/v1/flags/{flag_id}/revisions',
      action: 'read',
      summary: 'The revisions of a flag, newest first',
      async handle({ params, query }) {
        const { limit, cursor } = paging(query);
        const page = await store.flags.history(params['flag_id']!, limit, numericCursor(cursor) || Infinity);
        const items = page.items.map(({ revision, updated_at, updated_by, definition }) => ({
          revision,
          at: updated_at,
          by: updated_by,
          definition,
        }));
        if (items.length === 0 && cursor === undefined)
          throw failure('not_found', `no flag ${params['flag_id']}`);
        return { status: 200, body: { items, next_cursor: page.next_cursor } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/flags/{flag_id}/revisions/{n}/restore',
      action: 'define',
      summary: 'Make an older revision the newest',
      async handle({ params, caller }) {
        const id = params['flag_id']!;
        const old = found(
          await store.flags.revision(id, Number(params['n'])),
          `revision ${params['n']} of flag ${id}`,
        );
        await assertUnlocked(context, id, 'restored');
        const reply = await put(old.definition, caller, false);
        return { ...reply, status: 200 };
      },
    }),
  ];
}

function presentFlag({ definition, revision, created_at, updated_at }: Stored<Flag>): object {
  return { ...definition, revision, created_at, updated_at };
}

/** While an experiment runs on a flag, its type and the variants it uses stay; switching it off always works. */
async function assertChangeable({ store }: ApiContext, before: Flag, after: Flag): Promise<void> {
  const [experiment] = await store.experiments.underWayOnFlag(before.flag_id);
  if (!experiment) return;
  const used = Object.keys(experiment.definition.variants);
  const lost = Object.keys(before.variants ?? {}).some(
    (name) => used.includes(name) && !after.variants?.[name],
  );
  if (kindOf(before) === kindOf(after) && before.value_type === after.value_type && !lost) return;
  throw failure(
    'flag_locked',
    `experiment ${experiment._id} runs on flag ${before.flag_id}: its type and used variants can't change until it ends`,
  );
}

async function assertUnlocked({ store }: ApiContext, flag_id: string, done: string): Promise<void> {
  const [experiment] = await store.experiments.underWayOnFlag(flag_id);
  if (!experiment) return;
  throw failure(
    'flag_locked',
    `experiment ${experiment._id} runs on flag ${flag_id}: it can't be ${done} until that ends`,
  );
}

function listRoute<T extends object>(
  path: string,
  summary: string,
  store: DefinitionStore<T>,
  present: (stored: Stored<T>) => unknown,
): Route {
  return route({
    method: 'get',
    path,
    action: 'read',
    summary,
    async handle({ query }) {
      const { limit, cursor } = paging(query);
      const { items, next_cursor } = await store.page(limit, cursor);
      return { status: 200, body: { items: items.map(present), next_cursor } };
    },
  });
}

function segmentRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/segments/{segment_id}';
  return [
    route({
      method: 'put',
      path,
      action: 'define',
      summary: 'Create or change a segment',
      body: segmentSchema,
      identity: 'segment_id',
      async handle({ body, caller }) {
        await assertSegmentReferences(context, body);
        const { before } = await store.segments.put(body.segment_id, body, caller.key_id);
        await audit(
          context,
          caller,
          before ? 'segment.update' : 'segment.create',
          ['segment', body.segment_id],
          {
            before: before?.definition,
            after: body,
          },
        );
        await publishChange(context, `segment:${body.segment_id}`);
        return { status: before ? 200 : 201, body };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      summary: 'One segment',
      handle: async ({ params: { segment_id } }) => ({
        status: 200,
        body: found(await store.segments.get(segment_id!), `segment ${segment_id}`).definition,
      }),
    }),
    listRoute('/v1/segments', 'Segments', store.segments, ({ definition }) => definition),
    route({
      method: 'delete',
      path,
      action: 'define',
      summary: 'Delete a segment',
      async handle({ params: { segment_id: id }, caller }) {
        await assertSegmentNotNamed(context, id!);
        const before = found(await store.segments.delete(id!), `segment ${id}`);
        await audit(context, caller, 'segment.delete', ['segment', id!], { before: before.definition });
        await publishChange(context, `segment:${id!}`);
        return { status: 204 };
      },
    }),
  ];
}

/** Every metric by id: the built-in ones, replaced where somebody stored another. */
export async function allMetrics({ store }: ApiContext): Promise<Map<string, MetricDocument>> {
  const metrics = new Map(builtInMetrics.map((metric) => [metric.metric_id, metric]));
  for (const { _id, definition } of await store.metrics.all()) metrics.set(_id, definition);
  return metrics;
}

function metricRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/metrics/{metric_id}';
  const present = (metric: MetricDocument): object => ({
    ...metric,
    built_in: builtInMetrics.some((one) => one.metric_id === metric.metric_id),
  });
  return [
    route({
      method: 'put',
      path,
      action: 'define',
      summary: 'Create or replace a metric; running experiments keep theirs',
      body: asDocument<MetricDocument>(metricSchema),
      identity: 'metric_id',
      async handle({ body, caller }) {
        const before = (await allMetrics(context)).get(body.metric_id);
        await store.metrics.put(body.metric_id, body, caller.key_id);
        await audit(context, caller, before ? 'metric.update' : 'metric.create', ['metric', body.metric_id], {
          before,
          after: body,
        });
        return { status: before ? 200 : 201, body: present(body) };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      summary: 'One metric',
      handle: async ({ params: { metric_id } }) => ({
        status: 200,
        body: present(found((await allMetrics(context)).get(metric_id!), `metric ${metric_id}`)),
      }),
    }),
    route({
      method: 'get',
      path: '/v1/metrics',
      action: 'read',
      summary: 'Metrics',
      async handle({ query }) {
        const { limit, cursor } = paging(query);
        return { status: 200, body: pageInMemory([...(await allMetrics(context))], limit, cursor, present) };
      },
    }),
    route({
      method: 'delete',
      path,
      action: 'define',
      summary: 'Delete a metric; a built-in one is itself again',
      async handle({ params: { metric_id: id }, caller }) {
        const before = found(await store.metrics.delete(id!), `metric ${id} of your own`);
        await audit(context, caller, 'metric.delete', ['metric', id!], { before: before.definition });
        return { status: 204 };
      },
    }),
  ];
}

function pageInMemory<T>(
  entries: [string, T][],
  limit: number,
  cursor: string | undefined,
  present: (value: T) => unknown,
): object {
  const sorted = entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([id]) => cursor === undefined || id > cursor);
  return {
    items: sorted.slice(0, limit).map(([, value]) => present(value)),
    next_cursor: sorted.length > limit ? sorted[limit - 1]![0] : null,
  };
}

/** Every policy by id, the newest version of each. */
export async function allPolicies({ store }: ApiContext): Promise<Map<string, PolicyDocument>> {
  const policies = new Map(builtInPolicies.map((policy) => [policy.policy_id, policy]));
  for (const { _id, definition } of await store.policies.all()) policies.set(_id, definition);
  return policies;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `given` over `base`, object by object: what is omitted is the base's. */
function overlay(base: unknown, given: unknown): unknown {
  if (!isObject(base) || !isObject(given)) return given;
  return Object.fromEntries(
    [...new Set([...Object.keys(base), ...Object.keys(given)])].map((key) => [
      key,
      key in given ? overlay(base[key], given[key]) : base[key],
    ]),
  );
}

/** The policy that changes to `standard` make. @throws {RampartError} naming every wrong field */
export function policyOf(change: PolicyChange, version: number): PolicyDocument {
  const { version: _, description: __, ...base } = standardPolicy;
  const document = overlay(base, { ...change, version }) as PolicyDocument;
  parse(policySchema, document);
  return document;
}

function policyRoutes(context: ApiContext): Route[] {
  const { store } = context;
  const path = '/v1/policies/{policy_id}';
  return [
    route({
      method: 'put',
      path,
      action: 'administer',
      summary: "Make a policy's next version; what is omitted is as in `standard`",
      body: asDocument<PolicyChange>(policyChangeSchema),
      identity: 'policy_id',
      async handle({ body, caller }) {
        const before = (await allPolicies(context)).get(body.policy_id);
        if (body.version !== undefined && body.version !== before?.version) {
          throw failure(
            'conflict',
            `version must be the present one, ${before?.version ?? 'none'}, or be left out`,
          );
        }
        const document = policyOf(body, (before?.version ?? 0) + 1);
        await store.policies.put(body.policy_id, document, caller.key_id);
        await audit(context, caller, before ? 'policy.update' : 'policy.create', ['policy', body.policy_id], {
          before,
          after: document,
        });
        return { status: before ? 200 : 201, body: document };
      },
    }),
    route({
      method: 'get',
      path,
      action: 'read',
      summary: 'One policy, its newest version',
      handle: async ({ params: { policy_id } }) => ({
        status: 200,
        body: found((await allPolicies(context)).get(policy_id!), `policy ${policy_id}`),
      }),
    }),
    route({
      method: 'get',
      path: '/v1/policies',
      action: 'read',
      summary: 'Policies',
      async handle({ query }) {
        const { limit, cursor } = paging(query);
        return {
          status: 200,
          body: pageInMemory([...(await allPolicies(context))], limit, cursor, (one) => one),
        };
      },
    }),
  ];
}
