// /v1/uploads: a whole file in one request, as the raw body or as a form.

import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Upload } from '../protocol/rest.ts';
import { PipelineError } from '../runtime/errors.ts';
import { answer, failures } from './answers.ts';
import type { RouteContext } from './http.ts';

/** Ids of uploads are ours: nothing in them can lead out of the directory. */
const UploadParams = z.object({ id: z.string().regex(/^up_[0-9a-f]{24}$/) });

/** Adds the routes of uploads in one request to `scope`. */
export async function uploadRoutes(scope: FastifyInstance, { config, uploads }: RouteContext): Promise<void> {
  // Bodies are taken as the streams that they are, whatever they claim to be.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_, payload, done) => done(null, payload));
  await scope.register(multipart, {
    limits: { files: 1, fields: 16, fieldSize: 1_024, fileSize: config.UPLOAD_MAX_BYTES + 1 },
  });
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const tags = ['uploads'];

  app.post(
    '/v1/uploads',
    {
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: {
        operationId: 'upload',
        summary: 'Upload a video file',
        description:
          'The file as the raw body, or as the first file of a form. Kept for UPLOAD_KEEP_HOURS. For resumable uploads `/v1/uploads/resumable` speaks tus 1.0.0 (https://tus.io): the last part of the address that a creation answers is the id.',
        tags,
        response: {
          201: answer('The upload can be submitted.', Upload),
          ...failures(400, 403, 408, 413, 422, 507),
        },
      },
    },
    async (request, reply) => {
      const { source, announcedBytes } = await bodyOf(request);
      return reply.code(201).send(await uploads.receive(source, announcedBytes));
    },
  );

  app.delete(
    '/v1/uploads/:id',
    {
      schema: {
        operationId: 'removeUpload',
        summary: 'Remove an upload before its time',
        tags,
        params: UploadParams,
        response: { 204: z.null().describe('It is removed.'), ...failures(403, 404) },
      },
    },
    async (request, reply) => {
      await uploads.remove(request.params.id);
      return reply.code(204).send(null);
    },
  );
}

async function bodyOf(request: FastifyRequest): Promise<{ source: Readable; announcedBytes?: number }> {
  if (request.isMultipart()) {
    const part = await request.file();
    if (part) return { source: part.file };
    throw new PipelineError('E_BAD_REQUEST', 'Expected a file in the form.');
  }
  const { body } = request;
  if (!(body instanceof Readable)) throw new PipelineError('E_SOURCE_EMPTY', 'The upload has no body.');
  const length = Number(request.headers['content-length']);
  return { source: body, ...(Number.isSafeInteger(length) ? { announcedBytes: length } : {}) };
}
