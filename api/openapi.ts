import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { writtenAs } from '../src/validation.js';
import type { Action } from './auth.js';
import type { ProcessCall } from './process-calls.js';
import { LIVE_PATH } from './live.js';
import type { Route } from './route.js';
import { OIDC_CALLS } from './session/oidc.js';
import type { SignInCall } from './session/sign-in.js';
import type { ServingCall } from './serving/calls.js';
import { TAGS } from './tags.js';

/** Every call of the API, by how it is answered. */
interface Calls {
  routes: readonly Route[];
  serving: readonly ServingCall[];
  process: readonly ProcessCall[];
  signIn: readonly SignInCall[];
}

/** The OpenAPI 3.1 document of all calls, from the same schemas and tables that serve them. */
export function openApiOf({ routes, serving, process, signIn }: Calls, version: string): object {
  const components = new Components();
  const paths: Record<string, Record<string, object>> = {};
  const add = (path: string, method: string, operation: object): void => {
    (paths[path] ??= {})[method] = operation;
  };
  for (const route of routes) add(route.path, route.method, managementOperation(route, components));
  for (const call of serving) add(call.path, call.method.toLowerCase(), servingOperation(call, components));
  for (const call of signIn) add(call.path, call.method, signInOperation(call, components));
  for (const call of OIDC_CALLS) add(call.path, 'get', oidcOperation(call, components));
  for (const call of process) add(call.path, 'get', processOperation(call, components));
  add(LIVE_PATH, 'get', liveOperation());
  add('/openapi.json', 'get', THIS_DOCUMENT);
  components.schemas['Problem'] = PROBLEM;
  return {
    openapi: '3.1.0',
    info: { title: 'Rampart', version, description: 'Experiments that run themselves.' },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { header: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
      schemas: components.schemas,
    },
  };
}

function managementOperation(route: Route, components: Components): object {
  const { method, path, tag, summary, action, query, body, bodyOptional, replies } = route;
  const operationId = operationIdOf(method, path);
  return {
    tags: [tag],
    summary,
    description: takesKey(action),
    operationId,
    parameters: [
      ...pathParameters(path),
      ...(query ? queryParameters(query, components) : []),
      ...(method === 'post' ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(body && {
      requestBody: {
        required: !bodyOptional,
        content: json(components.add(body, 'input', operationId)),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, schema]) => [
          status,
          {
            description: STATUS_CODES[status],
            ...(schema && { content: json(components.add(schema, 'output', `${operationId}Answer`)) }),
            ...headersOf(method, status),
          },
        ]),
      ),
      default: PROBLEM_RESPONSE,
    },
  };
}

function servingOperation(call: ServingCall, components: Components): object {
  const { method, path, tag, summary, action, query, request, lines, reply, failure } = call;
  const operationId = operationIdOf(method.toLowerCase(), path);
  const schema = request && components.add(request, 'input', operationId);
  return {
    tags: [tag],
    summary,
    description: takesKey(action),
    operationId,
    parameters: [...pathParameters(path), ...(query ? queryParameters(query, components) : [])],
    ...(schema && {
      requestBody: {
        required: true,
        content: { ...json(schema), ...(lines && { 'application/x-ndjson': { schema: {} } }) },
      },
    }),
    responses: {
      [reply.status]: {
        description: STATUS_CODES[reply.status],
        content:
          'type' in reply
            ? { [reply.type]: { schema: { type: 'string' } } }
            : json(components.add(reply.schema, 'output', `${operationId}Answer`)),
      },
      ...(isCached(path) && { 304: { description: 'Nothing has changed since the ETag in If-None-Match.' } }),
      default: failure
        ? {
            description: 'A failure, as OFREP has it',
            content: json(components.add(failure, 'output', operationId)),
          }
        : PROBLEM_RESPONSE,
    },
  };
}

function processOperation(
  { path, summary, type, reply, statuses }: ProcessCall,
  components: Components,
): object {
  const operationId = operationIdOf('get', path);
  const schema = reply ? components.add(reply, 'output', `${operationId}Answer`) : { type: 'string' };
  return {
    tags: ['process'],
    summary,
    operationId,
    security: [],
    responses: Object.fromEntries(
      statuses.map((status) => [
        status,
        { description: STATUS_CODES[status], content: { [type.split(';')[0]!]: { schema } } },
      ]),
    ),
  };
}

function signInOperation(
  { method, path, summary, body, reply, status }: SignInCall,
  components: Components,
): object {
  const operationId = operationIdOf(method, path);
  return {
    tags: ['session'],
    summary,
    operationId,
    security: [],
    ...(body && {
      requestBody: { required: true, content: json(components.add(body, 'input', operationId)) },
    }),
    responses: {
      [status]: {
        description: STATUS_CODES[status],
        headers: { 'Set-Cookie': { description: 'The session.', schema: { type: 'string' } } },
        ...(reply && { content: json(components.add(reply, 'output', `${operationId}Answer`)) }),
      },
      default: PROBLEM_RESPONSE,
    },
  };
}

function oidcOperation(
  { path, summary, query }: (typeof OIDC_CALLS)[number],
  components: Components,
): object {
  return {
    tags: ['session'],
    summary,
    description:
      'For browsers. What is refused leads back to the sign-in page, with the reason in `sign_in`.',
    operationId: operationIdOf('get', path),
    security: [],
    parameters: query ? queryParameters(query, components) : [],
    responses: {
      303: {
        description: STATUS_CODES[303],
        headers: { Location: { description: 'Where to go on.', schema: { type: 'string' } } },
      },
      default: PROBLEM_RESPONSE,
    },
  };
}

function liveOperation(): object {
  return {
    tags: ['session'],
    summary: 'What changes, as server-sent events: for pages that are open',
    description: `${takesKey('read')} Each event is JSON of {type, id, version, at}. It begins with \`reset\`, after which everything is to be read again, and says \`ping\` every ten seconds.`,
    operationId: 'getV1Live',
    responses: {
      200: { description: 'OK', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      default: PROBLEM_RESPONSE,
    },
  };
}

const THIS_DOCUMENT = {
  tags: ['process'],
  summary: 'This document',
  operationId: 'getOpenapiJson',
  security: [],
  responses: {
    200: { description: 'OK', content: json({ type: 'object', required: ['openapi', 'paths'] }) },
  },
};

/** Calls that answer 304 to an If-None-Match. */
function isCached(path: string): boolean {
  return path === '/v1/snapshot' || path === '/ofrep/v1/evaluate/flags';
}

function takesKey(action: Action): string {
  return `Takes a key that may ${action}.`;
}

function json(schema: object): object {
  return { 'application/json': { schema } };
}

function operationIdOf(method: string, path: string): string {
  const camel = path.replaceAll(/[/{}.-]+(\w)/g, (_, letter: string) => letter.toUpperCase());
  return method + camel.replaceAll(/\W/g, '');
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType, components: Components): object[] {
  const { properties = {}, required = [] } = components.inline(query) as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Two requests with the same key and body are one: the second gets the answer of the first.',
  schema: { type: 'string', minLength: 1, maxLength: 128 },
};

function headersOf(method: string, status: string): object {
  const headers = {
    ...(method === 'post' && {
      'Idempotent-Replayed': {
        description: '`true` where the answer is that of an earlier request with the same Idempotency-Key.',
        schema: { type: 'string', enum: ['true'] },
      },
    }),
    ...((status === '201' || status === '202') && {
      Location: { description: 'Where to read what was made.', schema: { type: 'string' } },
    }),
  };
  return Object.keys(headers).length > 0 ? { headers } : {};
}

type Direction = 'input' | 'output';

/** The schemas of the document: those with an id are shared, others stand where they are used. */
class Components {
  readonly schemas: Record<string, object> = {};

  /** @param name of the call, for what a schema defines for itself (recursive types) */
  add(schema: z.ZodType, io: Direction, name: string): object {
    const { $schema: _, $defs = {}, ...own } = jsonSchemaOf(schema, io);
    const place = (key: string): string => (key.startsWith('__') ? `${name}.${key}` : key);
    const hoisted = (part: object): object =>
      JSON.parse(
        JSON.stringify(part).replaceAll(
          /"#\/\$defs\/([^"]+)"/g,
          (_, key: string) => `"#/components/schemas/${place(key)}"`,
        ),
      ) as object;
    for (const [key, definition] of Object.entries($defs)) this.schemas[place(key)] = hoisted(definition);
    const { id, ...rest } = own as { id?: string };
    if (id === undefined) return hoisted(rest);
    this.schemas[id] = hoisted(rest);
    return { $ref: `#/components/schemas/${id}` };
  }

  inline(schema: z.ZodType): object {
    const { $defs: _, ...own } = jsonSchemaOf(schema, 'input');
    return own;
  }
}

/** Documents that are kept as they were written stand as people write them. */
function jsonSchemaOf(
  schema: z.ZodType,
  io: Direction,
): { $schema?: string; $defs?: Record<string, object> } {
  // What a part defines for itself, which only the whole may.
  const defined: Record<string, object> = {};
  const { $defs, ...whole } = z.toJSONSchema(writtenAs(schema), {
    io: writtenAs(schema) === schema ? io : 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // The format says it; zod's pattern for it is eight lines long.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      const written = writtenAs(zodSchema);
      if (written === zodSchema) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      const { $defs: own, ...part } = z.toJSONSchema(written, { io: 'input', unrepresentable: 'any' });
      delete part.$schema;
      Object.assign(defined, own);
      Object.assign(jsonSchema, part);
    },
  });
  return { ...whole, $defs: { ...defined, ...$defs } };
}

const PROBLEM = {
  type: 'object',
  description: 'Problem details (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    retry_after: { type: 'integer', description: 'Seconds after which the call may succeed.' },
    request_id: {
      type: 'string',
      description:
        'By which the log has it; the same as in X-Request-Id. Absent of an answer that is given again.',
    },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'code', 'message'],
        properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const PROBLEM_RESPONSE = {
  description: 'Problem details (RFC 9457)',
  headers: {
    'Retry-After': { description: 'Seconds after which the call may succeed.', schema: { type: 'integer' } },
    'X-Request-Id': {
      description:
        'What the request called itself in its own X-Request-Id, where that is well formed; else a new name.',
      schema: { type: 'string' },
    },
  },
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
