// /v1/streams/:id/labels: read the label set, and replace it while the stream runs.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { LabelSet, LabelSetInput } from '../protocol/labels.ts';
import { LabelsVersion } from '../protocol/rest.ts';
import { answer, failures } from './answers.ts';
import type { RouteContext } from './http.ts';
import { checkExamples, haveExamples } from './label-examples.ts';
import { readLabels, replaceLabels } from './label-store.ts';
import { readServedModels, requireServed } from './served-models.ts';
import { StreamParams } from './stream-routes.ts';
import { readStream } from './stream-store.ts';
import { checkTemplates } from './submission.ts';

/** Adds the routes of label sets to `scope`. */
export function labelRoutes(scope: FastifyInstance, context: RouteContext): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const url = '/v1/streams/:id/labels';
  const tags = ['streams'];

  app.get(
    url,
    {
      schema: {
        operationId: 'readLabels',
        summary: 'Read the label set in force',
        tags,
        params: StreamParams,
        response: { 200: answer('The label set.', LabelSet), ...failures(403, 404, 503) },
      },
    },
    async (request) => readLabels(context, request.params.id),
  );

  app.put(
    url,
    {
      schema: {
        operationId: 'replaceLabels',
        summary: 'Replace the label set of a running stream',
        description: 'Counts from the next window on, and is told to subscribers as `labels.changed`.',
        tags,
        params: StreamParams,
        body: LabelSetInput,
        response: {
          200: answer('The version of the new set.', LabelsVersion),
          ...failures(400, 403, 404, 409, 413, 503),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      await checkUse(context, id, request.body);
      return { labelsVersion: await replaceLabels(context, id, request.body) };
    },
  );
}

/** Templates in use are fine even while no worker is up to say which ones there are. */
async function checkUse(
  context: RouteContext,
  stream: string,
  { templates, labels }: LabelSetInput,
): Promise<void> {
  const [record, inForce] = await Promise.all([readStream(context, stream), readLabels(context, stream)]);
  if (inForce.templates === templates && !haveExamples(labels)) return;
  const served = requireServed(await readServedModels(context.redis, context.keys), record.model);
  checkTemplates(served, templates);
  checkExamples(served, labels);
}
