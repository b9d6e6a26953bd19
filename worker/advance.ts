// Moves a stream's timeline over every contiguous window that is there. Any worker may try; the commit decides who did.
import type { PromptVectors } from '../models/prompt-bank.ts';
import type { ScoreOptions } from '../models/scorer.ts';
import type { Keyspace } from '../protocol/keys.ts';
import { LabelSet } from '../protocol/labels.ts';
import type { Redis } from '../runtime/redis.ts';
import { NO_TRACING, type Tracing } from '../runtime/tracing.ts';
import { commitTimeline } from './commit.ts';
import { decodeEntry, windowsOf } from './history.ts';
import { readPooling, type StreamPooling } from './stream-pooling.ts';
import {
  advanceTimeline,
  initialTimelineState,
  type SequencedEntry,
  type TimelineState,
  TOP_LABELS,
} from './timeline.ts';
import { followWindows } from './window-origins.ts';

/** Windows that one commit covers at the most; bounds what is read and appended in one step. */
const WINDOWS_PER_COMMIT = 16;

export interface AdvancerOptions {
  readonly redis: Redis;
  readonly keys: Keyspace;
  readonly retentionSeconds: number;
  readonly scoring: ScoreOptions;
  readonly vectorsFor: (labelSet: LabelSet) => Promise<PromptVectors>;
  readonly tracing?: Tracing;
  /** Told after each commit with the entries it covered. */
  readonly onCommit?: (entries: readonly SequencedEntry[]) => void;
}

interface Position {
  readonly cursor: number;
  readonly state: TimelineState;
  readonly labelSet: LabelSet;
  readonly pooling: StreamPooling;
}

/** Moves timelines. Calls for one stream run one after the other, and one waiting call serves all that came meanwhile. */
export class TimelineAdvancer {
  readonly #options: AdvancerOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(options: AdvancerOptions) {
    this.#options = options;
  }

  /** Resolves when every window that was contiguous at the time of the call has been committed, here or elsewhere. */
  advance(stream: string): Promise<void> {
    const running = this.#running.get(stream);
    if (!running) return this.#start(stream);
    const waiting = this.#next.get(stream);
    if (waiting) return waiting;
    const next = running
      .catch(() => undefined)
      .then(() => {
        this.#next.delete(stream);
        return this.#start(stream);
      });
    this.#next.set(stream, next);
    return next;
  }

  #start(stream: string): Promise<void> {
    const run = this.#advance(stream).finally(() => {
      if (this.#running.get(stream) === run) this.#running.delete(stream);
    });
    this.#running.set(stream, run);
    return run;
  }

  async #advance(stream: string): Promise<void> {
    const { redis, keys, retentionSeconds, onCommit, tracing = NO_TRACING } = this.#options;
    for (;;) {
      const position = await this.#read(stream);
      if (!position) return;
      const { cursor, state, labelSet } = position;
      const { before, entries, tombstone, isMore } = await this.#history(stream, position);
      const last = entries.at(-1);
      if (!last) return;
      const context = {
        stream,
        labelSet,
        vectors: await this.#options.vectorsFor(labelSet),
        scoring: this.#options.scoring,
        ...position.pooling,
        topLabels: TOP_LABELS,
        retentionSeconds,
      };
      const origins = followWindows(entries, { stream, tracing });
      const result = await commitTimeline(redis, keys, {
        stream,
        cursor,
        nextCursor: last.seq + windowsOf(last.entry),
        labelsVersion: labelSet.version,
        step: advanceTimeline(state, { before, entries }, context),
        origins: origins.byMedia,
        tombstone,
        retentionSeconds,
        now: Date.now(),
      });
      if (result === 'done') {
        origins.done();
        onCommit?.(entries);
      }
      if (result === 'over' || result === 'gone') return;
      if (result === 'done' && !isMore) return;
    }
  }

  async #read(stream: string): Promise<Position | undefined> {
    const { redis, keys } = this.#options;
    const [[cursor, state], pooling, labels] = await Promise.all([
      redis.hmget(keys.timeline(stream), 'cursor', 'state'),
      readPooling(redis, keys, stream),
      redis.get(keys.labels(stream)),
    ]);
    if (labels === null || pooling === undefined) return undefined;
    return {
      cursor: Number(cursor ?? 0),
      // Written by this module alone, so it is trusted.
      state: state ? (JSON.parse(state) as TimelineState) : initialTimelineState,
      labelSet: LabelSet.parse(JSON.parse(labels)),
      pooling,
    };
  }

  async #history(stream: string, { cursor, state }: Position) {
    const from = Math.min(state.spanFrom, cursor);
    const seqs = Array.from({ length: cursor - from + WINDOWS_PER_COMMIT }, (_, i) => from + i);
    const stored = await this.#options.redis.hmgetBuffer(
      this.#options.keys.embeddings(stream),
      ...seqs.map(String),
    );
    const at = (seq: number) => {
      const buffer = stored[seq - from];
      return buffer ? { seq, entry: decodeEntry(buffer) } : undefined;
    };
    const before = seqs.filter((seq) => seq < cursor).map(at);
    const entries: SequencedEntry[] = [];
    let next = cursor;
    for (;;) {
      const found = next < from + stored.length ? at(next) : undefined;
      if (!found) break;
      entries.push(found);
      next += windowsOf(found.entry);
    }
    const last = entries.at(-1);
    const ending = last?.entry.kind === 'tombstone' ? stored[last.seq - from] : undefined;
    return {
      before: present(before),
      entries,
      tombstone: last && ending ? { seq: last.seq, stored: ending } : undefined,
      // There was no hole in what was read.
      isMore: next >= cursor + WINDOWS_PER_COMMIT,
    };
  }
}

function present(entries: readonly (SequencedEntry | undefined)[]): SequencedEntry[] {
  return entries.flatMap((entry) => (entry ? [entry] : []));
}
