// Luma thumbnails: hand-worked numbers.
import { expect, test } from 'vitest';
import { lumaDifference, lumaThumbnail } from '../../ingest/still.ts';
import { seededRandom } from '../support/random.ts';

const SIZE = 112;
const picture = (colourAt: (x: number, y: number) => readonly [number, number, number]) => {
  const pixels = new Uint8Array(SIZE * SIZE * 3);
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) pixels.set(colourAt(x, y), (y * SIZE + x) * 3);
  return lumaThumbnail(pixels, SIZE);
};
const grey = (shade: number) => picture(() => [shade, shade, shade]);

test('a block is the mean luma of its pixels', () => {
  const red = picture(() => [200, 0, 0]);
  expect(red).toHaveLength(256);
  expect(red[0]).toBeCloseTo(0.299 * 200, 3);
  // Blocks are 7 × 7 pixels: the left half of the first one is white.
  const half = picture((x) => (x < 3 ? [255, 255, 255] : [0, 0, 0]));
  expect(half[0]).toBeCloseTo((255 * 3) / 7, 3);
  expect(half[1]).toBe(0);
});

test('the difference is the root mean square over the blocks', () => {
  expect(lumaDifference(grey(100), grey(103))).toBeCloseTo(3, 3);
  // One block of 256 differs by 160: √(160² / 256) = 10.
  const spot = picture((x, y) => (x < 7 && y < 7 ? [160, 160, 160] : [0, 0, 0]));
  expect(lumaDifference(grey(0), spot)).toBeCloseTo(10, 3);
});

test("a sensor's noise is far below what a person who walks by makes", () => {
  const random = seededRandom(3);
  const noisy = () =>
    picture(() => {
      const shade = 120 + Math.round((random() - 0.5) * 30);
      return [shade, shade, shade];
    });
  expect(lumaDifference(noisy(), noisy())).toBeLessThan(2);
  // A person 10 × 28 pixels large (2 % of the picture), 60 darker than the ground.
  const walks = (from: number) =>
    picture((x, y) => (x >= from && x < from + 10 && y >= 40 && y < 68 ? [60, 60, 60] : [120, 120, 120]));
  expect(lumaDifference(walks(20), walks(60))).toBeGreaterThan(8);
});

test('a picture smaller than the grid has a block a pixel', () => {
  expect([...lumaThumbnail(new Uint8Array(12).fill(7), 2)]).toEqual(
    [7, 7, 7, 7].map((x) => expect.closeTo(x, 4)),
  );
});
