import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Moment } from '../../src/assignment/experiment.js';
import { problemOf, RampartError, type Problem } from '../../src/errors.js';
import type { ExposureBuffer } from '../../src/ingest/exposures.js';
import type { ServingSnapshot } from '../../src/serving/serving-snapshot.js';
import type { Action, Caller } from '../auth.js';
import type { ApiContext } from '../context.js';
import { REQUEST_ID_HEADER, requestIdOf } from '../request-id.js';
import * as schemas from '../schemas/serving.js';
import type { Tag } from '../tags.js';
import { answer } from './answer.js';
import { assignAll, assignOne } from './assignments.js';
import { evaluateAll, evaluateOne, OfrepError, ofrepError } from './ofrep.js';
import { isNdjson } from './body.js';
import type { Snapshots } from './snapshots.js';

/** A request of one of the serving calls, allowed and with its body read. */
export interface ServingRequest {
  /** What the path names: a flag or an experiment; empty where it names nothing. */
  id: string;
  /** What the call's own schema makes of the query; null where there is none. */
  query: unknown;
  headers: IncomingMessage['headers'];
  body: string;
  response: ServerResponse;
  snapshot: ServingSnapshot;
  moment: Moment;
  caller: Caller;
}

/** One of the calls that services make thousands of times a second: how it is served, and how it is documented. */
export interface ServingCall {
  method: 'GET' | 'POST';
  /** With at most one parameter. */
  path: string;
  action: Action;
  tag: Tag;
  summary: string;
  /** Pages of other origins may make it. */
  fromPages?: boolean;
  /** NDJSON is taken besides JSON. */
  lines?: boolean;
  /** A token in the query takes the place of a key. */
  byToken?: boolean;
  /** Parameters of the query; without a schema, as OFREP has it, they are not looked at. */
  query?: z.ZodObject;
  request?: z.ZodType;
  reply: { status: 200 | 202; schema: z.ZodType } | { status: 200; type: 'text/event-stream' };
  /** The schema of failures; problem details where there is none. */
  failure?: z.ZodType;
  run(request: ServingRequest): Promise<void> | void;
  fail(response: ServerResponse, error: unknown, id: string): void;
}

export interface ServingDependencies extends Pick<
  ApiContext,
  'ingest' | 'logger' | 'refresher' | 'streams' | 'tokens'
> {
  exposures: ExposureBuffer;
  snapshots: Snapshots;
}

/** The table of all serving calls. The handler routes by it, and the API's document is made of it. */
export function servingCalls(dependencies: ServingDependencies): ServingCall[] {
  return [
    ...evaluationCalls(dependencies),
    ...assignmentCalls(dependencies),
    eventsCall(dependencies),
    ...snapshotCalls(dependencies),
  ];
}

function evaluationCalls({ logger, tokens }: ServingDependencies): ServingCall[] {
  const common = {
    method: 'POST',
    action: 'evaluate',
    tag: 'OFREP',
    fromPages: true,
    request: schemas.evaluationRequest,
    failure: schemas.ofrepFailure,
    fail(response: ServerResponse, error: unknown, id: string) {
      noteFailure(logger, response, error);
      ofrepError(response, error, id === '' ? undefined : id);
    },
  } as const;
  return [
    {
      ...common,
      path: '/ofrep/v1/evaluate/flags/{key}',
      summary: 'Evaluate one flag',
      reply: { status: 200, schema: schemas.evaluation },
      run: ({ response, body, id, snapshot, moment }) => evaluateOne(response, body, id, snapshot, moment),
    },
    {
      ...common,
      path: '/ofrep/v1/evaluate/flags',
      summary: 'Evaluate every flag',
      reply: { status: 200, schema: schemas.evaluations },
      run: ({ response, body, headers, snapshot, moment, caller }) =>
        evaluateAll(
          response,
          body,
          headers['if-none-match'],
          snapshot,
          moment,
          () => `/v1/stream?token=${tokens.issue(caller.key_id)}`,
        ),
    },
  ];
}

function assignmentCalls({ exposures, logger }: ServingDependencies): ServingCall[] {
  const common = {
    method: 'POST',
    action: 'assign',
    tag: 'serving',
    query: schemas.noQuery,
    fail: failWith(logger),
  } as const;
  return [
    {
      ...common,
      path: '/v1/experiments/{experiment_id}/assignments',
      summary: "A unit's assignment in one experiment; records the exposure",
      request: schemas.assignmentRequest,
      reply: { status: 200, schema: schemas.assignment },
      run: ({ response, body, id, snapshot, moment }) =>
        assignOne(response, body, id, snapshot, moment, exposures),
    },
    {
      ...common,
      path: '/v1/assignments',
      summary: "A unit's assignments in every live experiment; records no exposure",
      request: schemas.assignmentsRequest,
      reply: { status: 200, schema: schemas.assignments },
      run: ({ response, body, snapshot, moment }) => assignAll(response, body, snapshot, moment),
    },
  ];
}

function eventsCall({ ingest, logger }: ServingDependencies): ServingCall {
  return {
    method: 'POST',
    path: '/v1/events',
    action: 'ingest',
    tag: 'serving',
    summary: 'Up to 1,000 events, also as NDJSON; durable once answered',
    fromPages: true,
    lines: true,
    query: schemas.noQuery,
    request: schemas.eventsRequest,
    reply: { status: 202, schema: schemas.eventsAnswer },
    fail: failWith(logger),
    async run({ response, body, headers }) {
      const taken = await ingest.request(body, isNdjson(headers['content-type']));
      answer(response, 202, JSON.stringify(taken));
    },
  };
}

function snapshotCalls({ logger, refresher, snapshots, streams }: ServingDependencies): ServingCall[] {
  const common = { method: 'GET', tag: 'serving', fail: failWith(logger) } as const;
  return [
    {
      ...common,
      path: '/v1/snapshot',
      action: 'snapshot',
      summary: 'All that a service needs to evaluate in its own process; docs/snapshot.md',
      query: schemas.snapshotQuery,
      reply: { status: 200, schema: schemas.ruleset },
      run: ({ response, query, headers, snapshot }) =>
        snapshots.serve(response, query ?? {}, headers['if-none-match'], snapshot, refresher.age()),
    },
    {
      ...common,
      path: '/v1/stream',
      action: 'stream',
      summary: 'Server-Sent Events: something that is served has changed',
      fromPages: true,
      byToken: true,
      query: schemas.streamQuery,
      reply: { status: 200, type: 'text/event-stream' },
      run: ({ response, snapshot, caller }) => streams.add(response, caller.key_id, snapshot.revision),
    },
  ];
}

function failWith(logger: ApiContext['logger']): ServingCall['fail'] {
  return (response, error) => {
    const request_id = noteFailure(logger, response, error);
    failProblem(response, error, request_id);
  };
}

/** A failure has the id of its request in its answer and in the log. Good answers have none: making one would cost too much. */
function noteFailure(logger: ApiContext['logger'], response: ServerResponse, error: unknown): string {
  const request_id = requestIdOf(response.req);
  if (!response.headersSent) response.setHeader(REQUEST_ID_HEADER, request_id);
  const isExpected = error instanceof RampartError || error instanceof OfrepError;
  if (!isExpected) logger.error({ err: error, request_id }, 'a serving request failed');
  return request_id;
}

/** Answers a request on the raw server with a problem document. */
function failProblem(response: ServerResponse, error: unknown, request_id: string): void {
  const problem: Problem = { ...problemOf(error), request_id };
  const { retry_after } = problem;
  const more = typeof retry_after === 'number' ? ['Retry-After', String(retry_after)] : [];
  answer(response, problem.status, JSON.stringify(problem), more, 'application/problem+json');
}
