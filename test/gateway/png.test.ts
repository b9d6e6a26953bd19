import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodePng } from '../../gateway/png.ts';
import { seededRandom } from '../support/random.ts';

test.each([
  [1, 1],
  [3, 5],
  [64, 64],
  [300, 2],
])('a foreign decoder gets back every pixel of %i × %i', async (widthPx, heightPx) => {
  const random = seededRandom(widthPx);
  const pixels = Uint8Array.from({ length: widthPx * heightPx * 3 }, () => Math.floor(random() * 256));
  const png = await encodePng(pixels, { widthPx, heightPx });
  const { data, info } = await sharp(png, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: widthPx, height: heightPx, channels: 3 });
  expect(new Uint8Array(data)).toEqual(pixels);
});

test('what is alike from row to row gets small', async () => {
  const pixels = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => (i % (224 * 3)) % 256);
  expect((await encodePng(pixels, { widthPx: 224, heightPx: 224 })).length).toBeLessThan(pixels.length / 20);
});
