// any service ═══ events ═══▶ gateway: the one way to append to, and to read from, a stream's event log.
import type { EventDraft, StreamEvent } from './event.ts';
import type { Keyspace } from './keys.ts';
import { decodeOrigin, encodeOrigin, type Origin } from './origin.ts';
import { defineScript, runScript, type ScriptHost } from './script.ts';

/** Events kept per stream; older ones are trimmed and a subscriber that asks for them gets a `gap`. */
export const EVENT_LOG_MAX = 100_000;

/**
 * Lua function `append(recordKey, eventsKey, bodies, first)`: appends `bodies[first..]` under the next seqs. The seq is the
 * log's own last id plus one, mirrored in the record's `eventSeq`. What stands in front of a body's `{` is its origin, and
 * becomes a field of its own. Every script that appends events embeds it.
 */
export const LUA_APPEND = `
local function append(recordKey, eventsKey, bodies, first)
  local seq = tonumber(redis.call('HGET', recordKey, 'eventSeq') or '0')
  for i = first, #bodies do
    seq = seq + 1
    local body = bodies[i]
    local at = string.find(body, '{', 1, true)
    local fields = { 'e', string.sub(body, at) }
    if at > 1 then fields = { 'e', fields[2], 'o', string.sub(body, 1, at - 1) } end
    redis.call('XADD', eventsKey, 'MAXLEN', '~', ${EVENT_LOG_MAX}, seq .. '-0', unpack(fields))
  end
  redis.call('HSET', recordKey, 'eventSeq', seq)
  return seq
end
`;

// KEYS record, events. ARGV number of record fields, field, value, ..., event bodies. Returns the last seq, -1 for a
// stream that does not exist, -2 for one that is over: after its final status a log never grows.
const APPEND = defineScript(`${LUA_APPEND}
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return -1 end
if status == 'ended' or status == 'failed' or status == 'cancelled' then return -2 end
local fields = tonumber(ARGV[1])
if fields > 0 then redis.call('HSET', KEYS[1], unpack(ARGV, 2, fields + 1)) end
return append(KEYS[1], KEYS[2], ARGV, fields + 2)
`);

/** Returns an event's body as it is stored: all but its seq, which is the entry's id. `origin` goes in front of it. */
export function encodeEvent(stream: string, draft: EventDraft, origin?: Origin): string {
  return (origin ? encodeOrigin(origin) : '') + JSON.stringify({ v: 1, stream, ...draft });
}

/** Returns the event of one log entry, `[id, ['e', body]]` or `[id, ['e', body, 'o', origin]]`. The log is written by this module alone, so it is not validated again. */
export function decodeEvent([id, fields]: readonly [string, readonly string[]]): StreamEvent {
  const body = JSON.parse(fields[1] ?? '{}') as Omit<StreamEvent, 'seq'>;
  return { seq: Number.parseInt(id, 10), ...body } as StreamEvent;
}

/** Returns what a log entry says beside its event of the window that it comes from. */
export function eventOrigin([, fields]: readonly [string, readonly string[]]): Origin | undefined {
  return decodeOrigin(fields[3]);
}

/** Returns the JSON of one log entry's event as clients get it; the stored body is passed on without parsing it. */
export function eventText([id, fields]: readonly [string, readonly string[]]): string {
  return `{"seq":${Number.parseInt(id, 10)},${(fields[1] ?? '{}').slice(1)}`;
}

/**
 * Appends events, and sets fields of the record in the same step. Returns the last seq, or `unknown` when the stream is
 * gone, or `over` when it has its final status.
 */
export async function appendEvents(
  redis: ScriptHost,
  keys: Keyspace,
  {
    stream,
    events,
    fields = {},
  }: { stream: string; events: EventDraft[]; fields?: Record<string, string | number> },
): Promise<number | 'unknown' | 'over'> {
  const flat = Object.entries(fields).flat();
  const seq = Number(
    await runScript(redis, APPEND, {
      keys: [keys.stream(stream), keys.events(stream)],
      args: [flat.length, ...flat, ...events.map((event) => encodeEvent(stream, event))],
    }),
  );
  if (seq === -1) return 'unknown';
  if (seq === -2) return 'over';
  return seq;
}
