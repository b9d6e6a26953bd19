// event log ═══▶ subscribers: each event exactly once and in order, first from history, then live.
import { randomBytes } from 'node:crypto';
import type { StreamEvent } from '../protocol/event.ts';
import type { Keyspace } from '../protocol/keys.ts';
import { isTerminal, StreamStatus } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Service } from '../runtime/shutdown.ts';
import { followLogs } from './feed-reader.ts';
import { createTail, type FeedEntry, type Tail, toFeedEntry } from './feed-tail.ts';

/** Entries of one read of history. */
const PAGE = 500;

export interface Feed extends Service {
  /**
   * Returns a cursor into a stream's log, behind seq `after`.
   * @throws E_STREAM_NOT_FOUND, E_REDIS_UNAVAILABLE
   */
  subscribe(stream: string, after: number): Promise<Subscription>;
  /** Number of streams that somebody watches. */
  readonly watched: number;
}

export interface Subscription {
  readonly stream: string;
  /** Seq of the newest event when the subscription began: up to there it is history. */
  readonly seq: number;
  /**
   * Returns the next entries, or null after the stream's end or `close`. One call at a time. `live`: they came just now;
   * history otherwise.
   * @throws E_STREAM_NOT_FOUND when the log was removed meanwhile, E_REDIS_UNAVAILABLE
   */
  next(): Promise<{ entries: readonly FeedEntry[]; live: boolean } | null>;
  close(): void;
}

/** Returns the feed of one gateway. `blocking` is a patient connection that the feed has for itself. */
export function createFeed({
  redis,
  blocking,
  keys,
  log,
}: {
  redis: Redis;
  blocking: Redis;
  keys: Keyspace;
  log: Logger;
}): Feed {
  const tails = new Map<string, Tail & { watchers: number }>();
  const wakeKey = `${keys.prefix}:gateway:${randomBytes(8).toString('hex')}:wake`;
  const reader = followLogs({ tails, redis, blocking, wakeKey, log });

  const watch = (key: string, last: number) => {
    let tail = tails.get(key);
    if (!tail) {
      tail = Object.assign(createTail(last), { watchers: 0 });
      tails.set(key, tail);
      reader.wake();
    }
    tail.watchers += 1;
    return tail;
  };

  return {
    get watched() {
      return tails.size;
    },
    async subscribe(stream, after) {
      const [status, eventSeq] = await redis.hmget(keys.stream(stream), 'status', 'eventSeq');
      if (status == null) throw forgotten(stream);
      const last = Number(eventSeq ?? 0);
      const key = keys.events(stream);
      const over = isTerminal(StreamStatus.parse(status)) && after >= last;
      const tail = watch(key, last);
      return openSubscription({
        stream,
        seq: last,
        after,
        over,
        tail,
        readHistory: async (cursor) =>
          (await redis.xrange(key, `(${cursor}-0`, '+', 'COUNT', PAGE)).map(toFeedEntry),
        onClose: () => {
          tail.watchers -= 1;
          if (tail.watchers === 0) tails.delete(key);
        },
      });
    },
    close: () => reader.close(),
  };
}

function openSubscription({
  stream,
  seq,
  after,
  over,
  tail,
  readHistory,
  onClose,
}: {
  stream: string;
  seq: number;
  after: number;
  over: boolean;
  tail: Tail;
  readHistory: (cursor: number) => Promise<FeedEntry[]>;
  onClose: () => void;
}): Subscription {
  let cursor = after;
  let done = over;
  let closed = false;
  let wake = () => {};

  const advance = (entries: readonly FeedEntry[], live: boolean) => {
    const newest = entries.at(-1);
    cursor = newest?.seq ?? cursor;
    done = newest?.final ?? false;
    return { entries, live };
  };
  return {
    stream,
    seq,
    async next() {
      let live = false;
      while (!done && !closed) {
        const known = tail.after(cursor);
        if (known === null) {
          const page = await readHistory(cursor);
          const [first] = page;
          if (!first) throw forgotten(stream);
          return advance(first.seq > cursor + 1 ? [trimmed(stream, cursor, first), ...page] : page, false);
        }
        if (known.length > 0) return advance(known, live);
        live = true;
        await new Promise<void>((resolve) => {
          const forget = tail.onNext(resolve);
          wake = () => {
            forget();
            resolve();
          };
        });
      }
      return null;
    },
    close() {
      if (closed) return;
      closed = true;
      wake();
      onClose();
    },
  };
}

/**
 * The gap in front of `first`, whose seq is that of the last event that is missing: who resumes from it goes on with
 * `first`. How much media is missing is not known any more: at most all of it.
 */
function trimmed(stream: string, cursor: number, first: FeedEntry): FeedEntry {
  const { media }: StreamEvent = JSON.parse(first.text);
  const seq = first.seq - 1;
  const gap: StreamEvent = {
    v: 1,
    seq,
    stream,
    type: 'gap',
    media,
    from: 0,
    to: media,
    windows: seq - cursor,
    reason: 'trimmed',
  };
  return { seq, type: 'gap', text: JSON.stringify(gap), final: false };
}

function forgotten(stream: string): PipelineError {
  return new PipelineError('E_STREAM_NOT_FOUND', `There is no stream ${stream}, or it was forgotten since.`);
}
