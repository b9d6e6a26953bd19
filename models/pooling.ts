// From the frames of a span to one similarity per text: which frames count, and how much.
import { dot, weightedUnit } from './unit-vectors.ts';

/**
 * Returns the similarity (cosine, -1..1) of a span to each text. `frames` `[n][D]` are unit embeddings in media order,
 * n ≥ 1; `texts` `[t][D]` are unit embeddings.
 *
 * All poolings here are one formula: frame weights `wᵢ ≥ 0` are chosen, maybe per text, and the similarity is that of
 * the renormalised weighted mean, `text · Σ wᵢ fᵢ / |Σ wᵢ fᵢ|`. So all of them give a lone or unchanging frame its own
 * similarity, and their numbers are comparable.
 */
export type Pooling = (frames: readonly Float32Array[], texts: readonly Float32Array[]) => Float32Array;

/** Returns the weight of each frame for one text, given the frames' similarities to it. */
type Weighting = (similarities: Float64Array) => ArrayLike<number>;

/** All frames count alike: the cosine with the span's mean embedding. */
export const meanPooling: Pooling = (frames, texts) =>
  poolOnce(frames, texts, new Float64Array(frames.length).fill(1));

/**
 * Returns a pooling in which the latest frame counts most: a frame's weight halves with every `halfLifeFrames` frames
 * between it and the span's end.
 */
export function exponentialPooling(options: { halfLifeFrames: number }): Pooling {
  return (frames, texts) => {
    const weights = frames.map((_, i) => 0.5 ** ((frames.length - 1 - i) / options.halfLifeFrames));
    return poolOnce(frames, texts, weights);
  };
}

/**
 * Returns the text-conditioned attention pooling: weights are the softmax over frames of similarity / `tau`. A small
 * `tau` looks at the best frames only, a large one is the mean. After the saliency of BIKE (arXiv 2301.00182), whose
 * `tau` is 0.01; the weighted mean is renormalised here.
 */
export function attentionPooling(options: { tau: number } = { tau: 0.01 }): Pooling {
  return (frames, texts) =>
    poolPerText(frames, texts, (similarities) => {
      const best = Math.max(...similarities);
      return similarities.map((similarity) => Math.exp((similarity - best) / options.tau));
    });
}

/** Returns the pooling over the `k` frames most like the text; all frames where the span has fewer. */
export function topKPooling(options: { k: number }): Pooling {
  return (frames, texts) =>
    poolPerText(frames, texts, (similarities) => {
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

/** The pooling that is used where none is named. */
export const DEFAULT_POOLING: PoolingName = 'mean';

function poolOnce(
  frames: readonly Float32Array[],
  texts: readonly Float32Array[],
  weights: ArrayLike<number>,
): Float32Array {
  const span = weightedUnit(frames, weights);
  return Float32Array.from(texts, (text) => dot(text, span));
}

function poolPerText(
  frames: readonly Float32Array[],
  texts: readonly Float32Array[],
  weigh: Weighting,
): Float32Array {
  // |Σ wᵢ fᵢ|² = Σᵢⱼ wᵢ wⱼ fᵢ·fⱼ: with the frames' own products at hand no embedding is mixed anew per text.
  const products = frames.map((a) => Float64Array.from(frames, (b) => dot(a, b)));
  return Float32Array.from(texts, (text) => {
    const similarities = Float64Array.from(frames, (frame) => dot(frame, text));
    const weights = Float64Array.from(weigh(similarities));
    const along = weighted(weights, similarities);
    const squaredNorm = weighted(
      weights,
      products.map((row) => weighted(weights, row)),
    );
    return squaredNorm < 1e-12 ? 0 : along / Math.sqrt(squaredNorm);
  });
}

function weighted(weights: Float64Array, values: ArrayLike<number>): number {
  return weights.reduce((sum, weight, i) => sum + weight * (values[i] ?? 0), 0);
}
