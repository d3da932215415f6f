import type { z } from 'zod';
import type { Action, Caller } from './auth.js';
import type { Concern, RawCall } from './environments.js';
import type { Signed } from './session/sessions.js';
import type { Tag } from './tags.js';

/** Names of the parameters in a path such as `/v1/flags/{flag_id}`. */
export type ParameterOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never;

/** A request that was allowed, with its parts parsed. */
export interface Call<Path extends string, Query, Body> {
  params: Record<ParameterOf<Path>, string>;
  query: Query;
  body: Body;
  caller: Caller;
  /** The session of a page; null where a key was sent. */
  session: Signed | null;
  idempotency_key: string | null;
}

/** The answers of a route by status: the schema of the body, or null for none. */
export type Replies = Partial<Record<200 | 201 | 202, z.ZodType>> & { 204?: null };

/** One of the answers that a route declares. */
export type ReplyOf<R extends Replies> = {
  [Status in keyof R]: R[Status] extends z.ZodType<infer Body>
    ? { status: Status; body: Body; location?: string }
    : { status: Status };
}[keyof R];

interface Definition<Path extends string, Query, Body, R extends Replies> {
  method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  path: Path;
  action: Action;
  /** The environments that the call is about. Whoever adds a call says it, and `mount` obeys it. */
  environments(call: RawCall<ParameterOf<Path>>): Concern | Promise<Concern>;
  tag: Tag;
  summary: string;
  /** Parameters of the query; a route without a schema takes none. */
  query?: z.ZodType<Query, unknown>;
  body?: z.ZodType<Body, unknown>;
  /** The path parameter that a PUT's body may leave out or must repeat. */
  identity?: ParameterOf<Path>;
  /** Fields of the answer that only the server sets. A body may have them, so that an answer can be sent back; they are ignored. */
  readOnly?: readonly string[];
  /**
   * Origin of another application whose pages may make this call with a session of the dashboard: it changes nothing, so that
   * no page could do harm by it.
   */
  alsoFrom?: string | undefined;
  /** An empty body is an empty object. */
  bodyOptional?: boolean;
  replies: R;
  handle(call: Call<Path, Query, Body>): Promise<ReplyOf<R>>;
}

/** An answer, whatever its route. */
export interface Reply {
  status: number;
  body?: unknown;
  location?: string;
}

/** One call of the management API: routing, permission, validation and documentation come from it. */
export type Route = Omit<
  Definition<string, unknown, unknown, Replies>,
  'environments' | 'handle' | 'identity'
> & {
  environments(call: RawCall): Concern | Promise<Concern>;
  identity?: string;
  handle(call: Call<string, unknown, unknown>): Promise<Reply>;
};

/** A route whose parameters, query, body and answers have the types of its path and schemas. */
export function route<
  const Path extends string,
  const R extends Replies,
  Query = Record<never, never>,
  Body = undefined,
>(definition: Definition<Path, Query, Body, R>): Route {
  // The types were those of this route; who mounts it has parsed each part by the route's own schemas.
  return definition as unknown as Route;
}
