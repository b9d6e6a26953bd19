// Pixels to tensors: values, order, and the buffer that is written.
import { expect, test } from 'vitest';
import { normalisePixels, pixelTable } from '../../models/preprocess.ts';

/** CLIP's own: rescale 1/255, then mean and standard deviation per channel. */
const CLIP = {
  rescale: 1 / 255,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;
const IDENTITY = { rescale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;

test('a byte becomes (byte * rescale - mean) / std of its own channel', () => {
  const table = pixelTable(CLIP);
  const pixels = Uint8Array.of(0, 128, 255);
  const [red, green, blue] = normalisePixels(pixels, { table, sizePx: 1 });
  expect(red).toBeCloseTo((0 - 0.48145466) / 0.26862954, 5);
  expect(green).toBeCloseTo((128 / 255 - 0.4578275) / 0.26130258, 5);
  expect(blue).toBeCloseTo((1 - 0.40821073) / 0.27577711, 5);
});

test('frames of [S, S, 3] become [3, S, S], one after another', () => {
  const table = pixelTable(IDENTITY);
  // Two frames of 2 x 2: pixel p of frame f is (100 f + 10 p + channel).
  const pixels = Uint8Array.from({ length: 24 }, (_, at) => {
    const frame = Math.floor(at / 12);
    const pixel = Math.floor((at % 12) / 3);
    return 100 * frame + 10 * pixel + (at % 3);
  });
  expect([...normalisePixels(pixels, { table, sizePx: 2 })]).toEqual([
    ...[0, 10, 20, 30, 1, 11, 21, 31, 2, 12, 22, 32],
    ...[100, 110, 120, 130, 101, 111, 121, 131, 102, 112, 122, 132],
  ]);
});

test('a buffer that is given is written and returned, and its rest is left alone', () => {
  const table = pixelTable(IDENTITY);
  const into = new Float32Array(6).fill(-1);
  expect(normalisePixels(Uint8Array.of(7, 8, 9), { table, sizePx: 1, into })).toBe(into);
  expect([...into]).toEqual([7, 8, 9, -1, -1, -1]);
});
