// gateway ◀═▶ worker: asking the past. New words are scored over stored embeddings; no frame is decoded or embedded again.
import { z } from 'zod';
import { Action } from './event.ts';
import { LabelSet } from './labels.ts';
import { Reason, StreamId } from './stream.ts';

/** The data of an `asks.<model>` job. The answer, an {@link AskReply} as JSON, goes to `Keyspace.reply(id)`. */
export const AskJob = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  stream: StreamId,
  labelSet: LabelSet,
});
export type AskJob = z.infer<typeof AskJob>;

const score = z.number().min(0).max(1);

/** Scores of every label over the stored history, as a live run with these labels would have given them. */
export const PastScores = z.strictObject({
  stream: StreamId,
  labels: z.array(z.string()),
  times: z.array(z.number()).describe('Media time of each frame in seconds.'),
  scores: z.array(z.array(score)).describe('Per label, in the order of `labels`: one score per time.'),
  background: z.array(score).describe('One per time.'),
  actions: z.array(Action),
});
export type PastScores = z.infer<typeof PastScores>;

export const AskReply = z.union([z.strictObject({ past: PastScores }), z.strictObject({ failure: Reason })]);
export type AskReply = z.infer<typeof AskReply>;

/** How long an answer waits to be fetched, and how long a gateway waits for one. */
export const ASK_REPLY_TTL_SECONDS = 60;
