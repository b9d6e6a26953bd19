// From the frames of a span to one similarity per text: which frames count, and how much.
import { dot } from './unit-vectors.ts';

/** What poolings need to know of a span of n frames: never the embeddings themselves, so that each is compared once. */
export interface SpanView {
  /** Per frame, in media order, n ≥ 1: its cosine with each text, `Float64Array [t]`. */
  readonly similarities: readonly Float64Array[];
  /** Per frame: its cosine with each frame of the span, `Float64Array [n]`. */
  readonly products: readonly Float64Array[];
}

/**
 * Returns the similarity (cosine, -1..1) of a span to each text, `Float64Array [t]`. `logitScale` is the model's factor
 * on cosines (100 for CLIP): the unit in which a difference between similarities is large or small to the model.
 *
 * All poolings here are one formula: frame weights `wᵢ ≥ 0` are chosen, maybe per text, and the similarity is that of
 * the renormalised weighted mean, `text · Σ wᵢ fᵢ / |Σ wᵢ fᵢ|`. So all of them give a lone or unchanging frame its own
 * similarity, and their numbers are comparable.
 */
export type Pooling = (span: SpanView, logitScale: number) => Float64Array;

/** Returns the weight of each frame for one text, given the frames' similarities to it. */
type Weighting = (similarities: Float64Array, logitScale: number) => Float64Array;

/** Returns the view of `frames` `[n][D]`, unit embeddings in media order, against `texts` `[t][D]`. */
export function viewSpan(frames: readonly Float32Array[], texts: readonly Float32Array[]): SpanView {
  return {
    similarities: frames.map((frame) => Float64Array.from(texts, (text) => dot(frame, text))),
    products: frames.map((a) => Float64Array.from(frames, (b) => dot(a, b))),
  };
}

/** All frames count alike: the cosine with the span's mean embedding. */
export const meanPooling: Pooling = (span) => poolAlike(span, new Float64Array(span.products.length).fill(1));

/**
 * Returns a pooling in which the latest frame counts most: a frame's weight halves with every `halfLifeFrames` frames
 * between it and the span's end.
 */
export function exponentialPooling(options: { halfLifeFrames: number }): Pooling {
  return (span) =>
    poolAlike(
      span,
      Float64Array.from(span.products, ({ length }, i) => 0.5 ** ((length - 1 - i) / options.halfLifeFrames)),
    );
}

/**
 * Returns the text-conditioned attention pooling: weights are the softmax over frames of logit / `softness`. A small
 * `softness` looks at the best frames only, a large one is the mean. After the saliency of BIKE (arXiv 2301.00182), whose
 * `τ` of 0.01 on CLIP's cosines is a softness of 1; the weighted mean is renormalised here.
 */
export function attentionPooling(options: { softness: number } = { softness: 2 }): Pooling {
  return (span, logitScale) =>
    pool(
      span,
      (similarities, scale) => {
        const best = Math.max(...similarities);
        return similarities.map((similarity) => Math.exp(((similarity - best) * scale) / options.softness));
      },
      logitScale,
    );
}

/** Returns the pooling over the `k` frames most like the text; all frames where the span has fewer. */
export function topKPooling(options: { k: number }): Pooling {
  return (span) =>
    pool(span, (similarities) => {
      const weights = new Float64Array(similarities.length);
      const order = [...similarities.keys()].sort(
        (a, b) => (similarities[b] ?? 0) - (similarities[a] ?? 0) || a - b,
      );
      for (const frame of order.slice(0, options.k)) weights[frame] = 1;
      return weights;
    });
}

/** Only the frame most like the text counts. */
export const maxPooling: Pooling = topKPooling({ k: 1 });

/** The poolings by name, with their usual settings. */
export const POOLINGS = {
  mean: meanPooling,
  attention: attentionPooling(),
  max: maxPooling,
  topk: topKPooling({ k: 3 }),
  exponential: exponentialPooling({ halfLifeFrames: 2 }),
} as const satisfies Record<string, Pooling>;
export type PoolingName = keyof typeof POOLINGS;

/** The pooling that is used where none is named; `docs/recognition.md` has the measurement. */
export const DEFAULT_POOLING: PoolingName = 'attention';

/**
 * Returns the spans, in seconds, whose scores are averaged where none are named: all of `poolSeconds` and the last third
 * of it. What is shown has to be there now, and to have been there for a while.
 */
export function defaultSpans(poolSeconds: number): readonly number[] {
  return [poolSeconds / 3, poolSeconds];
}

function poolAlike({ similarities, products }: SpanView, weights: Float64Array): Float64Array {
  const norm = mixedNorm(products, weights);
  const texts = similarities[0]?.length ?? 0;
  return Float64Array.from({ length: texts }, (_, text) => {
    const along = weights.reduce((sum, weight, i) => sum + weight * (similarities[i]?.[text] ?? 0), 0);
    return norm === 0 ? 0 : along / norm;
  });
}

function pool({ similarities, products }: SpanView, weigh: Weighting, logitScale = 1): Float64Array {
  const texts = similarities[0]?.length ?? 0;
  return Float64Array.from({ length: texts }, (_, text) => {
    const own = Float64Array.from(similarities, (row) => row[text] ?? 0);
    const weights = weigh(own, logitScale);
    const along = weights.reduce((sum, weight, i) => sum + weight * (own[i] ?? 0), 0);
    const norm = mixedNorm(products, weights);
    return norm === 0 ? 0 : along / norm;
  });
}

/** Returns `|Σ wᵢ fᵢ|` from the frames' own products, `|Σ wᵢ fᵢ|² = Σᵢⱼ wᵢ wⱼ fᵢ·fⱼ`: no embedding is mixed anew. */
function mixedNorm(products: readonly Float64Array[], weights: Float64Array): number {
  let squared = 0;
  products.forEach((row, i) => {
    const weight = weights[i] ?? 0;
    if (weight === 0) return;
    let against = 0;
    for (let j = 0; j < row.length; j += 1) against += (weights[j] ?? 0) * (row[j] ?? 0);
    squared += weight * against;
  });
  // Below this the direction is rounding noise of float32 inputs, not a meaning.
  return squared < 1e-12 ? 0 : Math.sqrt(squared);
}
