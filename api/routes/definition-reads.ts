import type { z } from 'zod';
import type { DefinitionStore, Stored } from '../../src/store/definitions.js';
import { observedInstances, type ApiContext } from '../context.js';
import { own, type Environments } from '../environments.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import { pageOf } from '../schemas/common.js';
import type { Tag } from '../tags.js';
import { unservedOf } from '../unserved.js';
import { found } from './found.js';

/** What reading the definitions of one kind takes. */
interface Reads<T extends object, Answer> {
  /** One of them in words, such as `layer`. */
  noun: string;
  /** Of the list, such as `/v1/layers`. */
  path: string;
  tag: Tag;
  summary?: string;
  definitions: DefinitionStore<T>;
  schema: z.ZodType<Answer>;
  present: (stored: Stored<T>) => Answer | Promise<Answer>;
  /** What else is told of each, asked for once for all that are shown. */
  alongside?: (all: readonly Stored<T>[]) => Promise<(stored: Stored<T>) => Partial<Answer>>;
  /** Whether processes report it where they cannot serve one. */
  isServed?: boolean;
  /** What one of them is for. */
  isFor: (definition: T) => Environments;
}

/** Definitions as they are answered, with what processes report of them. */
function showing<T extends object, Answer extends object>(
  context: ApiContext,
  { noun, present, alongside, isServed = false }: Reads<T, Answer>,
) {
  return async (all: readonly Stored<T>[]): Promise<Answer[]> => {
    const instances = isServed ? await observedInstances(context) : [];
    const more = await alongside?.(all);
    return Promise.all(
      all.map(async (stored) => ({
        ...(await present(stored)),
        ...more?.(stored),
        ...(isServed && unservedOf(context, instances, [`${noun}:${stored._id}`])),
      })),
    );
  };
}

/** Reading one definition by its id, and the list of all. */
export function definitionReads<T extends object, Answer extends object>(
  context: ApiContext,
  reads: Reads<T, Answer>,
): Route[] {
  const { noun, path, tag, summary = `One ${noun}`, definitions, schema, isFor } = reads;
  const parameter = `${noun}_id`;
  const shown = showing(context, reads);
  return [
    route({
      method: 'get',
      path,
      action: 'read',
      environments: own,
      tag,
      summary: `List ${noun}s`,
      query: pagingQuery,
      replies: { 200: pageOf(schema) },
      async handle({ query: { limit, cursor }, caller }) {
        const { items, next_cursor } = await definitions.page(limit, cursor, caller.environments);
        return { status: 200, body: { items: await shown(items), next_cursor } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/{${parameter}}`,
      action: 'read',
      async environments({ params }) {
        const stored = await definitions.get(params[parameter]!);
        return stored && isFor(stored.definition);
      },
      tag,
      summary,
      replies: { 200: schema },
      async handle({ params }) {
        const id = params[parameter]!;
        const stored = found(await definitions.get(id), `${noun} ${id}`);
        const [body] = await shown([stored]);
        return { status: 200, body: body! };
      },
    }),
  ];
}
