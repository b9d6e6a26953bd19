// Arithmetic on embeddings: plain vectors of one length, meant to be of unit length.
import { PipelineError } from '../runtime/errors.ts';

/** Returns the dot product of two vectors of one length; of unit vectors that is their cosine, -1..1. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/**
 * Returns the weighted mean of unit vectors `[n][D]`, brought back to unit length: `Σ wᵢ vᵢ / |Σ wᵢ vᵢ|`.
 * Vectors that cancel out give the zero vector, which is like nothing (similarity 0 to everything).
 * @throws E_INTERNAL when there is no vector or the lengths differ
 */
export function weightedUnit(vectors: readonly Float32Array[], weights: ArrayLike<number>): Float32Array {
  const dims = vectors[0]?.length;
  if (dims === undefined) {
    throw new PipelineError('E_INTERNAL', 'Expected at least one vector to average, got none.');
  }
  const sum = new Float64Array(dims);
  vectors.forEach((vector, i) => {
    if (vector.length !== dims) {
      throw new PipelineError('E_INTERNAL', `Expected vectors of ${dims} numbers, got ${vector.length}.`);
    }
    const weight = weights[i] ?? 0;
    for (let d = 0; d < dims; d += 1) sum[d] = (sum[d] ?? 0) + weight * (vector[d] ?? 0);
  });
  const norm = Math.sqrt(sum.reduce((total, x) => total + x * x, 0));
  // Below this the direction is rounding noise of float32 inputs, not a meaning.
  const scale = norm < 1e-6 ? 0 : 1 / norm;
  return Float32Array.from(sum, (x) => x * scale);
}

/**
 * Returns the mean of unit vectors `[n][D]`, brought back to unit length.
 * @throws E_INTERNAL when there is no vector or the lengths differ
 */
export function averageUnit(vectors: readonly Float32Array[]): Float32Array {
  return weightedUnit(vectors, new Float64Array(vectors.length).fill(1));
}
