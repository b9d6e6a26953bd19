// From similarities to scores: how probable each label is, against its rivals.
import { type Pooling, viewSpan } from './pooling.ts';
import type { PromptVectors } from './prompt-bank.ts';

/**
 * How similarities become scores. `z` is `logitScale / temperature * similarity`.
 * - `softmax`: one action at a time. `exp z / (Σ labels + Σ background + Σ own not)`.
 * - `independent`: several at once. `exp z / (exp z + Σ background + Σ own not)`; other labels do not matter.
 * - `sigmoid`: for models trained with it (SigLIP). `sigmoid(z + logitBias / temperature) · exp z / (exp z + Σ own not)`;
 *   such a score is absolute, so background prompts take no part.
 *
 * A `not` prompt is a rival of its own label alone: adding one never changes another label's score. So softmax scores
 * and background sum to 1 without `not` prompts and to at most 1 with them; the rest is what those took.
 */
export type Scoring = 'softmax' | 'independent' | 'sigmoid';

/** How logits become scores. */
export interface ScoreOptions {
  readonly scoring: Scoring;
  /** The model's factor on cosines (100 for CLIP). */
  readonly logitScale: number;
  /** Added to the logit by `sigmoid` only; 0 by default. */
  readonly logitBias?: number;
  /** What calibration divides logits by; 1 by default. */
  readonly temperature?: number;
}

/** Scores of a span. */
export interface SpanScores {
  /** `Float32Array [labels]`, 0..1, in the order of the labels. */
  readonly scores: Float32Array;
  /** 0..1. The background prompts' share (`softmax`), else what the best label leaves: 1 - its score. */
  readonly background: number;
}

/**
 * Returns the texts that a label set compares frames with, `[t][D]`: the labels, the background, the `not` of each label,
 * the prototype of each label that has one.
 */
export function comparedTexts({ labels, background }: PromptVectors): Float32Array[] {
  return [
    ...labels.map((label) => label.vector),
    ...background,
    ...labels.flatMap((label) => [...label.not]),
    ...labels.flatMap((label) => (label.example ? [label.example.prototype] : [])),
  ];
}

/** Returns the scores of a span from its similarities `[t]` to {@link comparedTexts}. */
export function scoreSimilarities(
  similarities: ArrayLike<number>,
  vectors: PromptVectors,
  options: ScoreOptions,
): SpanScores {
  const { own, nothing, nots } = logitsOf(similarities, vectors, options);
  switch (options.scoring) {
    case 'softmax': {
      // The largest logit is taken off so that no exp overflows; `not` stays out of it, so that `shared` is ≥ 1.
      const top = Math.max(...own, ...nothing);
      const shared = sumExp(own, top) + sumExp(nothing, top);
      return {
        scores: Float32Array.from(own, (z, i) => Math.exp(z - top) / (shared + sumExp(nots[i], top))),
        background: sumExp(nothing, top) / shared,
      };
    }
    case 'independent':
      return leftover(Float32Array.from(own, (z, i) => 1 / (1 + sumExp(nothing, z) + sumExp(nots[i], z))));
    case 'sigmoid': {
      const bias = (options.logitBias ?? 0) / (options.temperature ?? 1);
      return leftover(
        Float32Array.from(own, (z, i) => 1 / (1 + Math.exp(-z - bias)) / (1 + sumExp(nots[i], z))),
      );
    }
  }
}

/** Logits of a span, apart by what they belong to. */
export interface SpanLogits {
  /** Per label. */
  readonly own: Float64Array;
  /** Per background prompt. */
  readonly nothing: Float64Array;
  /** Per label, per `not` prompt of it. */
  readonly nots: readonly Float64Array[];
}

/** Returns the logits of a span from its similarities `[t]` to {@link comparedTexts}. */
export function logitsOf(
  similarities: ArrayLike<number>,
  { labels, background }: PromptVectors,
  { logitScale, temperature = 1 }: Pick<ScoreOptions, 'logitScale' | 'temperature'>,
): SpanLogits {
  let taken = 0;
  const take = (count: number) => {
    taken += count;
    return Float64Array.from({ length: count }, (_, i) => similarities[taken - count + i] ?? 0);
  };
  const own = take(labels.length);
  const nothing = take(background.length);
  const nots = labels.map((label) => take(label.not.length));
  labels.forEach(({ example }, i) => {
    if (!example) return;
    const { gain, centre, level, words, weight } = example;
    const shown = gain * ((take(1)[0] ?? 0) - centre);
    own[i] = (words ? (own[i] ?? 0) : level) + weight * shown;
  });
  const scale = logitScale / temperature;
  const toLogits = (values: Float64Array) => values.map((similarity) => similarity * scale);
  return { own: toLogits(own), nothing: toLogits(nothing), nots: nots.map(toLogits) };
}

/** Returns the scores of a span of frames `[n][D]` (n ≥ 1, unit length) against a label set. */
export function scoreSpan(
  frames: readonly Float32Array[],
  vectors: PromptVectors,
  options: ScoreOptions & { readonly pooling: Pooling },
): SpanScores {
  const view = viewSpan(frames, comparedTexts(vectors));
  return scoreSimilarities(options.pooling(view, options.logitScale), vectors, options);
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
function sumExp(logits: Float64Array | undefined, top: number): number {
  return logits?.reduce((sum, z) => sum + Math.exp(z - top), 0) ?? 0;
}

function leftover(scores: Float32Array): SpanScores {
  return { scores, background: 1 - Math.max(0, ...scores) };
}
