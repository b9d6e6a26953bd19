// How many streams there may be at a time, and how many frames per second live ones may bring.
import { IDLE_EXPIRY_SECONDS } from '../protocol/keys.ts';
import { defineScript, runScript } from '../protocol/script.ts';
import { isTerminal, type StreamMode, StreamStatus } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { GatewayConfig } from './config.ts';
import type { StreamHome } from './stream-creation.ts';

/** A live stream is not sampled slower than this: actions would fall between two frames. */
const SLOWEST_FPS = 0.5;
/** An entry is written a moment before its record. */
const CREATION_MAX_MS = 60_000;
const RETRY_AFTER_SECONDS = 30;

// KEYS admitted. ARGV id, now in ms, streams at the most, live frames per second at the most (0: any), the stream's frames
// per second (0: a file), the fewest it may get, seconds until it is forgotten, ids of streams that are over. Returns what
// is lacking or 'none', and the frames per second granted or in use.
const ADMIT = defineScript(`
for i = 8, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then return { 'none', string.match(known, ':(.*)$') } end
local granted = tonumber(ARGV[5])
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return { 'streams', '0' } end
if granted > 0 and tonumber(ARGV[4]) > 0 then
  local used = 0
  for _, entry in ipairs(redis.call('HVALS', KEYS[1])) do used = used + tonumber(string.match(entry, ':(.*)$')) end
  granted = math.min(granted, math.floor((tonumber(ARGV[4]) - used) * 10 + 1e-6) / 10)
  if granted < tonumber(ARGV[6]) then return { 'frames', tostring(used) } end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. tostring(granted))
redis.call('EXPIRE', KEYS[1], ARGV[7])
return { 'none', tostring(granted) }
`);

type Limits = Pick<GatewayConfig, 'MAX_STREAMS' | 'MAX_LIVE_FPS' | 'ADMISSION'>;

interface Candidate {
  readonly id: string;
  readonly mode: StreamMode;
  readonly sampleFps: number;
}

/**
 * Takes a place for a stream and returns the frames per second that it gets: those it asked for, or fewer where the
 * operator allows that. The same stream again has its place already.
 * @throws E_CAPACITY when there is no place
 */
export async function admitStream(
  home: StreamHome,
  candidate: Candidate,
  limits: Limits,
): Promise<{ sampleFps: number }> {
  const first = await tryToAdmit(home, candidate, { limits, over: [] });
  // Streams that are over are found when places are short.
  const isShort = first.lacking !== 'none' || (candidate.mode === 'live' && first.fps < candidate.sampleFps);
  if (!isShort) return { sampleFps: candidate.sampleFps };
  if (first.lacking === 'none') await releaseStream(home, candidate.id);
  const { lacking, fps } = await tryToAdmit(home, candidate, { limits, over: await findOver(home) });
  if (lacking === 'none') return { sampleFps: candidate.mode === 'live' ? fps : candidate.sampleFps };
  const message =
    lacking === 'streams'
      ? `There are ${limits.MAX_STREAMS} streams already, as many as MAX_STREAMS allows. Stop one, or try again later.`
      : `Live streams bring ${fps} of ${limits.MAX_LIVE_FPS} frames per second already (MAX_LIVE_FPS); this one asks for ${candidate.sampleFps}. Stop one, sample slower, or try again later.`;
  throw new PipelineError('E_CAPACITY', message, { facts: { waitSeconds: RETRY_AFTER_SECONDS } });
}

/** Gives a stream's place back. */
export async function releaseStream({ redis, keys }: Pick<StreamHome, 'redis' | 'keys'>, id: string) {
  await redis.hdel(keys.admitted, id);
}

async function tryToAdmit(
  { redis, keys }: StreamHome,
  { id, mode, sampleFps }: Candidate,
  { limits, over }: { limits: Limits; over: readonly string[] },
): Promise<{ lacking: string; fps: number }> {
  const fps = mode === 'live' ? sampleFps : 0;
  const fewest = limits.ADMISSION === 'slow' ? Math.min(fps, SLOWEST_FPS) : fps;
  const reply = await runScript(redis, ADMIT, {
    keys: [keys.admitted],
    args: [
      ...[id, Date.now(), limits.MAX_STREAMS, limits.MAX_LIVE_FPS, fps, fewest, IDLE_EXPIRY_SECONDS],
      ...over,
    ],
  });
  const [lacking, granted] = Array.isArray(reply) ? reply.map(String) : [];
  return { lacking: lacking ?? '', fps: Number(granted) };
}

/** Ids that hold a place, and whose stream is over or gone. */
async function findOver({ redis, keys }: StreamHome): Promise<string[]> {
  const entries = Object.entries(await redis.hgetall(keys.admitted));
  const statuses = await Promise.all(entries.map(([id]) => redis.hget(keys.stream(id), 'status')));
  const now = Date.now();
  return entries.flatMap(([id, entry], i) => {
    const status = StreamStatus.safeParse(statuses[i]);
    const isOver = status.success
      ? isTerminal(status.data)
      : now - Number.parseInt(entry, 10) > CREATION_MAX_MS;
    return isOver ? [id] : [];
  });
}
