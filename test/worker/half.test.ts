import { expect, test } from 'vitest';
import { decodeHalf, encodeHalf } from '../../worker/half.ts';

// Bit patterns from IEEE 754-2019, binary16.
test.each([
  [0, 0x0000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65520, 0x7c00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [3 * 2 ** -25, 0x0002],
  [1 / 3, 0x3555],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [Number.POSITIVE_INFINITY, 0x7c00],
])('%d is stored as the half nearest to it', (value, bits) => {
  expect(encodeHalf(Float32Array.of(value))[0]).toBe(bits);
});

test('every finite half survives decoding and encoding', () => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
    (bits) => (bits & 0x7c00) !== 0x7c00,
  );
  const again = encodeHalf(decodeHalf(all));
  const changed = all.filter((bits, i) => bits !== again[i] && bits !== 0x8000);
  expect([...changed]).toEqual([]);
});

test('a unit embedding loses less than a thousandth of its direction', () => {
  const raw = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i * 12.9898) * 0.0625);
  const back = decodeHalf(encodeHalf(raw));
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  expect(dot(raw, back) / Math.sqrt(dot(raw, raw) * dot(back, back))).toBeGreaterThan(0.999999);
});
