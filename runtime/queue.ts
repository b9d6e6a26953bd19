// The one way to open a BullMQ queue for writing.
import { Queue } from 'bullmq';
import type { Redis } from './redis.ts';

/** BullMQ logs every step of every job, 10,000 by default; nobody reads that here, and it is memory per queue. */
const EVENTS_MAX = 100;

/** Returns the queue `name` under `prefix`. Its `close` leaves the connection open. */
export function openQueue(name: string, { redis, prefix }: { redis: Redis; prefix: string }): Queue {
  return new Queue(name, { connection: redis, prefix, streams: { events: { maxLen: EVENTS_MAX } } });
}
