// Random numbers that are the same in every run.

/** Returns a generator of numbers in [0, 1): mulberry32 from a 32-bit seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns a vector `[D]` of unit length in a random direction of the cube's. */
export function randomUnit(dims: number, random: () => number): Float32Array {
  const vector = Float32Array.from({ length: dims }, () => random() * 2 - 1);
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / norm);
}
