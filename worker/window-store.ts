// What came of a window ═══▶ Redis, in place of its pixels.
import { IDLE_EXPIRY_SECONDS, type Keyspace } from '../protocol/keys.ts';
import { defineScript, runScript, type ScriptHost } from '../protocol/script.ts';

// KEYS record, embeddings, frames. ARGV seq, entry, seconds until embeddings expire. The pixels go first: a full Redis
// refuses a script at its first write only, and one that frees memory must get through.
const STORE = defineScript(`
redis.call('DEL', KEYS[3])
local status = redis.call('HGET', KEYS[1], 'status')
if not status or status == 'ended' or status == 'failed' or status == 'cancelled' then return 0 end
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 1 then redis.call('EXPIRE', KEYS[2], ARGV[3]) end
return 1
`);

/** Stores the entry of window `seq`, unless there is one, and removes its pixels. Of a stream that is over nothing is stored. */
export async function storeEntry(
  redis: ScriptHost,
  keys: Keyspace,
  { stream, seq, entry }: { stream: string; seq: number; entry: Buffer | string },
): Promise<void> {
  await runScript(redis, STORE, {
    keys: [keys.stream(stream), keys.embeddings(stream), keys.frames(stream, seq)],
    args: [seq, entry, IDLE_EXPIRY_SECONDS],
  });
}
