// /v1/models: what live workers serve.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { ModelList } from '../protocol/rest.ts';
import { answer, failures } from './answers.ts';
import type { RouteContext } from './http.ts';
import { defaultModel, readServedModels } from './served-models.ts';

/** Adds the route of models to `scope`. */
export function modelRoutes(scope: FastifyInstance, { config, redis, keys }: RouteContext): void {
  scope.withTypeProvider<ZodTypeProvider>().get(
    '/v1/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'List the models that can be asked for now',
        tags: ['models'],
        response: { 200: answer('What live workers serve.', ModelList), ...failures(403, 503) },
      },
    },
    async () => {
      const models = await readServedModels(redis, keys);
      return { models, default: defaultModel(models, config.MODEL) };
    },
  );
}
