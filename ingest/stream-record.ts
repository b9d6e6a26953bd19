// The record as ingest writes it: only with the lease, so that an ingest that was taken for dead does no harm.
import { IDLE_EXPIRY_SECONDS, type Keyspace } from '../protocol/keys.ts';
import { StoredRecord } from '../protocol/record.ts';
import { defineScript, runScript } from '../protocol/script.ts';
import type { StreamEnd } from '../protocol/window.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Redis } from '../runtime/redis.ts';

// KEYS record, labels, events. ARGV lease, seconds until all of it expires.
const CLAIM = defineScript(`
local status = redis.call('HGET', KEYS[1], 'status')
if not status or status == 'ended' or status == 'failed' or status == 'cancelled' then return 0 end
redis.call('HSET', KEYS[1], 'lease', ARGV[1])
for i = 1, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
return 1
`);

/**
 * Share of Redis's memory limit that pixels leave free. In a Redis that is full to the brim workers cannot even take the
 * jobs whose pixels they would remove: it would stay full for ever.
 */
const RESERVE = 0.1;

// KEYS record, frames. ARGV lease, pixels, milliseconds until they expire. The memory in use counts this command's pixels.
const STORE_PIXELS = defineScript(`
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 'lost' end
local memory = redis.call('INFO', 'memory')
local limit = tonumber(string.match(memory, 'maxmemory:(%d+)'))
local used = tonumber(string.match(memory, 'used_memory:(%d+)'))
if limit > 0 and used > limit * ${1 - RESERVE} then return 'full' end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 'stored'
`);

// A full Redis refuses a script at its first write only: one that frees memory, or takes none, goes first in what must get
// through so that a full Redis does not stay full.

// KEYS record, timeline. ARGV lease, seq, next frame, frames, duration or '', end status or '', windows. Returns the cursor.
const COMMIT = defineScript(`
local record = redis.call('HMGET', KEYS[1], 'lease', 'published')
if record[1] ~= ARGV[1] or (record[2] or '0') ~= ARGV[2] then return -1 end
redis.call('HDEL', KEYS[1], 'none')
redis.call('HSET', KEYS[1], 'published', ARGV[2] + ARGV[7], 'nextFrame', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'sampled', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'duration', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'end', ARGV[6]) end
return tonumber(redis.call('HGET', KEYS[2], 'cursor') or '0')
`);

// KEYS record, timeline, embeddings, frames. ARGV lease, seq, tombstone, seconds until embeddings expire, and of the
// tombstone before it that may grow instead: its seq or -1, as it is, as it would be.
const BURY = defineScript(`
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 'not' end
if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then return 'not' end
redis.call('DEL', KEYS[4])
local cursor = tonumber(redis.call('HGET', KEYS[2], 'cursor') or '0')
local grows = cursor <= tonumber(ARGV[5]) and redis.call('HGET', KEYS[3], ARGV[5]) == ARGV[6]
if grows then redis.call('HSET', KEYS[3], ARGV[5], ARGV[7]) else redis.call('HSET', KEYS[3], ARGV[2], ARGV[3]) end
redis.call('EXPIRE', KEYS[3], ARGV[4])
return grows and 'grown' or 'buried'
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

/** Stores a window's pixels for `expiryMs`. @throws LeaseLost; E_REDIS_FULL when there is no room for them */
export async function storePixels(
  { redis, keys, stream, lease }: LeaseHolder,
  { seq, pixels, expiryMs }: { seq: number; pixels: Buffer; expiryMs: number },
): Promise<void> {
  const stored = await runScript(redis, STORE_PIXELS, {
    keys: [keys.stream(stream), keys.frames(stream, seq)],
    args: [lease, pixels, expiryMs],
  });
  if (stored === 'full') throw new PipelineError('E_REDIS_FULL', 'Redis has no room for another window.');
  if (stored !== 'stored') throw new LeaseLost(LOST);
}

/** A step of a stream: window `seq` is out, or `windows` from it on, and `nextFrame` is the grid index that follows. */
export interface PublishedStep {
  readonly seq: number;
  readonly windows?: number;
  readonly nextFrame: number;
  readonly frames: number;
  readonly durationSeconds?: number | undefined;
  readonly end?: StreamEnd | undefined;
}

/** Writes that a window is out, and returns the timeline's cursor. @throws LeaseLost */
export async function commitPublished(
  { redis, keys, stream, lease }: LeaseHolder,
  { seq, windows = 1, nextFrame, frames, durationSeconds, end }: PublishedStep,
): Promise<number> {
  const cursor = await runScript(redis, COMMIT, {
    keys: [keys.stream(stream), keys.timeline(stream)],
    args: [lease, seq, nextFrame, frames, durationSeconds ?? '', end?.status ?? '', windows],
  });
  if (typeof cursor !== 'number' || cursor < 0) throw new LeaseLost(LOST);
  return cursor;
}

/** Windows in a row that were given up: `windows` of them from `seq` on, with media times in seconds. */
export interface Loss {
  readonly seq: number;
  readonly windows: number;
  readonly from: number;
  readonly to: number;
  readonly frames: number;
}

/**
 * Puts a tombstone where the embeddings of the windows of `loss` would be, and removes the pixels of the first one. Where
 * `before` is the tombstone of the windows just before and no timeline has passed it, that one grows instead: however long
 * nobody works, the tombstones of a stream do not pile up. Returns the tombstone that covers the loss now, or null when
 * the window is done, or the lease is lost.
 */
export async function buryWindows(
  { redis, keys, stream, lease }: LeaseHolder,
  loss: Loss,
  before?: Loss,
): Promise<Loss | null> {
  const previous = before && before.seq + before.windows === loss.seq ? before : undefined;
  const grown = previous && {
    seq: previous.seq,
    windows: previous.windows + loss.windows,
    from: previous.from,
    to: loss.to,
    frames: previous.frames + loss.frames,
  };
  const result = await runScript(redis, BURY, {
    keys: [
      keys.stream(stream),
      keys.timeline(stream),
      keys.embeddings(stream),
      keys.frames(stream, loss.seq),
    ],
    args: [
      ...[lease, loss.seq, tombstone(loss), IDLE_EXPIRY_SECONDS],
      ...(previous && grown ? [previous.seq, tombstone(previous), tombstone(grown)] : [-1, '', '']),
    ],
  });
  if (result === 'not') return null;
  return result === 'grown' && grown ? grown : loss;
}

function tombstone({ from, to, frames, windows }: Loss): string {
  return JSON.stringify({ dropped: 'overload', from, to, frames, windows });
}
