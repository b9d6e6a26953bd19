// The end of a stream that no worker will end.
import type { Queue } from 'bullmq';
import { appendEvents } from '../protocol/event-log.ts';
import { type StreamEnd, windowJobId } from '../protocol/window.ts';
import type { LeaseHolder } from './stream-record.ts';

/** More than can be in flight; what lies further back is a tombstone. */
const WINDOWS_WAITING_MAX = 128;

/**
 * Ends a stream without a worker: removes the windows that wait, and appends the final status. What a dead worker holds
 * of it meets a stream that is over, and is dropped.
 */
export async function endDirectly(
  { redis, keys, stream }: LeaseHolder,
  { queue, end, retentionSeconds }: { queue: Queue; end: StreamEnd; retentionSeconds: number },
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
  const pipeline = redis.pipeline();
  const kept = [keys.stream, keys.labels, keys.events, keys.timeline, keys.embeddings];
  for (const key of kept) pipeline.expire(key(stream), retentionSeconds);
  await pipeline.exec();
}
