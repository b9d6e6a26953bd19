// /v1/streams: create, list, read, stop, remove.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { toLabelSet } from '../protocol/labels.ts';
import type { ServedModel } from '../protocol/model.ts';
import { toStreamRecord } from '../protocol/record.ts';
import { StreamPage } from '../protocol/rest.ts';
import { CreateStream, isTerminal, StreamId, type StreamMode, StreamRecord } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import { resolveSource } from '../sources/policy.ts';
import { answer, failures } from './answers.ts';
import type { Identity } from './auth-identity.ts';
import type { RouteContext } from './http.ts';
import { defaultModel, readServedModels, requireServed } from './served-models.ts';
import { createStream, newStreamId } from './stream-creation.ts';
import { listStreams, purgeStream, readStream, stopStream, sweepIndex } from './stream-store.ts';

export const StreamParams = z.object({ id: StreamId });
const Page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(64).optional().describe('The `nextCursor` of the page before.'),
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
        body: CreateStream,
        response: {
          201: answer('The stream is queued; `Location` is its address.', StreamRecord),
          ...failures(400, 403, 404, 413, 422, 502, 503),
        },
      },
    },
    async (request, reply) => {
      const id = await submit(context, request.body, request.identity);
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
          200: answer('The stream was over already.', StreamRecord),
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
      const record = await stopStream(context, id);
      return reply.code(isTerminal(record.status) ? 200 : 202).send(toStreamRecord(record));
    },
  );
}

/** Checks what is asked for against what is there, creates the stream, and returns its id. */
async function submit(
  context: RouteContext,
  { source, options, ...input }: CreateStream,
  { owner }: Identity,
): Promise<string> {
  const { config, redis, keys } = context;
  const served = await readServedModels(redis, keys);
  const model = requireServed(served, options.model ?? defaultModel(served, config.MODEL));
  checkTemplates(model, input.templates);
  const resolved = await resolveSource(source, {
    mediaDirs: config.MEDIA_DIRS,
    sourceNetworks: config.SOURCE_NETWORKS,
    dataDir: config.DATA_DIR,
  });
  if ('upload' in source) await context.uploads.keep(source.upload);
  const guessed: StreamMode = resolved.kind === 'url' ? resolved.mode : 'file';
  const id = newStreamId();
  await createStream(context, {
    id,
    source,
    mode: options.mode ?? guessed,
    model: model.id,
    sampleFps: options.sampleFps,
    poolSeconds: options.poolSeconds,
    labels: toLabelSet(input, 1),
    owner,
  });
  return id;
}

/** @throws E_BAD_REQUEST naming the template sets, when the workers of `model` have none called `name`. */
export function checkTemplates(model: ServedModel, name: string): void {
  if (model.templates.includes(name)) return;
  throw new PipelineError(
    'E_BAD_REQUEST',
    `Expected \`templates\` to be one of ${model.templates.join(', ')}; got \`${name}\`.`,
  );
}
