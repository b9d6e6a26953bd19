// /v1/uploads/resumable: uploads that survive a lost connection, by the tus protocol.
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import type { FastifyInstance } from 'fastify';
import { PipelineError, toPipelineError } from '../runtime/errors.ts';
import type { GatewayConfig } from './config.ts';
import type { RouteContext } from './http.ts';
import { problem } from './problem.ts';

const PATH = '/v1/uploads/resumable';

const TOO_LARGE = 413;

/** Adds the routes of resumable uploads to `scope`. */
export function resumableRoutes(scope: FastifyInstance, { config, uploads, log }: RouteContext): void {
  const tus = new Server({
    path: PATH,
    relativeLocation: true,
    maxSize: config.UPLOAD_MAX_BYTES,
    datastore: new FileStore({ directory: uploads.partialDirectory }),
    namingFunction: () => uploads.newId(),
    getFileIdFromRequest: (_, id) => (id && /^up_[0-9a-f]{24}$/.test(id) ? id : undefined),
    allowedOrigins: (origin) => config.ALLOWED_ORIGINS.includes(origin),
    async onUploadCreate(_, upload) {
      if (upload.size === undefined) {
        throw new PipelineError(
          'E_BAD_REQUEST',
          'Expected `Upload-Length`: the size must be known at the start.',
        );
      }
      if (upload.size === 0) throw new PipelineError('E_SOURCE_EMPTY', 'The upload has no bytes.');
      await uploads.room(upload.size);
      return {};
    },
    async onUploadFinish(_, upload) {
      await uploads.finish(upload.id);
      return {};
    },
    onResponseError(_, error) {
      // Errors of the protocol itself have a status and a text; they are no defects, and but for one not ours to name.
      if ('status_code' in error && error.status_code !== TOO_LARGE) return undefined;
      const { code, message, traits } = toPipelineError('status_code' in error ? tooLarge(config) : error);
      if (code === 'E_INTERNAL') log.error({ err: error }, 'a resumable upload failed');
      const detail = code === 'E_INTERNAL' ? traits.title : message;
      return { status_code: traits.httpStatus, body: JSON.stringify(problem(code, detail)) };
    },
  });

  // The body is left on the request for the tus server.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_, __, done) => done(null));
  for (const url of [PATH, `${PATH}/:id`]) {
    scope.route({
      method: ['POST', 'PATCH', 'HEAD', 'DELETE'],
      url,
      schema: { hide: true },
      async handler(request, reply) {
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        reply.hijack();
        await tus.handle(request.raw, reply.raw);
      },
    });
  }
}

function tooLarge({ UPLOAD_MAX_BYTES }: GatewayConfig): PipelineError {
  return new PipelineError(
    'E_BODY_TOO_LARGE',
    `An upload may have ${UPLOAD_MAX_BYTES} bytes (UPLOAD_MAX_BYTES).`,
  );
}
