import { createServer, IncomingMessage, ServerResponse, type Server, type ServerOptions } from 'node:http';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { Router, type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { failure, problemOf, RampartError, type Problem } from '../src/errors.js';
import { VERSION } from '../src/version.js';
import { ExposureBuffer } from '../src/ingest/exposures.js';
import type { ApiContext } from './context.js';
import { LIVE_PATH, liveCall } from './live.js';
import { mount, type Locals } from './mount.js';
import { openApiOf } from './openapi.js';
import { addMetrics } from './metrics.js';
import { processCalls, type ProcessCall } from './process-calls.js';
import { RateLimiter } from './rate-limit.js';
import { isRefusal } from './refusals.js';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
import type { Route } from './route.js';
import { anomalyRoutes } from './routes/anomalies.js';
import { auditRoutes } from './routes/audit.js';
import { commandRoutes } from './routes/commands.js';
import { decisionRoutes } from './routes/decisions.js';
import { deliveryRoutes } from './routes/deliveries.js';
import { emergencyStopRoutes } from './routes/emergency-stops.js';
import { eventRoutes } from './routes/events.js';
import { explainRoutes } from './routes/explain.js';
import { exclusionRoutes } from './routes/exclusions.js';
import { experimentRoutes } from './routes/experiments.js';
import { flagRoutes } from './routes/flags.js';
import { holdoutRoutes } from './routes/holdouts.js';
import { insightRoutes } from './routes/insights.js';
import { keyRoutes } from './routes/keys.js';
import { keyringRoutes } from './routes/keyring.js';
import { layerRoutes } from './routes/layers.js';
import { metricRoutes } from './routes/metrics.js';
import { optOutRoutes } from './routes/opt-outs.js';
import { outlookRoutes } from './routes/outlook.js';
import { overrideRoutes } from './routes/overrides.js';
import { planningRoutes } from './routes/planning.js';
import { peopleRoutes } from './routes/people.js';
import { policyRoutes } from './routes/policies.js';
import { policyHistoryRoutes } from './routes/policy-history.js';
import { privacyUnitRoutes } from './routes/privacy-units.js';
import { processRoutes } from './routes/processes.js';
import { reportRoutes } from './routes/reports.js';
import { resultRoutes } from './routes/results.js';
import { segmentRoutes } from './routes/segments.js';
import { sessionRoutes } from './routes/session.js';
import { temporalCodecRoutes } from './routes/temporal-codec.js';
import { validationRoutes } from './routes/validations.js';
import { webhookRoutes } from './routes/webhooks.js';
import { ManagementMeter } from './series/management-meter.js';
import { servingCalls, type ServingCall } from './serving/calls.js';
import { createServingHandler } from './serving/handler.js';
import { ServingMeter } from './serving/serving-meter.js';
import { Snapshots } from './serving/snapshots.js';
import { dashboard } from './dashboard.js';
import { mountSignIn } from './session/mount-sign-in.js';
import { mountOidc, OIDC_CALLS } from './session/oidc.js';
import { signInCalls, type SignInCall } from './session/sign-in.js';
import { temporalUi } from './temporal-ui.js';

export interface Api {
  server: Server;
  exposures: ExposureBuffer;
  /** The OpenAPI document of every call. */
  document: object;
}

/** How long a client may take to send a request, ms: whoever sends it byte by byte does not hold a connection for long. */
const PATIENCE = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
} satisfies ServerOptions;

/** The whole API on one server: the serving calls first, all the rest through Express. */
export function createApi(context: ApiContext): Api {
  const exposures = new ExposureBuffer({
    store: (events, received_at) => context.ingest.store(events, received_at),
    onLost: (count, error) => context.logger.warn({ err: error, count }, 'exposures not recorded'),
  });
  const snapshots = new Snapshots(context.store.instances, (error) =>
    context.logger.warn({ err: error }, 'the heartbeat of a service could not be stored'),
  );
  const calls = servingCalls({ ...context, exposures, snapshots });
  const { config, group } = context;
  const limiter = new RateLimiter(config.RAMPART_RATE_LIMIT, { group, name: 'serving' });
  const { registry } = context;
  const meter = new ServingMeter();
  meter.register(registry);
  const serving = createServingHandler(calls, context, limiter, meter);
  const routes = managementRoutes(context);
  addMetrics(registry, { ...context, exposures });
  group?.contribute(registry);
  const process = processCalls(context, registry);
  const signIn = signInCalls(context);
  const document = openApiOf({ routes, serving: calls, process, signIn }, VERSION);
  const management = new ManagementMeter(registry, context.spans);
  const app = createApp(context, { routes, calls, process, signIn, document, meter: management });
  const server = createServer({ ...messagesOf(app), ...PATIENCE }, (request, response) => {
    if (!serving(request, response)) app(request, response);
  });
  server.maxConnections = config.RAMPART_MAX_CONNECTIONS;
  return { server, exposures, document };
}

/** The management API: one file a resource. */
export function managementRoutes(context: ApiContext): Route[] {
  return [
    experimentRoutes,
    commandRoutes,
    planningRoutes,
    validationRoutes,
    resultRoutes,
    outlookRoutes,
    anomalyRoutes,
    decisionRoutes,
    exclusionRoutes,
    overrideRoutes,
    optOutRoutes,
    privacyUnitRoutes,
    flagRoutes,
    explainRoutes,
    segmentRoutes,
    metricRoutes,
    eventRoutes,
    policyRoutes,
    policyHistoryRoutes,
    layerRoutes,
    holdoutRoutes,
    emergencyStopRoutes,
    webhookRoutes,
    deliveryRoutes,
    keyRoutes,
    keyringRoutes,
    temporalCodecRoutes,
    peopleRoutes,
    auditRoutes,
    reportRoutes,
    insightRoutes,
    processRoutes,
    sessionRoutes,
  ].flatMap((routesOf) => routesOf(context));
}

/**
 * Request and response classes that have Express's prototypes from the start. Express would otherwise change the prototype
 * of each object that it handles, and node's own code would then be slower for all of them.
 */
function messagesOf(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class ApiRequest extends IncomingMessage {}
  class ApiResponse extends ServerResponse {}
  Object.setPrototypeOf(ApiRequest.prototype, app.request);
  Object.setPrototypeOf(ApiResponse.prototype, app.response);
  app.request = ApiRequest.prototype as unknown as Express['request'];
  app.response = ApiResponse.prototype as unknown as Express['response'];
  return { IncomingMessage: ApiRequest, ServerResponse: ApiResponse as unknown as typeof ServerResponse };
}

/** What Express answers. */
interface Mounted {
  routes: readonly Route[];
  calls: readonly ServingCall[];
  process: readonly ProcessCall[];
  signIn: readonly SignInCall[];
  document: object;
  meter: ManagementMeter;
}

function createApp(
  context: ApiContext,
  { routes, calls, process, signIn, document, meter }: Mounted,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(meter.handler());
  app.use((request, response, next) => {
    response.setHeader(REQUEST_ID_HEADER, requestIdOf(request));
    next();
  });
  app.use(helmet({ contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } } }));
  app.use(dashboard(context));
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'private, no-cache');
    next();
  });
  app.use(openRoutes(process, document));
  const { config, group } = context;
  app.use('/v1/temporal-codec', temporalUi(config.RAMPART_TEMPORAL_UI_ORIGIN));
  const router = Router();
  const limiter = new RateLimiter(config.RAMPART_MANAGEMENT_RATE_LIMIT, { group, name: 'management' });
  for (const definition of routes) mount(router, context, limiter, definition);
  app.use(router);
  app.use(mountSignIn(signIn));
  app.use(mountOidc(context));
  app.get(LIVE_PATH, liveCall(context));
  const methodsOf = methodsByPath([
    ...routes,
    ...calls,
    ...process,
    ...signIn,
    ...OIDC_CALLS,
    { path: LIVE_PATH },
  ]);
  app.use((request, response) => {
    const known = methodsOf(request.path);
    if (known.length === 0)
      throw failure('not_found', `no ${request.method} ${request.path}; /docs lists every call`);
    response.setHeader('Allow', known.join(', '));
    throw failure('method_not_allowed', `${request.path} takes ${known.join(', ')}, not ${request.method}`);
  });
  app.use(errorHandler(context));
  return app;
}

/** Finds the methods that a path takes, in capitals; none where there is no such path. */
function methodsByPath(all: readonly { path: string; method?: string }[]): (path: string) => string[] {
  const patterns = all.map(({ path, method = 'get' }) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    method: method.toUpperCase(),
  }));
  return (path) => {
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  };
}

/** What needs no key. */
function openRoutes(process: readonly ProcessCall[], document: object): Router {
  const router = Router();
  for (const call of process) {
    const { path, type } = call;
    router.get(path, (_request, response, next) => {
      call
        .handle()
        .then(({ status, body }) => response.status(status).type(type).send(body))
        .catch(next);
    });
  }
  router.get('/openapi.json', (_request, response) => void response.json(document));
  const ui = dirname(require_.resolve('swagger-ui-dist/package.json'));
  router.get('/docs', (_request, response) => void response.type('html').send(DOCS_PAGE));
  router.get('/docs/start.js', (_request, response) => void response.type('js').send(DOCS_SCRIPT));
  router.use('/docs', express.static(ui, { index: false }));
  return router;
}

const require_ = createRequire(import.meta.url);

const DOCS_PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Rampart API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><body><div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>`;
const DOCS_SCRIPT = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui' });`;

function errorHandler({ logger, refusals }: ApiContext): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = fromBodyParser(error);
    const { route, caller } = response.locals as Locals;
    const { method } = request;
    const request_id = requestIdOf(request);
    if (!(known instanceof RampartError))
      logger.error({ err: error, method, route, request_id }, 'a request failed');
    const problem: Problem = { ...problemOf(known), request_id };
    const { key_id } = caller ?? {};
    const address = request.socket.remoteAddress;
    if (isRefusal(problem)) refusals.note({ code: problem.code, method, route, key_id, address, request_id });
    if (typeof problem['retry_after'] === 'number') response.setHeader('Retry-After', problem['retry_after']);
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}

/** Errors of Express's body parser and router, with the API's own codes. */
function fromBodyParser(error: unknown): unknown {
  const { type, status } = error as { type?: string; status?: number };
  if (error instanceof RampartError) return error;
  if (type === 'entity.parse.failed') return failure('malformed_json', 'the body is not JSON');
  if (type === 'entity.too.large') return failure('too_large', 'the body is larger than 1 MiB');
  if (status === 415) return failure('unsupported_media_type', 'send application/json in UTF-8');
  if (status === 400) return failure('malformed_json', 'the request could not be read');
  return error;
}
