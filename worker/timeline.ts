// embeddings in seq order → **timeline** → events. A reducer: no Redis, no clock.
import { POOLINGS, type PoolingName } from '../models/pooling.ts';
import type { PromptVectors } from '../models/prompt-bank.ts';
import { type ScoreOptions, scoreSpan, topScores } from '../models/scorer.ts';
import {
  advanceSegmenter,
  closeSegmenter,
  initialSegmenterState,
  type SegmenterOptions,
  type SegmenterState,
} from '../models/segmenter.ts';
import type { EventDraft, FrameScores } from '../protocol/event.ts';
import type { LabelSet } from '../protocol/labels.ts';
import type { StreamEnd } from '../protocol/window.ts';
import { FrameSpan, type SpanFrame } from './frame-span.ts';
import type { EmbeddedWindow, HistoryEntry } from './history.ts';
import { type Mark, markHistory, type SeqRange } from './history-marks.ts';

/** Labels named in a `scores` event, best first. */
export const TOP_LABELS = 5;

/** Everything the timeline remembers between windows; JSON. */
export interface TimelineState {
  readonly segmenter: SegmenterState;
  /** The first window that is still needed: for frames inside the pooling span, or as what repeated frames repeat. */
  readonly spanFrom: number;
  /** Media time up to which labels are known, in seconds. */
  readonly media: number;
  /** Marks along the stored history. */
  readonly marks: readonly Mark[];
}

export const initialTimelineState: TimelineState = {
  segmenter: initialSegmenterState,
  spanFrom: 0,
  media: 0,
  marks: [],
};

/** What the windows are scored against, and how. */
export interface TimelineContext {
  readonly stream: string;
  readonly labelSet: LabelSet;
  readonly vectors: PromptVectors;
  readonly scoring: Omit<ScoreOptions, 'pooling'>;
  readonly pooling: PoolingName;
  readonly poolSeconds: number;
  /** Labels named in a `scores` event, best first. */
  readonly topLabels: number;
  /** Media seconds of history that are kept. */
  readonly retentionSeconds: number;
}

export interface SequencedEntry {
  readonly seq: number;
  readonly entry: HistoryEntry;
}

/** What a step of the timeline adds to the record's counters. */
export interface TimelineCounts {
  readonly embedded: number;
  readonly reused: number;
  readonly dropped: number;
}

export interface TimelineStep {
  readonly state: TimelineState;
  readonly events: readonly EventDraft[];
  readonly counts: TimelineCounts;
  /** Windows whose embeddings are older than the retention time. */
  readonly expired: SeqRange | undefined;
  readonly end: StreamEnd | undefined;
}

/**
 * Returns what follows from `entries`, consecutive windows that begin at the cursor. `before` are the windows from
 * `state.spanFrom` up to the cursor: their frames take part in pooling. The same entries in one step or in many give the
 * same events.
 */
export function advanceTimeline(
  state: TimelineState,
  { before, entries }: { before: readonly SequencedEntry[]; entries: readonly SequencedEntry[] },
  context: TimelineContext,
): TimelineStep {
  const run = new TimelineRun(state, before, context);
  for (const { seq, entry } of entries) {
    if (entry.kind === 'frames') run.score(seq, entry);
    else if (entry.kind === 'tombstone') run.bury(seq, entry);
    else run.finish(entry.end);
  }
  return run.result();
}

/** One step under way. Its fields are local to {@link advanceTimeline}; nothing outlives it but the result. */
class TimelineRun {
  readonly #context: TimelineContext;
  readonly #segmenterOptions: SegmenterOptions;
  readonly #events: EventDraft[] = [];
  readonly #span: FrameSpan;
  #segmenter: SegmenterState;
  #spanFrom: number;
  #media: number;
  #marks: readonly Mark[];
  #expired: SeqRange | undefined;
  #embedded = 0;
  #reused = 0;
  #dropped = 0;
  #end: StreamEnd | undefined;

  constructor(state: TimelineState, before: readonly SequencedEntry[], context: TimelineContext) {
    this.#context = context;
    this.#segmenterOptions = segmenterOptions(context);
    this.#segmenter = state.segmenter;
    this.#spanFrom = state.spanFrom;
    this.#media = state.media;
    this.#marks = state.marks;
    this.#span = new FrameSpan(context.poolSeconds);
    for (const { seq, entry } of before) {
      for (const frame of this.#span.resolve(seq, entry)) this.#span.slide(frame);
    }
  }

  score(seq: number, window: EmbeddedWindow): void {
    const wall = wallOf(window);
    const resolved = this.#span.resolve(seq, window);
    const missing = window.times.length - resolved.length;
    if (missing > 0) this.#giveUp(window.times.slice(0, missing), wall);
    if (resolved.length === 0) return;
    const frames = resolved.map((frame) => this.#scoreFrame(frame, wall));
    this.#spanFrom = this.#span.from ?? seq;
    const embedded = window.embeddings.filter((embedding) => embedding !== undefined).length;
    this.#embedded += embedded;
    this.#reused += resolved.length - embedded;
    this.#mark(seq);
    const { version } = this.#context.labelSet;
    this.#events.push({ type: 'scores', media: this.#media, ...wall, labelsVersion: version, frames });
  }

  bury(seq: number, tombstone: Extract<HistoryEntry, { kind: 'tombstone' }>): void {
    const { dropped, from, to, frames } = tombstone;
    this.#span.resolve(seq, tombstone);
    this.#dropped += frames;
    this.#media = Math.max(this.#media, to);
    this.#events.push({ type: 'gap', media: this.#media, from, to, windows: 1, reason: dropped });
  }

  finish(end: StreamEnd): void {
    const step = closeSegmenter(this.#segmenter, this.#media);
    this.#segmenter = step.state;
    this.#tell(step.changes, this.#media, {});
    this.#end = end;
    this.#events.push({ type: 'stream.status', media: this.#media, ...end });
  }

  result(): TimelineStep {
    return {
      state: {
        segmenter: this.#segmenter,
        spanFrom: this.#spanFrom,
        media: this.#media,
        marks: this.#marks,
      },
      events: this.#events,
      counts: { embedded: this.#embedded, reused: this.#reused, dropped: this.#dropped },
      expired: this.#expired,
      end: this.#end,
    };
  }

  #scoreFrame(frame: SpanFrame, wall: { wall?: string }): FrameScores {
    const { vectors, scoring, pooling, topLabels } = this.#context;
    const span = this.#span.slide(frame);
    const { scores, background } = scoreSpan(span, vectors, { ...scoring, pooling: POOLINGS[pooling] });
    const names = vectors.labels.map(({ name }) => name);
    const ranked = topScores(Array.from(scores, round), names, names.length);
    const observed = { media: frame.media, scores: ranked };
    const step = advanceSegmenter(this.#segmenter, observed, this.#segmenterOptions);
    this.#segmenter = step.state;
    this.#media = frame.media;
    this.#tell(step.changes, frame.media, wall);
    return { media: frame.media, top: ranked.slice(0, topLabels), background: round(background) };
  }

  #mark(seq: number): void {
    const { marks, expired } = markHistory(
      this.#marks,
      { seq, media: this.#media },
      this.#context.retentionSeconds,
    );
    this.#marks = marks;
    if (expired) this.#expired = { from: this.#expired?.from ?? expired.from, to: expired.to };
  }

  // Frames that repeat one that was given up have nothing to be scored by.
  #giveUp(times: readonly number[], wall: { wall?: string }): void {
    const [from = 0, to = from] = [times[0], times.at(-1)];
    this.#dropped += times.length;
    this.#media = Math.max(this.#media, to);
    this.#events.push({ type: 'gap', media: this.#media, ...wall, from, to, windows: 1, reason: 'lost' });
  }

  #tell(
    changes: ReturnType<typeof advanceSegmenter>['changes'],
    media: number,
    wall: { wall?: string },
  ): void {
    for (const { kind, action } of changes)
      this.#events.push({ type: `action.${kind}`, media, ...wall, action });
  }
}

function segmenterOptions({ stream, labelSet }: TimelineContext): SegmenterOptions {
  const own = labelSet.labels.flatMap(({ name, threshold }) =>
    threshold === undefined ? [] : [[name, threshold] as const],
  );
  return { ...labelSet.thresholds, labelOn: new Map(own), idPart: stream.replace(/^st_/, '') };
}

function wallOf({ wall }: EmbeddedWindow): { wall?: string } {
  return wall === undefined ? {} : { wall: new Date(wall).toISOString() };
}

// Four decimals: finer differences are noise of half floats and batch sizes.
function round(score: number): number {
  return Math.round(score * 1e4) / 1e4;
}
