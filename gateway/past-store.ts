// gateway ═══ asks ═══▶ worker: a question about the past, and its answer.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { type AskJob, AskReply, type PastScores } from '../protocol/ask.ts';
import { type LabelSetInput, toLabelSet } from '../protocol/labels.ts';
import { Reason } from '../protocol/stream.ts';
import { ERRORS, type ErrorCode, PipelineError } from '../runtime/errors.ts';
import { openQueue } from '../runtime/queue.ts';
import type { Service } from '../runtime/shutdown.ts';
import type { StreamHome } from './stream-creation.ts';

/** A question that no worker has answered by then is withdrawn. */
const ANSWER_DEADLINE_MS = 30_000;
const POLL_MS = 10;

/** Asks workers about the past. */
export interface PastStore extends Service {
  /**
   * Returns the scores of a label set over the stored history of a stream of `model`.
   * @throws E_MODEL_NOT_SERVED when no worker answers within 30 s; the code that the worker failed with
   */
  ask(question: {
    stream: string;
    model: string;
    labels: LabelSetInput;
    signal: AbortSignal;
  }): Promise<PastScores>;
}

/** Returns the store; `close` closes its queues. */
export function openPastStore({ redis, keys }: StreamHome): PastStore {
  const queues = new Map<string, Queue>();
  const queueOf = (model: string) => {
    const queue = queues.get(model) ?? openQueue(keys.asksQueue(model), { redis, prefix: keys.queuePrefix });
    queues.set(model, queue);
    return queue;
  };
  const replyTo = async (id: string, signal: AbortSignal) => {
    const deadline = Date.now() + ANSWER_DEADLINE_MS;
    while (Date.now() < deadline) {
      const reply = await redis.getdel(keys.reply(id));
      if (reply !== null) return AskReply.parse(JSON.parse(reply));
      await delay(POLL_MS, undefined, { signal });
    }
    throw new PipelineError(
      'E_MODEL_NOT_SERVED',
      'No worker answered within 30 s; they may be busy. Ask again.',
    );
  };
  return {
    async ask({ stream, model, labels, signal }) {
      const id = randomUUID();
      const job: AskJob = { v: 1, id, stream, labelSet: toLabelSet(labels, 1) };
      const added = await queueOf(model).add('ask', job, {
        jobId: id,
        removeOnComplete: true,
        removeOnFail: true,
      });
      try {
        const reply = await replyTo(id, signal);
        if ('past' in reply) return reply.past;
        throw failureOf(reply.failure);
      } finally {
        // Withdrawn where nobody waits for it any more; a worker may have it already.
        await added.remove().catch(() => undefined);
      }
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

function failureOf(failure: Reason): PipelineError {
  const { code, message } = Reason.parse(failure);
  const isKnown = (name: string): name is ErrorCode => name in ERRORS;
  return new PipelineError(isKnown(code) ? code : 'E_INTERNAL', message);
}
