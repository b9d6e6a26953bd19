// /v1/streams/:id/preview.png: what a live stream shows now.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { failures } from './answers.ts';
import type { RouteContext } from './http.ts';
import { encodePng } from './png.ts';
import { StreamParams } from './stream-routes.ts';
import { readStream } from './stream-store.ts';

const BYTES_PER_PIXEL = 3;
const Picture = z.unknown().meta({ type: 'string', format: 'binary' });

/** Adds the route of previews to `scope`. */
export function previewRoutes(scope: FastifyInstance, context: RouteContext): void {
  scope.withTypeProvider<ZodTypeProvider>().get(
    '/v1/streams/:id/preview.png',
    {
      schema: {
        operationId: 'previewStream',
        summary: 'Look at a live stream',
        description:
          'The newest picture that was sampled, as the model sees it: cropped to a square and shrunk. It is renewed twice a second at the most.',
        tags: ['streams'],
        params: StreamParams,
        response: {
          200: { description: 'A PNG.', content: { 'image/png': { schema: Picture } } },
          204: z
            .null()
            .describe('There is no picture now: the source is away, or the stream is a file or over.'),
          ...failures(403, 404, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await readStream(context, id);
      const pixels = await context.redis.getBuffer(context.keys.preview(id));
      const sidePx = Math.sqrt((pixels?.length ?? 0) / BYTES_PER_PIXEL);
      reply.header('cache-control', 'no-store');
      if (!pixels || !Number.isInteger(sidePx) || sidePx === 0) return reply.code(204).send(null);
      return reply.type('image/png').send(await encodePng(pixels, { widthPx: sidePx, heightPx: sidePx }));
    },
  );
}
