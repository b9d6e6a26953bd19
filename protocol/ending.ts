// The end of a stream that no worker will end.
import { appendEvents } from './event-log.ts';
import type { Keyspace } from './keys.ts';
import type { ScriptHost } from './script.ts';
import { type StreamEnd, windowJobId } from './window.ts';

/** More than can be in flight; what lies further back is a tombstone. */
const WINDOWS_WAITING_MAX = 128;

/** The part of a Redis client that an ending needs. */
export interface EndingHost extends ScriptHost {
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
  hget(key: string, field: string): Promise<string | null>;
  unlink(...keys: string[]): Promise<number>;
  expire(key: string, seconds: number): Promise<number>;
}

/**
 * Ends a stream without a worker: removes the windows that wait, and appends the final status. What a dead worker holds
 * of it meets a stream that is over, and is dropped.
 */
export async function endDirectly(
  redis: EndingHost,
  keys: Keyspace,
  {
    stream,
    queue,
    end,
    retentionSeconds,
  }: {
    stream: string;
    /** The windows of the stream's model and mode. */
    queue: { remove(jobId: string): Promise<unknown> };
    end: StreamEnd;
    retentionSeconds: number;
  },
): Promise<void> {
  const [published, media] = await redis.hmget(keys.stream(stream), 'published', 'media');
  const cursor = Number((await redis.hget(keys.timeline(stream), 'cursor')) ?? 0);
  const last = Number(published ?? 0);
  for (let seq = Math.max(cursor, last - WINDOWS_WAITING_MAX); seq < last; seq++) {
    await queue.remove(windowJobId(stream, seq));
    await redis.unlink(keys.frames(stream, seq));
  }
  await appendEvents(redis, keys, {
    stream,
    events: [{ type: 'stream.status', media: Number(media ?? 0), ...end }],
    fields: {
      status: end.status,
      end: end.status,
      endedAt: Date.now(),
      ...(end.reason ? { reason: JSON.stringify(end.reason) } : {}),
    },
  });
  const kept = [keys.stream, keys.labels, keys.events, keys.timeline, keys.embeddings];
  await Promise.all(kept.map((key) => redis.expire(key(stream), retentionSeconds)));
}
