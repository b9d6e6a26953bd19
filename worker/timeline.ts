// embeddings in seq order → **timeline** → events. A reducer: no Redis, no clock.
import { POOLINGS, type PoolingName } from '../models/pooling.ts';
import type { PromptVectors } from '../models/prompt-bank.ts';
import {
  comparedTexts,
  type ScoreOptions,
  type SpanScores,
  scoreSimilarities,
  topScores,
} from '../models/scorer.ts';
import {
  advanceSegmenter,
  closeSegmenter,
  initialSegmenterState,
  type SegmenterOptions,
  type SegmenterState,
  type Support,
} from '../models/segmenter.ts';
import type { EventDraft, FrameScores } from '../protocol/event.ts';
import type { LabelSet } from '../protocol/labels.ts';
import type { StreamEnd } from '../protocol/window.ts';
import { type ComparedFrame, FrameSpan, type SpanFrame, viewFrames } from './frame-span.ts';
import type { EmbeddedWindow, HistoryEntry } from './history.ts';
import { type Mark, markHistory, type SeqRange } from './history-marks.ts';

/** Labels named in a `scores` event, best first. */
export const TOP_LABELS = 8;

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
  /** The model's own way and scale; the label set may name another way, and a temperature. */
  readonly scoring: ScoreOptions;
  readonly pooling: PoolingName;
  readonly poolSeconds: number;
  /** Spans in seconds whose scores are averaged; default: `poolSeconds` alone. */
  readonly spans?: readonly number[];
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
  readonly #scoring: ScoreOptions;
  readonly #spans: readonly number[];
  readonly #names: readonly string[];
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
    const { labelSet, scoring, vectors } = context;
    this.#spans = context.spans ?? [context.poolSeconds];
    const longest = Math.max(...this.#spans);
    this.#segmenterOptions = { ...segmenterOptions(context), lookBackSeconds: longest };
    this.#scoring = {
      ...scoring,
      ...(labelSet.scoring === undefined ? {} : { scoring: labelSet.scoring }),
      ...(labelSet.temperature === undefined ? {} : { temperature: labelSet.temperature }),
    };
    this.#names = vectors.labels.map(({ name }) => name);
    this.#segmenter = state.segmenter;
    this.#spanFrom = state.spanFrom;
    this.#media = state.media;
    this.#marks = state.marks;
    this.#span = new FrameSpan(longest, comparedTexts(vectors));
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
    const { dropped, from, to, frames, windows = 1 } = tombstone;
    this.#span.resolve(seq, tombstone);
    this.#dropped += frames;
    this.#media = Math.max(this.#media, to);
    this.#span.prune(this.#media);
    // What the next frame may rest on: of a long row of tombstones nothing.
    this.#spanFrom = this.#span.from ?? seq + windows;
    this.#events.push({ type: 'gap', media: this.#media, from, to, windows, reason: dropped });
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
    const { media } = frame;
    const names = this.#names;
    const frames = this.#span.slide(frame);
    const { scores, background } = this.#scoreSpans(frames, media);
    const ranked = topScores(Array.from(scores, round), names, names.length);
    const observed = {
      media,
      scores: ranked,
      supportOf: (label: string, level: number) => this.#supportOf(frames, names.indexOf(label), level),
    };
    const step = advanceSegmenter(this.#segmenter, observed, this.#segmenterOptions);
    this.#segmenter = step.state;
    this.#media = media;
    this.#tell(step.changes, media, wall);
    return { media, top: ranked.slice(0, this.#context.topLabels), background: round(background) };
  }

  /** The mean over the spans: scores that are shares of one stay so. */
  #scoreSpans(frames: readonly ComparedFrame[], media: number): SpanScores {
    const { vectors, pooling } = this.#context;
    const bySpan = this.#spans.map((seconds) => {
      const view = viewFrames(frames.filter((frame) => frame.media > media - seconds));
      return scoreSimilarities(POOLINGS[pooling](view, this.#scoring.logitScale), vectors, this.#scoring);
    });
    const mean = (pick: (scores: SpanScores) => number) =>
      bySpan.reduce((sum, scores) => sum + pick(scores), 0) / bySpan.length;
    return {
      scores: Float32Array.from(vectors.labels, (_, i) => mean(({ scores }) => scores[i] ?? 0)),
      background: mean(({ background }) => background),
    };
  }

  #supportOf(frames: readonly ComparedFrame[], label: number, level: number): Support | undefined {
    const isShown = ({ similarities }: ComparedFrame) =>
      (scoreSimilarities(similarities, this.#context.vectors, this.#scoring).scores[label] ?? 0) >= level;
    const first = frames.find(isShown);
    if (!first) return undefined;
    const last = frames.findLastIndex(isShown);
    return { from: first.media, to: (frames[last + 1] ?? frames[last] ?? first).media };
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
