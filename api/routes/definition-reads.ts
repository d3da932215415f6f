import type { z } from 'zod';
import type { DefinitionStore, Stored } from '../../src/store/definitions.js';
import { pagingQuery } from '../query.js';
import { route, type Route } from '../route.js';
import { pageOf } from '../schemas/common.js';
import type { Tag } from '../tags.js';
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
}

/** Reading one definition by its id, and the list of all. */
export function definitionReads<T extends object, Answer>({
  noun,
  path,
  tag,
  summary = `One ${noun}`,
  definitions,
  schema,
  present,
}: Reads<T, Answer>): Route[] {
  const parameter = `${noun}_id`;
  return [
    route({
      method: 'get',
      path,
      action: 'read',
      tag,
      summary: `List ${noun}s`,
      query: pagingQuery,
      replies: { 200: pageOf(schema) },
      async handle({ query: { limit, cursor } }) {
        const { items, next_cursor } = await definitions.page(limit, cursor);
        return { status: 200, body: { items: await Promise.all(items.map(present)), next_cursor } };
      },
    }),
    route({
      method: 'get',
      path: `${path}/{${parameter}}`,
      action: 'read',
      tag,
      summary,
      replies: { 200: schema },
      async handle({ params }) {
        const id = params[parameter]!;
        const stored = found(await definitions.get(id), `${noun} ${id}`);
        return { status: 200, body: await present(stored) };
      },
    }),
  ];
}
