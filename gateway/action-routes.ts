// /v1/streams/:id/actions: what happened, as json, csv, srt or vtt.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ActionList, ExportFormat } from '../protocol/rest.ts';
import { readActions } from './action-history.ts';
import { failures } from './answers.ts';
import { CONTENT_TYPES, exportActions } from './export.ts';
import type { RouteContext } from './http.ts';
import { StreamParams } from './stream-routes.ts';
import { readStream } from './stream-store.ts';

const text = { schema: z.string() };

/** Adds the route of actions to `scope`. */
export function actionRoutes(scope: FastifyInstance, context: RouteContext): void {
  scope.withTypeProvider<ZodTypeProvider>().get(
    '/v1/streams/:id/actions',
    {
      schema: {
        operationId: 'readActions',
        summary: 'Read or download the actions of a stream',
        description:
          'In order of their start. An action that holds still has no `end`; in subtitles it lasts until now.',
        tags: ['streams'],
        params: StreamParams,
        querystring: z.object({ format: ExportFormat.default('json') }),
        response: {
          200: {
            description: 'The actions so far.',
            content: {
              'application/json': { schema: ActionList },
              'text/csv': text,
              'application/x-subrip': text,
              'text/vtt': text,
            },
          },
          ...failures(400, 403, 404, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { format } = request.query;
      const record = await readStream(context, id);
      const actions = await readActions(context, id);
      if (format === 'json') return { actions };
      reply.header('content-disposition', `attachment; filename="${id}.${format}"`);
      return reply.type(CONTENT_TYPES[format]).send(exportActions(actions, format, record.media));
    },
  );
}
