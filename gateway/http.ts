// client ◀═══ REST ═══▶ gateway: the server, what holds for every route, and the OpenAPI document at /docs.
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { actionRoutes } from './action-routes.ts';
import type { Authenticator } from './auth.ts';
import { guardRoutes } from './auth-routes.ts';
import { guardBodies } from './body-guard.ts';
import type { GatewayConfig } from './config.ts';
import { labelRoutes } from './label-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { documentApi } from './openapi.ts';
import { operationRoutes } from './operation-routes.ts';
import { checkOrigin } from './origin.ts';
import { servePage } from './page.ts';
import { pastRoutes } from './past-routes.ts';
import { previewRoutes } from './preview-routes.ts';
import { problem, toProblem } from './problem.ts';
import { resumableRoutes } from './resumable-routes.ts';
import type { StreamHome } from './stream-creation.ts';
import { streamRoutes } from './stream-routes.ts';
import { uploadRoutes } from './upload-routes.ts';
import type { UploadStore } from './upload-store.ts';
import { compileValidator } from './validation.ts';

/** JSON bodies; 256 labels with all their wordings are about 1.6 MB at the very most, and a few KB in life. */
const BODY_MAX_BYTES = 2 ** 20;
/** A socket on which nothing moves for this long is closed. WebSockets have their own heartbeat. */
const IDLE_MS = 30_000;
/** The head of a request: a client sends it in one go. */
const HEADERS_MS = 10_000;
/** A whole request, however slowly it comes; uploads are the longest ones. */
const REQUEST_MAX_MS = 6 * 3_600_000;

const ROUTES = [
  streamRoutes,
  labelRoutes,
  actionRoutes,
  pastRoutes,
  previewRoutes,
  modelRoutes,
  uploadRoutes,
  resumableRoutes,
  operationRoutes,
];

/** What every route works with. */
export interface RouteContext extends StreamHome {
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly auth: Authenticator;
  readonly uploads: UploadStore;
}

/** Returns the server with all its routes; it does not listen yet. */
export async function buildHttp(context: RouteContext): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_MAX_BYTES,
    connectionTimeout: IDLE_MS,
    requestTimeout: REQUEST_MAX_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    trustProxy: context.auth.trustsProxy,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: HEADERS_MS / 5 },
  });
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => {
    const body = toProblem(error);
    if (body.status >= 500) {
      context.log.error({ err: error, method: request.method, route: request.routeOptions.url }, body.title);
    }
    const wait = error instanceof PipelineError ? error.facts.waitSeconds : undefined;
    if (typeof wait === 'number') reply.header('retry-after', String(wait));
    return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  });
  app.setNotFoundHandler((request, reply) => {
    const body = problem(
      'E_NOT_FOUND',
      `There is no ${request.method} ${request.url.split('?')[0]}. See /docs.`,
    );
    return reply.code(404).type('application/problem+json').send(JSON.stringify(body));
  });
  countRequests(app, context.metrics);
  guardBodies(app, context.config.UPLOAD_STALL_SECONDS * 1_000);
  await admitPages(app, context);
  await secureHeaders(app);
  guardRoutes(app, context);
  await documentApi(app);
  for (const routes of ROUTES) {
    await app.register(async (scope) => routes(scope, context));
  }
  await servePage(app);
  return app;
}

/** Pages of listed origins may call; those of others are refused before anything is read of their request. */
async function admitPages(app: FastifyInstance, { config, auth }: RouteContext): Promise<void> {
  const allowed = config.ALLOWED_ORIGINS;
  app.addHook('onRequest', async (request) => checkOrigin(request.headers, allowed, { anyHost: auth.isOn }));
  if (allowed.length === 0) return;
  await app.register(cors, {
    origin: allowed,
    methods: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'],
    exposedHeaders: ['location', 'www-authenticate', 'retry-after'],
    maxAge: 600,
  });
}

/** Nothing of another host, nothing inline: what a page of this gateway may load. */
async function secureHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'blob:', 'data:'],
        mediaSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The gateway speaks plain HTTP; whether browsers must use HTTPS is for the proxy in front to say.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
}

function countRequests(app: FastifyInstance, metrics: Metrics): void {
  const labels: ('method' | 'route' | 'status')[] = ['method', 'route', 'status'];
  const requests = metrics.counter('verbcast_http_requests_total', 'HTTP requests answered.', labels);
  const duration = metrics.histogram('verbcast_http_request_duration_seconds', 'Time to answer a request.', {
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    labels: ['method', 'route'],
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    // The route's pattern, never the address: ids would make a series each.
    const route = request.routeOptions.url ?? 'none';
    requests.inc({ method, route, status: String(reply.statusCode) });
    duration.observe({ method, route }, reply.elapsedTime / 1000);
  });
}
