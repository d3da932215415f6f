import { z } from 'zod';
import type { Route } from './route.js';
import { writtenAs } from '../src/validation.js';

/** The OpenAPI 3.1 document of the routes, from the same schemas that validate. */
export function openApiOf(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Record<string, object> = {};
  for (const definition of routes) {
    const operations = (paths[definition.path] ??= {});
    operations[definition.method] = operation(definition, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Rampart', version, description: 'Experiments that run themselves.' },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths: { ...paths, ...SERVING_PATHS },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: { ...schemas, Problem: PROBLEM },
    },
  };
}

function operation(
  { method, path, summary, action, body, bodyOptional }: Route,
  schemas: Record<string, object>,
): object {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const success = method === 'delete' ? '204' : '2XX';
  const operationId = operationIdOf(method, path);
  return {
    summary,
    description: `Takes a key that may ${action}.`,
    operationId,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !bodyOptional,
        content: { 'application/json': { schema: jsonSchema(body, operationId, schemas) } },
      },
    }),
    responses: {
      [success]: {
        description: 'Done',
        ...(success !== '204' && { content: { 'application/json': { schema: {} } } }),
      },
      default: PROBLEM_RESPONSE,
    },
  };
}

function operationIdOf(method: string, path: string): string {
  const camel = path.replaceAll(/[/{}.-]+(\w)/g, (_, letter: string) => letter.toUpperCase());
  return method + camel.replaceAll(/\W/g, '');
}

/** The schema of a body. What it defines for itself (recursive types) becomes a component named after the call. */
function jsonSchema(schema: z.ZodType, name: string, schemas: Record<string, object>): object {
  const {
    $schema: _,
    $defs = {},
    ...own
  } = z.toJSONSchema(writtenAs(schema), {
    io: 'input',
    unrepresentable: 'any',
  });
  const hoisted = (part: object): object =>
    JSON.parse(JSON.stringify(part).replaceAll('"#/$defs/', `"#/components/schemas/${name}.`)) as object;
  for (const [key, definition] of Object.entries($defs)) schemas[`${name}.${key}`] = hoisted(definition);
  return hoisted(own);
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const PROBLEM_RESPONSE = {
  description: 'Problem details (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const unit = { type: 'string', minLength: 1, maxLength: 256 };
const attributes = { type: 'object', additionalProperties: true };

function post(summary: string, schema: object, parameters: object[] = [], status = '200'): object {
  return {
    post: {
      summary,
      ...(parameters.length > 0 && { parameters }),
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        [status]: { description: 'Done', content: { 'application/json': { schema: {} } } },
        default: PROBLEM_RESPONSE,
      },
    },
  };
}

function get(summary: string, type: string, parameters: object[]): object {
  return {
    get: {
      summary,
      parameters,
      responses: {
        200: { description: 'Done', content: { [type]: { schema: {} } } },
        default: PROBLEM_RESPONSE,
      },
    },
  };
}

const inQuery = (name: string, schema: object): object => ({ name, in: 'query', schema });
const inPath = (name: string): object => ({ name, in: 'path', required: true, schema: { type: 'string' } });
const context = { type: 'object', properties: { context: { type: 'object', additionalProperties: true } } };

/** The calls of the raw serving handler, which checks by hand what it takes thousands of times a second. */
const SERVING_PATHS = {
  '/v1/experiments/{experiment_id}/assignments': post(
    "A unit's assignment in one experiment; records the exposure",
    {
      type: 'object',
      required: ['unit_id'],
      additionalProperties: false,
      properties: { unit_id: unit, attributes, exposure: { type: 'boolean', default: true } },
    },
    [inPath('experiment_id')],
  ),
  '/v1/assignments': post("A unit's assignments in every live experiment; records no exposure", {
    type: 'object',
    required: ['unit_id'],
    additionalProperties: false,
    properties: { unit_id: unit, attributes },
  }),
  '/v1/events': post(
    'Up to 1,000 events, also as NDJSON; durable once answered',
    {
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['event_id', 'type', 'unit_id', 'timestamp'],
        properties: {
          event_id: { type: 'string' },
          type: { type: 'string' },
          unit_id: unit,
          timestamp: { type: 'string', format: 'date-time' },
          value: { type: 'number' },
          experiment_id: { type: 'string' },
          variant: { type: 'string' },
          properties: attributes,
        },
      },
    },
    [],
    '202',
  ),
  '/v1/snapshot': get(
    'All that a service needs to evaluate by itself; docs/snapshot.md',
    'application/json',
    [
      inQuery('instance_id', { type: 'string' }),
      inQuery('serving', { type: 'integer' }),
      inQuery('closing', { type: 'boolean' }),
    ],
  ),
  '/v1/stream': get('Server-Sent Events: something that is served has changed', 'text/event-stream', [
    inQuery('token', { type: 'string', description: 'in the place of a key, from a bulk evaluation' }),
  ]),
  '/ofrep/v1/evaluate/flags': post('OFREP 0.3: every flag', context),
  '/ofrep/v1/evaluate/flags/{key}': post('OFREP 0.3: one flag', context, [inPath('key')]),
};
