// Redis ═══ events ═══▶ tails: one blocking read over the logs of all watched streams.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Service } from '../runtime/shutdown.ts';
import { type RawEntry, type Tail, toFeedEntry } from './feed-tail.ts';

/** Entries of one log in one answer. */
const READ_COUNT = 256;
/** The read returns empty after this long; also bounds what a lost wake-up costs. */
const BLOCK_MS = 2_000;
/** No answer at all for this long means that the connection is dead without saying so. */
const SILENCE_MS = BLOCK_MS + 8_000;
const RETRY_MS = 200;

export interface FeedReader extends Service {
  /** Has the read begin anew, because `tails` has got a member. */
  wake(): void;
}

/**
 * Keeps `tails`, by the key of their log, up to date until it is closed. A Redis that is away is waited for: the logs say
 * afterwards what was missed.
 */
export function followLogs({
  tails,
  redis,
  blocking,
  wakeKey,
  log,
}: {
  tails: ReadonlyMap<string, Tail>;
  redis: Redis;
  /** A connection of its own: nothing else gets through while it blocks. */
  blocking: Redis;
  /** A log of no stream, read along: what is added to it ends the blocking read. */
  wakeKey: string;
  log: Logger;
}): FeedReader {
  const closing = new AbortController();
  let wakes = 0;
  let wakesSeen = 0;
  let wakePlanned = false;
  let start = () => {};

  const readOnce = async () => {
    const watched = [...tails];
    const keys = [wakeKey, ...watched.map(([key]) => key)];
    const cursors = [wakesSeen, ...watched.map(([, tail]) => tail.last)].map((seq) => `${seq}-0`);
    const guard = setTimeout(() => blocking.disconnect(true), SILENCE_MS);
    const answer = await blocking
      .xread('COUNT', READ_COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', ...keys, ...cursors)
      .finally(() => clearTimeout(guard));
    for (const [key, entries] of (answer ?? []) as [string, RawEntry[]][]) {
      if (key === wakeKey) wakesSeen = Number.parseInt(entries.at(-1)?.[0] ?? '0', 10);
      else tails.get(key)?.append(entries.map(toFeedEntry));
    }
  };

  const run = async () => {
    while (!closing.signal.aborted) {
      if (tails.size === 0) {
        await new Promise<void>((resolve) => {
          start = resolve;
        });
        continue;
      }
      await readOnce().catch(async (error: unknown) => {
        if (closing.signal.aborted) return;
        log.warn({ err: error }, 'the event logs cannot be read; trying again');
        await delay(RETRY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      });
    }
  };
  const running = run();

  const tellRedis = async () => {
    wakePlanned = false;
    wakes += 1;
    await redis.xadd(wakeKey, 'MAXLEN', 1, `${wakes}-0`, 'w', '1');
    await redis.pexpire(wakeKey, 60_000);
  };
  return {
    wake() {
      start();
      if (wakePlanned) return;
      wakePlanned = true;
      // Many subscriptions at once are one wake-up. Without Redis there is nothing to wake.
      queueMicrotask(() => tellRedis().catch(() => undefined));
    },
    async close() {
      closing.abort();
      start();
      blocking.disconnect();
      await running;
      // It expires by itself; without Redis it is not worth waiting for.
      if (redis.status === 'ready') await redis.unlink(wakeKey).catch(() => undefined);
    },
  };
}
