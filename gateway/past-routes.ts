// /v1/streams/:id/scores: ask the past with other words.
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { PastScores } from '../protocol/ask.ts';
import { LabelSetInput } from '../protocol/labels.ts';
import { PipelineError } from '../runtime/errors.ts';
import { answer, failures } from './answers.ts';
import type { RouteContext } from './http.ts';
import { checkExamples } from './label-examples.ts';
import { readLabels } from './label-store.ts';
import { openPastStore } from './past-store.ts';
import { readServedModels, requireServed } from './served-models.ts';
import { StreamParams } from './stream-routes.ts';
import { readStream } from './stream-store.ts';
import { checkTemplates } from './submission.ts';

const Words = z.string().trim().min(1).max(200);
const PastQuery = z.strictObject({
  labels: z
    .union([Words.transform((label) => [label]), z.array(Words).min(1).max(256)])
    .describe('Give it once per label.'),
});

/** Adds the routes that ask the past to `scope`. */
export function pastRoutes(scope: FastifyInstance, context: RouteContext): void {
  const app = scope.withTypeProvider<ZodTypeProvider>();
  const url = '/v1/streams/:id/scores';
  const past = openPastStore(context);
  app.addHook('onClose', () => past.close());

  const common = {
    tags: ['streams'],
    params: StreamParams,
    response: { 200: answer('Scores over the stored history.', PastScores), ...failures(400, 403, 404, 503) },
  };
  const ask = async (reply: FastifyReply, stream: string, labels: LabelSetInput) => {
    const { model } = await readStream(context, stream);
    const served = requireServed(await readServedModels(context.redis, context.keys), model);
    checkTemplates(served, labels.templates);
    checkExamples(served, labels.labels);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    return past.ask({ stream, model, labels, signal: gone.signal });
  };

  app.get(
    url,
    {
      schema: {
        ...common,
        operationId: 'askPast',
        summary: 'Score other labels over what has been seen',
        description:
          'Scores the labels over the stored embeddings, with the templates, background and thresholds of the label set in force. No frame is decoded or embedded again.',
        querystring: PastQuery,
      },
    },
    async (request, reply) => {
      const { version: _, ...inForce } = await readLabels(context, request.params.id);
      const parsed = LabelSetInput.safeParse({ ...inForce, labels: request.query.labels });
      if (parsed.success) return ask(reply, request.params.id, parsed.data);
      throw new PipelineError(
        'E_LABELS_INVALID',
        `These words cannot be asked for: ${z.prettifyError(parsed.error)}`,
      );
    },
  );

  app.post(
    url,
    {
      schema: {
        ...common,
        operationId: 'askPastWith',
        summary: 'Score another label set over what has been seen',
        description: 'As above, with wordings, negatives, templates and thresholds of its own.',
        body: LabelSetInput,
      },
    },
    async (request, reply) => ask(reply, request.params.id, request.body),
  );
}
