// The record as ingest writes it: only with the lease, so that an ingest that was taken for dead does no harm.
import { IDLE_EXPIRY_SECONDS, type Keyspace } from '../protocol/keys.ts';
import { StoredRecord } from '../protocol/record.ts';
import { defineScript, runScript } from '../protocol/script.ts';
import type { StreamEnd } from '../protocol/window.ts';
import type { Redis } from '../runtime/redis.ts';

// KEYS record, labels, events. ARGV lease, seconds until all of it expires.
const CLAIM = defineScript(`
local status = redis.call('HGET', KEYS[1], 'status')
if not status or status == 'ended' or status == 'failed' or status == 'cancelled' then return 0 end
redis.call('HSET', KEYS[1], 'lease', ARGV[1])
for i = 1, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
return 1
`);

// KEYS record, frames. ARGV lease, pixels, milliseconds until they expire.
const STORE_PIXELS = defineScript(`
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
`);

// KEYS record, timeline. ARGV lease, seq, next frame, frames, duration or '', end status or ''. Returns the cursor.
const COMMIT = defineScript(`
local record = redis.call('HMGET', KEYS[1], 'lease', 'published')
if record[1] ~= ARGV[1] or (record[2] or '0') ~= ARGV[2] then return -1 end
redis.call('HSET', KEYS[1], 'published', ARGV[2] + 1, 'nextFrame', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'sampled', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'duration', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'end', ARGV[6]) end
return tonumber(redis.call('HGET', KEYS[2], 'cursor') or '0')
`);

// KEYS record, embeddings, frames. ARGV lease, seq, tombstone, seconds until embeddings expire.
const BURY = defineScript(`
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 0 end
if redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3]) == 0 then return 0 end
redis.call('EXPIRE', KEYS[2], ARGV[4])
redis.call('DEL', KEYS[3])
return 1
`);

/** Thrown when the lease is not in the record: another ingest holds the stream, or its record is gone. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

const LOST = 'The lease is lost.';

/** Who writes: one stream under one lease. */
export interface LeaseHolder {
  readonly redis: Redis;
  readonly keys: Keyspace;
  readonly stream: string;
  /** Random; the record's `lease` as long as this ingest holds the stream. */
  readonly lease: string;
}

/** Takes the stream and returns its record, or null when it is over or unknown. The holder before it can write no more. */
export async function claimStream({ redis, keys, stream, lease }: LeaseHolder): Promise<StoredRecord | null> {
  const claimed = await runScript(redis, CLAIM, {
    keys: [keys.stream(stream), keys.labels(stream), keys.events(stream)],
    args: [lease, IDLE_EXPIRY_SECONDS],
  });
  return claimed === 1 ? StoredRecord.parse(await redis.hgetall(keys.stream(stream))) : null;
}

/** Makes sure that the lease is held. @throws LeaseLost */
export async function assertLease({ redis, keys, stream, lease }: LeaseHolder): Promise<void> {
  if ((await redis.hget(keys.stream(stream), 'lease')) !== lease) throw new LeaseLost(LOST);
}

/** Stores a window's pixels for `expiryMs`. @throws LeaseLost */
export async function storePixels(
  { redis, keys, stream, lease }: LeaseHolder,
  { seq, pixels, expiryMs }: { seq: number; pixels: Buffer; expiryMs: number },
): Promise<void> {
  const stored = await runScript(redis, STORE_PIXELS, {
    keys: [keys.stream(stream), keys.frames(stream, seq)],
    args: [lease, pixels, expiryMs],
  });
  if (stored !== 1) throw new LeaseLost(LOST);
}

/** A step of a stream: window `seq` is out, and `nextFrame` is the grid index that follows it. */
export interface PublishedStep {
  readonly seq: number;
  readonly nextFrame: number;
  readonly frames: number;
  readonly durationSeconds?: number | undefined;
  readonly end?: StreamEnd | undefined;
}

/** Writes that a window is out, and returns the timeline's cursor. @throws LeaseLost */
export async function commitPublished(
  { redis, keys, stream, lease }: LeaseHolder,
  { seq, nextFrame, frames, durationSeconds, end }: PublishedStep,
): Promise<number> {
  const cursor = await runScript(redis, COMMIT, {
    keys: [keys.stream(stream), keys.timeline(stream)],
    args: [lease, seq, nextFrame, frames, durationSeconds ?? '', end?.status ?? ''],
  });
  if (typeof cursor !== 'number' || cursor < 0) throw new LeaseLost(LOST);
  return cursor;
}

/**
 * Puts a tombstone where the embeddings of window `seq` would be, and removes its pixels. Returns false when they are there
 * already.
 */
export async function buryWindow(
  { redis, keys, stream, lease }: LeaseHolder,
  { seq, from, to, frames }: { seq: number; from: number; to: number; frames: number },
): Promise<boolean> {
  const buried = await runScript(redis, BURY, {
    keys: [keys.stream(stream), keys.embeddings(stream), keys.frames(stream, seq)],
    args: [lease, seq, JSON.stringify({ dropped: 'overload', from, to, frames }), IDLE_EXPIRY_SECONDS],
  });
  return buried === 1;
}
