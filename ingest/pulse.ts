// The watch over one stream while an ingest holds it: stops, loss of the lease, expiries that must not run out.
import { IDLE_EXPIRY_SECONDS } from '../protocol/keys.ts';
import { isTerminal, StreamStatus } from '../protocol/stream.ts';
import type { Logger } from '../runtime/log.ts';
import type { Service } from '../runtime/shutdown.ts';
import { pause } from './pause.ts';
import { PIXELS_EXPIRY_MS } from './publisher.ts';
import { type LeaseHolder, LeaseLost } from './stream-record.ts';

const BEAT_MS = 500;
const RENEW_MS = 60_000;
/** More than can be in flight; what lies further back is a tombstone. */
const WINDOWS_WAITING_MAX = 128;
const STOPPED = new Error('The stream was asked to stop.');

export interface Pulse extends Service {
  /** Aborted when somebody asked the stream to stop. */
  readonly stop: AbortSignal;
  /** Aborted with {@link StreamOver}, or {@link LeaseLost} when another ingest holds the stream. */
  readonly over: AbortSignal;
}

/** The reason of a stream that has its final status, or was forgotten. */
export class StreamOver extends Error {
  override readonly name = 'StreamOver';
}

/**
 * Looks at the stream's record every 0.5 s, and renews the expiry of what waits at once and every minute. `isStopped`: the stop was
 * asked for before.
 */
export function startPulse(
  holder: LeaseHolder,
  { isStopped, log }: { isStopped: boolean; log: Logger },
): Pulse {
  const stop = new AbortController();
  const over = new AbortController();
  const closing = new AbortController();
  const beat = async () => {
    const { redis, keys, stream, lease } = holder;
    const [held, status, stopFlag] = await redis.hmget(keys.stream(stream), 'lease', 'status', 'stop');
    const known = StreamStatus.safeParse(status);
    if (!known.success || isTerminal(known.data)) over.abort(new StreamOver('The stream is over.'));
    else if (held !== lease) over.abort(new LeaseLost('Another ingest has the stream.'));
    if (Number(stopFlag ?? 0) > 0) stop.abort(STOPPED);
  };
  if (isStopped) stop.abort(STOPPED);
  const loop = async () => {
    let renewAt = Date.now();
    while (!closing.signal.aborted && !over.signal.aborted) {
      try {
        await beat();
        if (Date.now() >= renewAt) {
          await renewExpiries(holder);
          renewAt = Date.now() + RENEW_MS;
        }
      } catch (err) {
        log.debug({ err }, 'a look at the record failed');
      }
      await pause(BEAT_MS, closing.signal).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    stop: stop.signal,
    over: over.signal,
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Renews what lies in Redis for a stream that waits: a long absence of the workers loses nothing of a file. */
export async function renewExpiries({ redis, keys, stream }: LeaseHolder): Promise<void> {
  const [published, cursor] = await Promise.all([
    redis.hget(keys.stream(stream), 'published'),
    redis.hget(keys.timeline(stream), 'cursor'),
  ]);
  const pipeline = redis.pipeline();
  for (const key of [keys.stream(stream), keys.labels(stream), keys.events(stream)]) {
    pipeline.expire(key, IDLE_EXPIRY_SECONDS);
  }
  const end = Number(published ?? 0);
  for (let seq = Math.max(Number(cursor ?? 0), end - WINDOWS_WAITING_MAX); seq < end; seq++) {
    pipeline.pexpire(keys.frames(stream, seq), PIXELS_EXPIRY_MS);
  }
  await pipeline.exec();
}
