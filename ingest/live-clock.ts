// The media time of a live stream: seconds since its first picture, on the grid, whatever happens in between.
import { defineScript, runScript } from '../protocol/script.ts';
import { type LeaseHolder, LeaseLost } from './stream-record.ts';

// KEYS record. ARGV lease, epoch in milliseconds. Returns the epoch that holds.
const KEEP_EPOCH = defineScript(`
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return false end
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[2])
return redis.call('HGET', KEYS[1], 'epoch')
`);

/**
 * Returns the time of day, in epoch milliseconds, at which the stream's media time was 0: `now` for a stream that had no
 * picture yet, and for others what the ingest before has written down. @throws LeaseLost
 */
export async function keepEpoch({ redis, keys, stream, lease }: LeaseHolder, now: number): Promise<number> {
  const kept = await runScript(redis, KEEP_EPOCH, { keys: [keys.stream(stream)], args: [lease, now] });
  if (kept === null) throw new LeaseLost('The lease is lost.');
  return Number(kept);
}

export interface LiveClock {
  /** Returns the grid index of a picture that arrives `atMs`, or null when it comes before its slot and is left out. */
  slotAt(atMs: number): number | null;
}

/** How far an index may be from the time of day, in slots, before it jumps: pictures do not come evenly. */
const SLACK_SLOTS = 1;

/**
 * Returns a clock on which indexes only grow, by one where pictures come as they should, and by more where none came.
 * `nextFrame`: the first index that may be given.
 */
export function createLiveClock({
  epochMs,
  sampleFps,
  nextFrame,
}: {
  epochMs: number;
  sampleFps: number;
  nextFrame: number;
}): LiveClock {
  let next = nextFrame;
  return {
    slotAt(atMs) {
      const slot = ((atMs - epochMs) / 1_000) * sampleFps;
      // What piled up on the way comes all at once: it would run ahead of the time of day, and stay there.
      if (slot < next - SLACK_SLOTS) return null;
      const index = slot > next + SLACK_SLOTS ? Math.floor(slot) : next;
      next = index + 1;
      return index;
    },
  };
}
