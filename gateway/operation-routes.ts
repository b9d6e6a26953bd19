// /healthz, /readyz, /metrics: for probes and scrapers.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { answer, failures } from './answers.ts';
import type { RouteContext } from './http.ts';

const Ok = z.object({ status: z.literal('ok') });

/** Adds the operator's routes to `scope`. */
export function operationRoutes(scope: FastifyInstance, { redis, metrics }: RouteContext): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const tags = ['operations'];

  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'health',
        summary: 'Whether the process lives',
        tags,
        response: { 200: answer('It does.', Ok), ...failures(403) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'ready',
        summary: 'Whether requests can be served: Redis answers',
        tags,
        response: { 200: answer('Redis answers.', Ok), ...failures(403, 503) },
      },
    },
    async () => {
      await redis.ping();
      return { status: 'ok' as const };
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Prometheus metrics of this process',
        tags,
        response: {
          200: { description: 'Text format.', content: { 'text/plain': { schema: z.string() } } },
          ...failures(403),
        },
      },
    },
    async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
