// The label set of a stream: read, and replaced while it runs.
import { LUA_APPEND } from '../protocol/event-log.ts';
import { LabelSet, type LabelSetInput, toLabelSet } from '../protocol/labels.ts';
import { defineScript, runScript } from '../protocol/script.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { StreamHome } from './stream-creation.ts';

// KEYS record, labels, events. ARGV the set and the event's end as JSON without their first brace and their version.
// The version is given here, so that two replacements at once make two versions.
const REPLACE = defineScript(`${LUA_APPEND}
local record = redis.call('HMGET', KEYS[1], 'status', 'media')
if not record[1] then return -1 end
if record[1] == 'ended' or record[1] == 'failed' or record[1] == 'cancelled' then return -2 end
local version = redis.call('HINCRBY', KEYS[1], 'labelsVersion', 1)
redis.call('SET', KEYS[2], '{"version":' .. version .. ',' .. ARGV[1], 'KEEPTTL')
local event = '{"media":' .. (record[2] or '0') .. ',"labelsVersion":' .. version .. ',' .. ARGV[2]
append(KEYS[1], KEYS[3], { event }, 1)
return version
`);

/** Returns the label set in force. @throws E_STREAM_NOT_FOUND */
export async function readLabels({ redis, keys }: StreamHome, stream: string): Promise<LabelSet> {
  const text = await redis.get(keys.labels(stream));
  if (text === null) throw unknown(stream);
  return LabelSet.parse(JSON.parse(text));
}

/**
 * Replaces the label set and tells it as `labels.changed`, in one step. Returns the new version.
 * @throws E_STREAM_NOT_FOUND, E_STREAM_OVER
 */
export async function replaceLabels(
  { redis, keys }: StreamHome,
  stream: string,
  input: LabelSetInput,
): Promise<number> {
  const { version: _, ...set } = toLabelSet(input, 1);
  const event = { v: 1, stream, type: 'labels.changed', labels: set.labels.map(({ name }) => name) };
  const result = Number(
    await runScript(redis, REPLACE, {
      keys: [keys.stream(stream), keys.labels(stream), keys.events(stream)],
      args: [JSON.stringify(set).slice(1), JSON.stringify(event).slice(1)],
    }),
  );
  if (result === -1) throw unknown(stream);
  if (result === -2) throw new PipelineError('E_STREAM_OVER', 'The stream has its final status.');
  return result;
}

function unknown(stream: string): PipelineError {
  return new PipelineError('E_STREAM_NOT_FOUND', `There is no stream ${stream}, or it was forgotten since.`);
}
