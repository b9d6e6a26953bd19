// The stream record as it lies in Redis: a flat hash, so that each service updates its own fields atomically.
import { z } from 'zod';
import {
  EndStatus,
  isTerminal,
  Pooling,
  Reason,
  StreamMode,
  type StreamRecord,
  StreamStatus,
} from './stream.ts';

const json = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text, context) => {
    try {
      return schema.parse(JSON.parse(text)) as z.output<T>;
    } catch {
      context.addIssue({ code: 'custom', message: 'Expected valid JSON.' });
      return z.NEVER;
    }
  });
const number = z.coerce.number();
const count = number.default(0);

/**
 * The fields of `vc:{id}:stream`, but for `creation`, by which a gateway knows what it may undo. Who writes what: the gateway the first block and `stop`, ingest `lease`, `status`
 * until the end, `published`, `nextFrame`, `epoch`, `sampled`, `duration` and, with its last window, `end`, the worker's commit script
 * `media`, `embedded`, `reused`, `dropped` and the final status.
 */
export const StoredRecord = z.object({
  id: z.string(),
  source: z.string(),
  mode: StreamMode,
  model: z.string(),
  sampleFps: number,
  poolSeconds: number,
  pooling: Pooling.optional(),
  spans: json(z.array(z.number())).optional(),
  owner: z.string().default(''),
  createdAt: number,

  stop: z.coerce.number().default(0),
  /** Random: which run of which ingest may write. A new one replaces it, and what ran before can write no more. */
  lease: z.string().default(''),
  status: StreamStatus,
  reason: json(Reason).optional(),
  labelsVersion: number.default(1),
  /** Number of windows published: the seq of the next one. */
  published: count,
  /** Grid index (media time x sampleFps) of the next frame to publish; where a new lease goes on. */
  nextFrame: count,
  /** Live: the time of day in epoch milliseconds at which media time was 0. */
  epoch: number.optional(),
  sampled: count,
  dropped: count,
  duration: number.optional(),
  embedded: count,
  reused: count,
  media: count,
  /** Seq of the last event in the log. */
  eventSeq: count,
  end: EndStatus.optional(),
  endedAt: number.optional(),
});
export type StoredRecord = z.infer<typeof StoredRecord>;

/** Returns the record as the API shows it, from the hash as it is stored. */
export function toStreamRecord(stored: StoredRecord): StreamRecord {
  const duration = stored.mode === 'file' ? (stored.duration ?? null) : null;
  return {
    id: stored.id,
    source: stored.source,
    mode: stored.mode,
    model: stored.model,
    sampleFps: stored.sampleFps,
    poolSeconds: stored.poolSeconds,
    ...(stored.pooling === undefined ? {} : { pooling: stored.pooling }),
    ...(stored.spans === undefined ? {} : { spans: stored.spans }),
    status: stored.status,
    stopping: stored.stop > 0 && !isTerminal(stored.status),
    reason: stored.reason ?? null,
    labelsVersion: stored.labelsVersion,
    media: stored.media,
    durationSeconds: duration,
    progress: progressOf(stored, duration),
    counters: {
      sampled: stored.sampled,
      embedded: stored.embedded,
      reused: stored.reused,
      dropped: stored.dropped,
    },
    createdAt: new Date(stored.createdAt).toISOString(),
    endedAt: stored.endedAt === undefined ? null : new Date(stored.endedAt).toISOString(),
  };
}

function progressOf(stored: StoredRecord, duration: number | null): number | null {
  if (stored.mode === 'live') return null;
  if (stored.status === 'ended') return 1;
  return duration ? Math.min(1, stored.media / duration) : 0;
}
