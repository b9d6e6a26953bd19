// From similarities to scores: how probable each label is, against its rivals.
import type { Pooling } from './pooling.ts';
import type { PromptVectors } from './prompt-bank.ts';

/**
 * How similarities become scores. `z` is `logitScale * similarity`.
 * - `softmax`: one action at a time. `exp z / (Σ labels + Σ background + Σ own not)`.
 * - `independent`: several at once. `exp z / (exp z + Σ background + Σ own not)`; other labels do not matter.
 * - `sigmoid`: for models trained with it (SigLIP). `sigmoid(z + logitBias) · exp z / (exp z + Σ own not)`; such a
 *   score is absolute, so background prompts take no part.
 *
 * A `not` prompt is a rival of its own label alone: adding one never changes another label's score. So softmax scores
 * and background sum to 1 without `not` prompts and to at most 1 with them; the rest is what those took.
 */
export type Scoring = 'softmax' | 'independent' | 'sigmoid';

export interface ScoreOptions {
  readonly pooling: Pooling;
  readonly scoring: Scoring;
  /** The model's factor on cosines (100 for CLIP), divided by the temperature where one was fitted. */
  readonly logitScale: number;
  /** Added to the logit by `sigmoid` only. */
  readonly logitBias?: number;
}

/** Scores of a span. */
export interface SpanScores {
  /** `Float32Array [labels]`, 0..1, in the order of the labels. */
  readonly scores: Float32Array;
  /** 0..1. The background prompts' share (`softmax`), else what the best label leaves: 1 - its score. */
  readonly background: number;
}

/** Returns the scores of a span of frames `[n][D]` (n ≥ 1, unit length) against a label set. */
export function scoreSpan(
  frames: readonly Float32Array[],
  vectors: PromptVectors,
  options: ScoreOptions,
): SpanScores {
  const { labels, background } = vectors;
  const texts = [
    ...labels.map((label) => label.vector),
    ...background,
    ...labels.flatMap((label) => [...label.not]),
  ];
  const logits = options.pooling(frames, texts).map((similarity) => similarity * options.logitScale);
  let taken = 0;
  const take = (count: number) => {
    taken += count;
    return logits.subarray(taken - count, taken);
  };
  const own = take(labels.length);
  const nothing = take(background.length);
  const nots = labels.map((label) => take(label.not.length));

  switch (options.scoring) {
    case 'softmax': {
      // The largest logit is taken off so that no exp overflows; `not` stays out of it, so that `shared` is ≥ 1.
      const top = Math.max(...own, ...nothing);
      const shared = sumExp(own, top) + sumExp(nothing, top);
      return {
        scores: own.map((z, i) => Math.exp(z - top) / (shared + sumExp(nots[i], top))),
        background: sumExp(nothing, top) / shared,
      };
    }
    case 'independent':
      return leftover(own.map((z, i) => 1 / (1 + sumExp(nothing, z) + sumExp(nots[i], z))));
    case 'sigmoid': {
      const bias = options.logitBias ?? 0;
      return leftover(own.map((z, i) => 1 / (1 + Math.exp(-z - bias)) / (1 + sumExp(nots[i], z))));
    }
  }
}

/** Returns the `k` best labels with their scores, best first; equal scores keep the order of the labels. */
export function topScores(
  scores: ArrayLike<number>,
  names: readonly string[],
  k: number,
): { label: string; score: number }[] {
  return names
    .map((label, i) => ({ label, score: scores[i] ?? 0 }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k);
}

/** Returns `Σ exp(z - top)`; an overflow is Infinity, whose rival's score is then 0. */
function sumExp(logits: Float32Array | undefined, top: number): number {
  return logits?.reduce((sum, z) => sum + Math.exp(z - top), 0) ?? 0;
}

function leftover(scores: Float32Array): SpanScores {
  return { scores, background: 1 - Math.max(0, ...scores) };
}
