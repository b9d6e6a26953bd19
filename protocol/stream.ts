// One submitted video and its record.
import { z } from 'zod';
import { LabelSetInput } from './labels.ts';

export const StreamId = z.string().regex(/^st_[0-9a-z]{8,32}$/, 'Expected a stream id such as `st_4k2m…`.');

/** Where the video comes from: a path on the server, a URL, or an upload made before. */
export const Source = z.union([
  z.strictObject({ path: z.string().min(1).max(4096).describe('A file inside one of MEDIA_DIRS.') }),
  z.strictObject({ url: z.string().min(1).max(2048).describe('rtsp://, rtsps://, http:// or https://') }),
  z.strictObject({
    upload: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .describe('The id of a finished upload.'),
  }),
]);
export type Source = z.infer<typeof Source>;

export const StreamMode = z.enum(['file', 'live']);
export type StreamMode = z.infer<typeof StreamMode>;

export const StreamStatus = z.enum([
  'queued',
  'connecting',
  'running',
  'reconnecting',
  'ended',
  'failed',
  'cancelled',
]);
export type StreamStatus = z.infer<typeof StreamStatus>;

export const EndStatus = StreamStatus.extract(['ended', 'failed', 'cancelled']);
export type EndStatus = z.infer<typeof EndStatus>;

/** Returns whether a stream in this status will never produce another event. */
export function isTerminal(status: StreamStatus): status is EndStatus {
  return EndStatus.safeParse(status).success;
}

/** A code of the error table with its message. */
export const Reason = z.strictObject({ code: z.string(), message: z.string() });
export type Reason = z.infer<typeof Reason>;

/** How the frames of a span become one: see docs/recognition.md. */
export const Pooling = z.enum(['attention', 'mean', 'max', 'topk', 'exponential']);
export type Pooling = z.infer<typeof Pooling>;

/** What is fixed for a stream's life. */
export const StreamOptions = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('A model that live workers serve; the only or default one otherwise.'),
  mode: StreamMode.optional().describe(
    '`file` waits for slow workers, `live` drops; guessed from the source otherwise.',
  ),
  sampleFps: z
    .number()
    .min(0.1)
    .max(10)
    .default(2)
    .describe('Frames per second of media that are looked at.'),
  poolSeconds: z.number().min(0.5).max(30).default(3).describe('Span over which frames are pooled.'),
  pooling: Pooling.optional().describe('How the frames of a span are pooled; `attention` otherwise.'),
  spans: z
    .array(z.number().min(0.5).max(30))
    .min(1)
    .max(4)
    .optional()
    .describe(
      'Several spans at once, in seconds, whose scores are averaged; `poolSeconds` and a third of it otherwise.',
    ),
});
export type StreamOptions = z.infer<typeof StreamOptions>;

export const CreateStream = LabelSetInput.safeExtend({ source: Source, options: StreamOptions.prefault({}) });
export type CreateStream = z.infer<typeof CreateStream>;
/** The body of `POST /v1/streams` before defaults are filled in. */
export type CreateStreamInput = z.input<typeof CreateStream>;

/** The data of a `streams` job: the only place where a source's credentials are kept. Removed when the stream ends. */
export const StreamJob = z.strictObject({ v: z.literal(1), stream: StreamId, source: Source });
export type StreamJob = z.infer<typeof StreamJob>;

export const Counters = z.strictObject({
  sampled: z.int().min(0).describe('Frames published by ingest.'),
  embedded: z.int().min(0).describe('Frames that went through the model.'),
  reused: z.int().min(0).describe('Frames that took the embedding of the unchanged frame before them.'),
  dropped: z.int().min(0).describe('Frames given up under overload (live) or lost.'),
});
export type Counters = z.infer<typeof Counters>;

/** The record as `GET /v1/streams/:id` shows it. Times of day are ISO 8601, media times are seconds. */
export const StreamRecord = z.strictObject({
  id: StreamId,
  source: z.string().describe('For people; credentials are redacted.'),
  mode: StreamMode,
  model: z.string(),
  sampleFps: z.number(),
  poolSeconds: z.number(),
  pooling: Pooling.optional().describe('Where it was asked for.'),
  spans: z.array(z.number()).optional().describe('Where they were asked for.'),
  status: StreamStatus,
  stopping: z.boolean().describe('A stop was asked for and is under way.'),
  reason: Reason.nullable(),
  labelsVersion: z.int(),
  media: z.number().describe('Media time up to which labels are known.'),
  durationSeconds: z
    .number()
    .nullable()
    .describe('Null for live streams and where the container does not say.'),
  progress: z.number().min(0).max(1).nullable().describe('Null for live streams.'),
  counters: Counters,
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type StreamRecord = z.infer<typeof StreamRecord>;
