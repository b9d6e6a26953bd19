// uint8 pixels → the float tensor of an image tower.
import type { Channels } from './description.ts';

/** What {@link pixelTable} needs: input of the model = (byte * rescale - mean) / std, per channel. */
export interface Normalisation {
  readonly rescale: number;
  readonly mean: Channels;
  readonly std: Channels;
}

/** Returns Float32Array [3, 256]: the model's input for each byte of each channel. */
export function pixelTable({ rescale, mean, std }: Normalisation): Float32Array {
  const table = new Float32Array(3 * 256);
  for (const channel of [0, 1, 2] as const) {
    for (let byte = 0; byte < 256; byte++) {
      table[channel * 256 + byte] = (byte * rescale - mean[channel]) / std[channel];
    }
  }
  return table;
}

/**
 * Writes `pixels`, Uint8Array [n, S, S, 3] RGB, as Float32Array [n, 3, S, S] through a {@link pixelTable}, and returns it.
 * `into` is written where it is given (length of `pixels` or more); otherwise a new array is made.
 */
export function normalisePixels(
  pixels: Uint8Array,
  options: { table: Float32Array; sizePx: number; into?: Float32Array },
): Float32Array {
  const { table, sizePx, into = new Float32Array(pixels.length) } = options;
  const plane = sizePx * sizePx;
  const red = table.subarray(0, 256);
  const green = table.subarray(256, 512);
  const blue = table.subarray(512, 768);
  // Plain indexing in one pass: the compiler keeps this loop free of bounds surprises and calls. `?? 0` never applies.
  for (let frame = 0; frame < pixels.length; frame += plane * 3) {
    for (let at = 0, from = frame; at < plane; at++, from += 3) {
      into[frame + at] = red[pixels[from] ?? 0] ?? 0;
      into[frame + plane + at] = green[pixels[from + 1] ?? 0] ?? 0;
      into[frame + 2 * plane + at] = blue[pixels[from + 2] ?? 0] ?? 0;
    }
  }
  return into;
}
