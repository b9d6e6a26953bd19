// Asking the past: the timeline run again over what is stored, with other words.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Job, Worker } from 'bullmq';
import { ASK_REPLY_TTL_SECONDS, AskJob, type AskReply, type PastScores } from '../protocol/ask.ts';
import type { Action, EventDraft, FrameScores } from '../protocol/event.ts';
import type { Keyspace } from '../protocol/keys.ts';
import { PipelineError, toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Service } from '../runtime/shutdown.ts';
import type { AdvancerOptions } from './advance.ts';
import { decodeEntry } from './history.ts';
import { readPooling } from './stream-pooling.ts';
import {
  advanceTimeline,
  initialTimelineState,
  type SequencedEntry,
  type TimelineContext,
} from './timeline.ts';

/** Entries read and scored between two turns of the event loop. */
const ENTRIES_PER_TURN = 64;
const QUESTIONS_AT_A_TIME = 2;

/**
 * Returns the scores of a label set over stored entries, in seq order, and the actions that a live run with that label
 * set would have told. Gives other work a turn between slices.
 */
export async function scorePast(
  slices: AsyncIterable<readonly SequencedEntry[]>,
  context: TimelineContext,
): Promise<PastScores> {
  let state = initialTimelineState;
  let before: readonly SequencedEntry[] = [];
  const frames: FrameScores[] = [];
  const actions = new Map<string, Action>();
  for await (const entries of slices) {
    const step = advanceTimeline(state, { before, entries }, context);
    state = step.state;
    before = [...before, ...entries].filter(({ seq }) => seq >= step.state.spanFrom);
    for (const event of step.events) collect(event, { frames, actions });
    await nextTurn();
  }
  const labels = context.labelSet.labels.map(({ name }) => name);
  const byLabel = frames.map(({ top }) => new Map(top.map(({ label, score }) => [label, score])));
  return {
    stream: context.stream,
    labels,
    times: frames.map(({ media }) => media),
    scores: labels.map((label) => byLabel.map((scores) => scores.get(label) ?? 0)),
    background: frames.map(({ background }) => background),
    actions: [...actions.values()],
  };
}

function collect(event: EventDraft, into: { frames: FrameScores[]; actions: Map<string, Action> }): void {
  if (event.type === 'scores') into.frames.push(...event.frames);
  if ('action' in event) into.actions.set(event.action.id, event.action);
}

export type PastOptions = Pick<AdvancerOptions, 'keys' | 'scoring' | 'vectorsFor'> & {
  readonly redis: Redis;
  readonly log: Logger;
};

/** Answers questions about the past of streams of `model`, taken off its queue. */
export function answerAsks(model: string, connection: Redis, options: PastOptions): Service {
  const { keys, redis, log } = options;
  const answer = async (job: Job) => {
    const ask = AskJob.parse(job.data);
    const reply = await replyTo(ask, options);
    await redis.set(keys.reply(ask.id), JSON.stringify(reply), 'EX', ASK_REPLY_TTL_SECONDS);
  };
  const worker = new Worker(keys.asksQueue(model), answer, {
    connection,
    prefix: keys.queuePrefix,
    concurrency: QUESTIONS_AT_A_TIME,
  });
  worker.on('error', (err) => log.debug({ err }, 'the queue of questions reported an error'));
  return { close: () => worker.close() };
}

async function replyTo({ stream, labelSet }: AskJob, options: PastOptions): Promise<AskReply> {
  const { redis, keys, scoring, vectorsFor, log } = options;
  try {
    const pooling = await readPooling(redis, keys, stream);
    if (pooling === undefined) throw new PipelineError('E_STREAM_NOT_FOUND', `There is no stream ${stream}.`);
    const context: TimelineContext = {
      stream,
      labelSet,
      vectors: await vectorsFor(labelSet),
      scoring,
      ...pooling,
      topLabels: labelSet.labels.length,
      retentionSeconds: Number.POSITIVE_INFINITY,
    };
    return { past: await scorePast(readHistory(redis, keys, stream), context) };
  } catch (error) {
    const failure = toPipelineError(error);
    log.warn({ err: failure, stream }, 'a question about the past could not be answered');
    return { failure: { code: failure.code, message: failure.message } };
  }
}

async function* readHistory(redis: Redis, keys: Keyspace, stream: string): AsyncGenerator<SequencedEntry[]> {
  const key = keys.embeddings(stream);
  // Windows beyond the cursor have not been scored live either.
  const cursor = Number((await redis.hget(keys.timeline(stream), 'cursor')) ?? 0);
  const seqs = (await redis.hkeys(key)).map(Number).filter((seq) => seq < cursor);
  seqs.sort((a, b) => a - b);
  for (let i = 0; i < seqs.length; i += ENTRIES_PER_TURN) {
    const slice = seqs.slice(i, i + ENTRIES_PER_TURN);
    const stored = await redis.hmgetBuffer(key, ...slice.map(String));
    yield slice.flatMap((seq, j) => {
      const buffer = stored[j];
      return buffer ? [{ seq, entry: decodeEntry(buffer) }] : [];
    });
  }
}
