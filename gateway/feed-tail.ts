// The newest events of one watched stream, kept in memory for everybody who watches it.
import type { EventType } from '../protocol/event.ts';
import { decodeEvent, eventOrigin, eventText } from '../protocol/event-log.ts';
import type { Origin } from '../protocol/origin.ts';
import { isTerminal } from '../protocol/stream.ts';

/** Events kept in memory per watched stream; a subscriber that is further behind reads the log. */
const RING_EVENTS = 256;

/** An event on its way to subscribers. It is made into JSON once, however many they are. */
export interface FeedEntry {
  readonly seq: number;
  readonly type: EventType;
  /** The JSON of the event. */
  readonly text: string;
  /** After this one the log never grows. */
  readonly final: boolean;
  /** Of scores: the window that they come from. */
  readonly origin?: Origin | undefined;
}

/** An entry of a log as Redis gives it: id, and field, value. */
export type RawEntry = [id: string, fields: string[]];

/** Returns the entry of a log as subscribers get it. */
export function toFeedEntry(raw: RawEntry): FeedEntry {
  const event = decodeEvent(raw);
  return {
    seq: event.seq,
    type: event.type,
    text: eventText(raw),
    final: event.type === 'stream.status' && isTerminal(event.status),
    origin: eventOrigin(raw),
  };
}

export interface Tail {
  /** Seq of the newest event that is known; what comes after is not in the log yet, or not read yet. */
  readonly last: number;
  /** Adds entries that follow each other; those that are known are left out. Wakes the subscribers that wait. */
  append(entries: readonly FeedEntry[]): void;
  /** Returns what is newer than `cursor`: nothing when there is nothing; null when it must be read from the log. */
  after(cursor: number): readonly FeedEntry[] | null;
  /** Calls `wake` once, with the next append. Returns how to take that back. */
  onNext(wake: () => void): () => void;
}

/** Returns a tail that begins behind seq `last`. */
export function createTail(last: number): Tail {
  let newest = last;
  let ring: FeedEntry[] = [];
  let waiters = new Set<() => void>();
  return {
    get last() {
      return newest;
    },
    append(entries) {
      const fresh = entries.filter(({ seq }) => seq > newest);
      const [first] = fresh;
      const final = fresh.at(-1);
      if (!first || !final) return;
      // Events between were trimmed while Redis was away: the ring has no holes, so it begins anew.
      if (first.seq !== newest + 1) ring = [];
      ring = [...ring, ...fresh].slice(-RING_EVENTS);
      newest = final.seq;
      const woken = waiters;
      waiters = new Set();
      for (const wake of woken) wake();
    },
    after(cursor) {
      if (cursor >= newest) return [];
      const offset = cursor + 1 - (ring[0]?.seq ?? Number.POSITIVE_INFINITY);
      return offset >= 0 ? ring.slice(offset) : null;
    },
    onNext(wake) {
      waiters.add(wake);
      return () => waiters.delete(wake);
    },
  };
}
