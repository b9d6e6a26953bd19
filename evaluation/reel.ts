// Footage with known boundaries → how well actions are told: the timeline of a stream against the arg-max of each frame.
import { type EventScores, type FoundSpan, type Span, scoreEvents } from '../models/event-metrics.ts';
import { DEFAULT_POOLING, defaultSpans, POOLINGS, type PoolingName } from '../models/pooling.ts';
import type { PromptVectors } from '../models/prompt-bank.ts';
import { comparedTexts, type ScoreOptions } from '../models/scorer.ts';
import { advanceSegmenter, closeSegmenter, initialSegmenterState } from '../models/segmenter.ts';
import { dot } from '../models/unit-vectors.ts';
import type { EventDraft } from '../protocol/event.ts';
import type { LabelSet } from '../protocol/labels.ts';
import { advanceTimeline, initialTimelineState, type TimelineContext } from '../worker/timeline.ts';

/** IoU from which a found action is the true one. */
const MIN_IOU = 0.5;
/** The span of a stream that asks for none. */
const POOL_SECONDS = 3;

/** A reel's frames, what they show and when. */
export interface ReelFootage {
  readonly times: readonly number[];
  /** `[n][D]`. */
  readonly embeddings: readonly Float32Array[];
  readonly truth: readonly Span[];
  readonly seconds: number;
}

export interface ReelScorers {
  readonly labelSet: LabelSet;
  readonly vectors: PromptVectors;
  readonly scoring: ScoreOptions;
}

/** Ways of telling actions, by name; `defaults` is what a stream does that asks for nothing. */
export function tellReel(footage: ReelFootage, scorers: ReelScorers): Record<string, EventScores> {
  const judge = (found: readonly FoundSpan[]) =>
    scoreEvents(footage.truth, found, { minIou: MIN_IOU, seconds: footage.seconds });
  const told = (options: Partial<TimelineContext>) => judge(tell(footage, scorers, options).found);
  const others = (Object.keys(POOLINGS) as PoolingName[]).filter((name) => name !== DEFAULT_POOLING);
  return {
    defaults: told({}),
    'arg-max of each frame': judge(tellByArgMax(footage, scorers, true)),
    'arg-max of each frame, no background prompts': judge(tellByArgMax(footage, scorers, false)),
    'defaults, no background prompts': told({ vectors: { ...scorers.vectors, background: [] } }),
    'defaults, dated by scores': judge(tellByScores(footage, scorers)),
    ...Object.fromEntries(others.map((pooling) => [`defaults, ${pooling} pooling`, told({ pooling })])),
    'defaults, one span of 3 s': told({ spans: [3] }),
    'defaults, one span of 1 s': told({ spans: [1] }),
    'defaults, spans of 1, 3 and 8 s': told({ spans: [1, 3, 8] }),
  };
}

function tell(
  { times, embeddings }: ReelFootage,
  { labelSet, vectors, scoring }: ReelScorers,
  options: Partial<TimelineContext>,
): { found: FoundSpan[]; events: readonly EventDraft[] } {
  const context: TimelineContext = {
    stream: 'st_reel0000',
    labelSet,
    vectors,
    scoring,
    pooling: DEFAULT_POOLING,
    poolSeconds: POOL_SECONDS,
    spans: defaultSpans(POOL_SECONDS),
    topLabels: vectors.labels.length,
    retentionSeconds: Number.POSITIVE_INFINITY,
    ...options,
  };
  const entries = [
    { seq: 0, entry: { kind: 'frames' as const, times, embeddings } },
    { seq: 1, entry: { kind: 'end' as const, end: { status: 'ended' as const } } },
  ];
  const { events } = advanceTimeline(initialTimelineState, { before: [], entries }, context);
  const toldAt = new Map<string, number>();
  const found: FoundSpan[] = [];
  for (const event of events) {
    if (event.type === 'action.started') toldAt.set(event.action.id, event.media);
    if (event.type !== 'action.ended') continue;
    const { id, label, start, end = event.media } = event.action;
    found.push({ label, start, end, toldAt: toldAt.get(id) ?? event.media });
  }
  return { found, events };
}

/** The same scores and thresholds, each change dated by the scores alone. */
function tellByScores(footage: ReelFootage, scorers: ReelScorers): FoundSpan[] {
  const frames = tell(footage, scorers, {}).events.flatMap((event) =>
    event.type === 'scores' ? event.frames : [],
  );
  const toldAt = new Map<string, number>();
  let state = initialSegmenterState;
  const found: FoundSpan[] = [];
  const take = (changes: ReturnType<typeof closeSegmenter>['changes'], media: number) => {
    for (const { kind, action } of changes) {
      const { id, label, start, end } = action;
      if (kind === 'started') toldAt.set(id, media);
      if (kind === 'ended' && end !== undefined)
        found.push({ label, start, end, toldAt: toldAt.get(id) ?? media });
    }
  };
  for (const { media, top } of frames) {
    const step = advanceSegmenter(
      state,
      { media, scores: top },
      { ...scorers.labelSet.thresholds, idPart: 'r' },
    );
    state = step.state;
    take(step.changes, media);
  }
  take(closeSegmenter(state).changes, state.media);
  return found;
}

/** Each frame is the text nearest to it; frames in a row of one label are an action, told at its first frame. */
function tellByArgMax(
  { times, embeddings, seconds }: ReelFootage,
  { vectors }: ReelScorers,
  withBackground: boolean,
): FoundSpan[] {
  const compared = comparedTexts(vectors);
  const texts = withBackground ? compared : compared.slice(0, vectors.labels.length);
  const found: FoundSpan[] = [];
  let open: { label: string; start: number } | undefined;
  const close = (end: number) => {
    if (open) found.push({ ...open, end, toldAt: open.start });
    open = undefined;
  };
  embeddings.forEach((frame, i) => {
    const media = times[i] ?? 0;
    const similarities = texts.map((text) => dot(text, frame));
    const label = vectors.labels[similarities.indexOf(Math.max(...similarities))]?.name;
    if (open && open.label !== label) close(media);
    if (!open && label !== undefined) open = { label, start: media };
  });
  close(seconds);
  return found;
}

/** Returns the mean of each figure over several reels. */
export function meanScores(all: readonly EventScores[]): EventScores {
  const mean = (pick: (scores: EventScores) => number) =>
    all.reduce((sum, scores) => sum + pick(scores), 0) / Math.max(1, all.length);
  const delays = all.flatMap(({ meanDelaySeconds }) =>
    meanDelaySeconds === undefined ? [] : [meanDelaySeconds],
  );
  return {
    matched: mean(({ matched }) => matched),
    precision: mean(({ precision }) => precision),
    recall: mean(({ recall }) => recall),
    f1: mean(({ f1 }) => f1),
    meanDelaySeconds:
      delays.length === 0 ? undefined : delays.reduce((sum, delay) => sum + delay, 0) / delays.length,
    falsePerMinute: mean(({ falsePerMinute }) => falsePerMinute),
  };
}
