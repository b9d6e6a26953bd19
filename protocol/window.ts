// ingest ═══ window ═══▶ worker: the unit of work.
import { z } from 'zod';
import { EndStatus, Reason, StreamId } from './stream.ts';

/** How a stream ends; carried by its last window, which has no frames, so that the end comes after every label. */
export const StreamEnd = z.strictObject({ status: EndStatus, reason: Reason.optional() });
export type StreamEnd = z.infer<typeof StreamEnd>;

/**
 * The data of a `windows.<model>` job: consecutive frames of one stream under one seq. The pixels, uint8
 * `[times.length - repeats.length, sizePx, sizePx, 3]` RGB, lie under `Keyspace.frames(stream, seq)`, never in the job.
 */
export const WindowJob = z.strictObject({
  v: z.literal(1),
  stream: StreamId,
  seq: z.int().min(0),
  times: z.array(z.number().min(0)).max(64).describe('Media time of each frame in seconds, ascending.'),
  repeats: z
    .array(z.int().min(0))
    .default([])
    .describe(
      'Indexes of frames that look like the frame before them: they take its embedding and have no pixels.',
    ),
  sizePx: z.int().min(1).max(1024),
  publishedAt: z.number().describe('Epoch milliseconds.'),
  trace: z
    .string()
    .max(55)
    .optional()
    .describe('W3C traceparent of the span that published it, where traces are recorded.'),
  wall: z.number().optional().describe('Live: epoch milliseconds at which the last frame arrived.'),
  end: StreamEnd.optional(),
});
export type WindowJob = z.infer<typeof WindowJob>;
/** A window as ingest writes it. */
export type WindowJobInput = z.input<typeof WindowJob>;

/** Frames in a row that may repeat one embedding; then one is embedded anew, so that what it rests on is never far back. */
export const MAX_REPEATS = 15;

/** Returns the BullMQ job id of a window: publishing the same window twice is one job. */
export function windowJobId(stream: string, seq: number): string {
  return `${stream}.${seq}`;
}
