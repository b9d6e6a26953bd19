// Whether a picture shows what another one showed: a cheap look at its brightness, block by block.

/** Blocks along each side of a thumbnail. */
const SIDE = 16;

/**
 * Returns the mean luma (0..255) of each of 16 × 16 blocks of a picture, uint8 `[sizePx, sizePx, 3]` RGB. The mean over a
 * block takes the noise of a sensor away and keeps a person who walks through it. A picture of less than 16 pixels a side
 * has as many blocks as pixels.
 */
export function lumaThumbnail(pixels: Uint8Array, sizePx: number): Float32Array {
  const side = Math.min(SIDE, sizePx);
  const sums = new Float64Array(side * side);
  const counts = new Uint32Array(side * side);
  const blockOf = Uint16Array.from({ length: sizePx }, (_, at) => Math.floor((at * side) / sizePx));
  let at = 0;
  for (let y = 0; y < sizePx; y += 1) {
    const row = (blockOf[y] ?? 0) * side;
    for (let x = 0; x < sizePx; x += 1) {
      const block = row + (blockOf[x] ?? 0);
      // ITU-R BT.601.
      const luma = 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0);
      sums[block] = (sums[block] ?? 0) + luma;
      counts[block] = (counts[block] ?? 0) + 1;
      at += 3;
    }
  }
  return Float32Array.from(sums, (sum, block) => sum / (counts[block] ?? 1));
}

/**
 * Returns the difference of two thumbnails, 0..255: the root of the mean square over the blocks. A small thing that moves
 * counts more by it than by the mean, and less than by the block that differs most, which any movement fills.
 */
export function lumaDifference(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let block = 0; block < a.length; block += 1) squares += ((a[block] ?? 0) - (b[block] ?? 0)) ** 2;
  return Math.sqrt(squares / Math.max(1, a.length));
}
