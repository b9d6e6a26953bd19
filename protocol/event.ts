// One line of a stream's event log.
import { z } from 'zod';
import { Reason, StreamId, StreamStatus } from './stream.ts';

const seconds = z.number().min(0);
const score = z.number().min(0).max(1);

const head = {
  v: z.literal(1),
  seq: z.int().min(1).describe('Grows by one with each event of the stream.'),
  stream: StreamId,
  media: seconds.describe('Media time in seconds.'),
  wall: z.iso.datetime().optional().describe('Time of day; live streams only.'),
};

export const LabelScore = z.strictObject({ label: z.string(), score });
export type LabelScore = z.infer<typeof LabelScore>;

/** The scores at one sample time: the best labels, best first, and what the background prompts got. */
export const FrameScores = z.strictObject({ media: seconds, top: z.array(LabelScore), background: score });
export type FrameScores = z.infer<typeof FrameScores>;

/** A label that holds or held. `end` is absent while it holds. */
export const Action = z.strictObject({
  id: z.string(),
  label: z.string(),
  start: seconds,
  end: seconds.optional(),
  score: score.describe('Now.'),
  peak: score.describe('The highest so far.'),
});
export type Action = z.infer<typeof Action>;

export const StatusEvent = z.strictObject({
  ...head,
  type: z.literal('stream.status'),
  status: StreamStatus,
  reason: Reason.optional(),
});
export const LabelsEvent = z.strictObject({
  ...head,
  type: z.literal('labels.changed'),
  labelsVersion: z.int(),
  labels: z.array(z.string()),
});
export const ScoresEvent = z.strictObject({
  ...head,
  type: z.literal('scores'),
  labelsVersion: z.int(),
  frames: z.array(FrameScores).describe('One entry per sampled frame of a window, in media order.'),
});
export const ActionEvent = z.strictObject({
  ...head,
  type: z.enum(['action.started', 'action.updated', 'action.ended']),
  action: Action,
});
export const GapEvent = z.strictObject({
  ...head,
  type: z.literal('gap'),
  from: seconds,
  to: seconds,
  windows: z.int().min(1).describe('How many windows are missing; for `trimmed`, how many events.'),
  reason: z
    .enum(['overload', 'lost', 'trimmed'])
    .describe(
      '`overload`: dropped because workers were too slow. `lost`: the frames expired. `trimmed`: the events before `to` are no longer kept; sent to one subscriber only, under the seq of the last missing event.',
    ),
});

export const StreamEvent = z.discriminatedUnion('type', [
  StatusEvent,
  LabelsEvent,
  ScoresEvent,
  ActionEvent,
  GapEvent,
]);
export type StreamEvent = z.infer<typeof StreamEvent>;
export type EventType = StreamEvent['type'];
export const EVENT_TYPES = [
  'stream.status',
  'labels.changed',
  'scores',
  'action.started',
  'action.updated',
  'action.ended',
  'gap',
] as const satisfies readonly EventType[];

type Unsequenced<E> = E extends unknown ? Omit<E, 'seq' | 'v' | 'stream'> : never;
/** An event before the log has given it its seq. */
export type EventDraft = Unsequenced<StreamEvent>;
