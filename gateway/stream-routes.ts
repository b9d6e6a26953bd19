// /v1/streams: create, list, read, stop, remove.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { toStreamRecord } from '../protocol/record.ts';
import { StreamPage } from '../protocol/rest.ts';
import { CreateStream, isTerminal, StreamId, StreamRecord } from '../protocol/stream.ts';
import { answer, failures } from './answers.ts';
import type { RouteContext } from './http.ts';
import { listStreams, purgeStream, readStream, stopStream, sweepIndex } from './stream-store.ts';
import { submit } from './submission.ts';

export const StreamParams = z.object({ id: StreamId });
const Page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(64).optional().describe('The `nextCursor` of the page before.'),
});
const CreateHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'Repeating a request with the same key within an hour answers with the stream of the first one.',
    ),
});
const StopQuery = z.object({
  purge: z.enum(['true', 'false']).default('false').describe('Remove everything of a stream that is over.'),
});

/** Adds the routes of streams to `scope`. */
export function streamRoutes(scope: FastifyInstance, context: RouteContext): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const tags = ['streams'];

  app.post(
    '/v1/streams',
    {
      schema: {
        operationId: 'createStream',
        summary: 'Submit a video or a camera',
        tags,
        headers: CreateHeaders,
        body: CreateStream,
        response: {
          201: answer('The stream is queued; `Location` is its address.', StreamRecord),
          ...failures(400, 403, 404, 413, 422, 502, 503),
        },
      },
    },
    async (request, reply) => {
      const { id, isRepeat } = await submit(context, request.body, {
        identity: request.identity,
        idempotencyKey: request.headers['idempotency-key'],
      });
      if (isRepeat) reply.header('idempotent-replayed', 'true');
      const record = toStreamRecord(await readStream(context, id));
      sweepIndex(context).catch((error: unknown) => context.log.warn({ err: error }, 'sweeping failed'));
      return reply.code(201).header('location', `/v1/streams/${id}`).send(record);
    },
  );

  app.get(
    '/v1/streams',
    {
      schema: {
        operationId: 'listStreams',
        summary: 'List streams, newest first',
        tags,
        querystring: Page,
        response: { 200: answer('One page.', StreamPage), ...failures(400, 403, 503) },
      },
    },
    async (request) => {
      const { ownOnly, owner } = request.identity;
      const { records, nextCursor } = await listStreams(context, {
        ...request.query,
        ...(ownOnly ? { owner } : {}),
      });
      return { streams: records.map(toStreamRecord), nextCursor };
    },
  );

  app.get(
    '/v1/streams/:id',
    {
      schema: {
        operationId: 'readStream',
        summary: 'Read the record of a stream',
        tags,
        params: StreamParams,
        response: { 200: answer('The record.', StreamRecord), ...failures(403, 404, 503) },
      },
    },
    async (request) => toStreamRecord(await readStream(context, request.params.id)),
  );

  app.delete(
    '/v1/streams/:id',
    {
      schema: {
        operationId: 'stopStream',
        summary: 'Stop a stream, or remove one that is over',
        tags,
        params: StreamParams,
        querystring: StopQuery,
        response: {
          200: answer('The stream is over: it was already, or nobody had taken it yet.', StreamRecord),
          202: answer('The stream is stopping; its final status comes as an event.', StreamRecord),
          204: z.null().describe('Everything of the stream is removed.'),
          ...failures(403, 404, 409, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (request.query.purge === 'true') {
        await purgeStream(context, id);
        return reply.code(204).send(null);
      }
      const record = await stopStream(context, { id, retentionSeconds: context.config.RETENTION_SECONDS });
      return reply.code(isTerminal(record.status) ? 200 : 202).send(toStreamRecord(record));
    },
  );
}
