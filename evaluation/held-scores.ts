// A clip → what a stream would make of it: logits span by span, and how high each label's score held.
import { DEFAULT_POOLING, defaultSpans, POOLINGS } from '../models/pooling.ts';
import type { PromptVectors } from '../models/prompt-bank.ts';
import {
  comparedTexts,
  logitsOf,
  type ScoreOptions,
  type SpanLogits,
  scoreSimilarities,
} from '../models/scorer.ts';
import { type ComparedFrame, FrameSpan, viewFrames } from '../worker/frame-span.ts';

/** Frames of a clip with their media times in seconds. */
export interface TimedFrames {
  readonly times: readonly number[];
  /** `[n][D]`. */
  readonly embeddings: readonly Float32Array[];
}

/** The spans that ended at `media`. */
export interface PooledSpan {
  readonly media: number;
  /** Per span, the longest last: similarities to {@link comparedTexts}. */
  readonly bySpan: readonly Float64Array[];
}

/** Returns the pooled similarities of each frame with those of the spans before it, as the timeline pools them. */
export function poolFrames(
  { times, embeddings }: TimedFrames,
  { vectors, logitScale, poolSeconds }: { vectors: PromptVectors; logitScale: number; poolSeconds: number },
): PooledSpan[] {
  const span = new FrameSpan(poolSeconds, comparedTexts(vectors));
  return embeddings.map((embedding, i) => {
    const media = times[i] ?? 0;
    const frames: readonly ComparedFrame[] = span.slide({ media, embedding, origin: 0 });
    const bySpan = defaultSpans(poolSeconds).map((seconds) => {
      const view = viewFrames(frames.filter((frame) => frame.media > media - seconds));
      return POOLINGS[DEFAULT_POOLING](view, logitScale);
    });
    return { media, bySpan };
  });
}

/** Returns the logits of long spans that hardly overlap, one per `everySeconds`, the last frames' always among them. */
export function spreadLogits(
  spans: readonly PooledSpan[],
  { vectors, scoring, everySeconds }: { vectors: PromptVectors; scoring: ScoreOptions; everySeconds: number },
): SpanLogits[] {
  const picked: PooledSpan[] = [];
  for (const span of [...spans].reverse()) {
    const later = picked.at(-1);
    if (!later || later.media - span.media >= everySeconds) picked.push(span);
  }
  return picked.reverse().map(({ bySpan }) => logitsOf(bySpan.at(-1) ?? [], vectors, scoring));
}

/**
 * Returns per label the highest threshold at which an action would start in the clip: the highest score that it kept for
 * `minOnSeconds`. In a clip shorter than that, the lowest score there is.
 */
export function heldScores(
  spans: readonly PooledSpan[],
  { vectors, scoring, minOnSeconds }: { vectors: PromptVectors; scoring: ScoreOptions; minOnSeconds: number },
): Float64Array {
  const scores = spans.map(({ bySpan }) => {
    const each = bySpan.map((similarities) => scoreSimilarities(similarities, vectors, scoring).scores);
    return Float64Array.from(
      vectors.labels,
      (_, label) => each.reduce((sum, row) => sum + (row[label] ?? 0), 0) / each.length,
    );
  });
  const end = spans.at(-1)?.media ?? 0;
  const starts = spans.flatMap(({ media }, i) => (i === 0 || media + minOnSeconds <= end + 1e-6 ? [i] : []));
  return Float64Array.from(vectors.labels, (_, label) =>
    Math.max(
      ...starts.map((from) => {
        const until = (spans[from]?.media ?? 0) + minOnSeconds + 1e-6;
        const kept = scores.filter((_, i) => i >= from && (spans[i]?.media ?? 0) <= until);
        return Math.min(...kept.map((row) => row[label] ?? 0));
      }),
    ),
  );
}
