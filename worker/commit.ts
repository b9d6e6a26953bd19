// The one write that moves a timeline: cursor, state, record and events together, or nothing.
import { encodeEvent, LUA_APPEND } from '../protocol/event-log.ts';
import { IDLE_EXPIRY_SECONDS, type Keyspace } from '../protocol/keys.ts';
import type { Origin } from '../protocol/origin.ts';
import { defineScript, runScript, type ScriptHost } from '../protocol/script.ts';
import type { TimelineStep } from './timeline.ts';

// KEYS record, timeline, events, labels, embeddings.
// ARGV cursor, next cursor, labels version, state, media, embedded, reused, dropped, end ('' while it runs), reason, ended
// at, seconds until all of it expires, first expired window, first kept window, seq of a tombstone that must not have grown
// since it was read or '', how it was, event bodies.
const COMMIT = defineScript(`${LUA_APPEND}
local record = redis.call('HMGET', KEYS[1], 'status', 'labelsVersion')
if not record[1] then return 'gone' end
if record[1] == 'ended' or record[1] == 'failed' or record[1] == 'cancelled' then return 'over' end
if (redis.call('HGET', KEYS[2], 'cursor') or '0') ~= ARGV[1] then return 'moved' end
if record[2] ~= ARGV[3] then return 'labels' end
if ARGV[15] ~= '' and redis.call('HGET', KEYS[5], ARGV[15]) ~= ARGV[16] then return 'moved' end
redis.call('HSET', KEYS[2], 'cursor', ARGV[2], 'state', ARGV[4])
redis.call('HSET', KEYS[1], 'media', ARGV[5])
redis.call('HINCRBY', KEYS[1], 'embedded', ARGV[6])
redis.call('HINCRBY', KEYS[1], 'reused', ARGV[7])
redis.call('HINCRBY', KEYS[1], 'dropped', ARGV[8])
append(KEYS[1], KEYS[3], ARGV, 17)
if ARGV[9] ~= '' then
  redis.call('HSET', KEYS[1], 'status', ARGV[9], 'endedAt', ARGV[11])
  if ARGV[10] ~= '' then redis.call('HSET', KEYS[1], 'reason', ARGV[10]) end
end
for seq = tonumber(ARGV[13]), tonumber(ARGV[14]) - 1 do redis.call('HDEL', KEYS[5], seq) end
for i = 1, #KEYS do redis.call('EXPIRE', KEYS[i], ARGV[12]) end
return 'done'
`);

/**
 * - `done`: committed.
 * - `moved`: another worker was faster, or more was dropped meanwhile; `labels`: the label set changed meanwhile. Nothing was written; read again.
 * - `over`, `gone`: the stream has its final status, or was purged.
 */
export type CommitResult = 'done' | 'moved' | 'labels' | 'over' | 'gone';

export interface Commit {
  readonly stream: string;
  readonly cursor: number;
  readonly nextCursor: number;
  readonly labelsVersion: number;
  readonly step: TimelineStep;
  /** Of the scores events, by their media time. */
  readonly origins?: ReadonlyMap<number, Origin>;
  /** The last entry when it is a tombstone, as it is stored: ingest makes it grow as long as the cursor has not passed. */
  readonly tombstone?: { readonly seq: number; readonly stored: Buffer } | undefined;
  /** How long everything about the stream is kept after its end. */
  readonly retentionSeconds: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Moves the cursor from `cursor` to `nextCursor` with all that follows from it, if nobody else has. */
export async function commitTimeline(
  redis: ScriptHost,
  keys: Keyspace,
  commit: Commit,
): Promise<CommitResult> {
  const { stream, step } = commit;
  const result = await runScript(redis, COMMIT, {
    keys: [
      keys.stream(stream),
      keys.timeline(stream),
      keys.events(stream),
      keys.labels(stream),
      keys.embeddings(stream),
    ],
    args: [
      commit.cursor,
      commit.nextCursor,
      commit.labelsVersion,
      JSON.stringify(step.state),
      step.state.media,
      step.counts.embedded,
      step.counts.reused,
      step.counts.dropped,
      step.end?.status ?? '',
      step.end?.reason ? JSON.stringify(step.end.reason) : '',
      commit.now,
      step.end ? commit.retentionSeconds : IDLE_EXPIRY_SECONDS,
      step.expired?.from ?? 0,
      step.expired?.to ?? 0,
      commit.tombstone?.seq ?? '',
      commit.tombstone?.stored ?? '',
      ...step.events.map((event) =>
        encodeEvent(stream, event, event.type === 'scores' ? commit.origins?.get(event.media) : undefined),
      ),
    ],
  });
  return result as CommitResult;
}
