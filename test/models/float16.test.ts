// Half precision by known bit patterns, and there and back over all of them.
import { expect, test } from 'vitest';
import { fromFloat16, toFloat16 } from '../../models/float16.ts';

test.each([
  [0, 0x0000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.5, 0x3800],
  [1 / 3, 0x3555],
  [65_504, 0x7bff],
  [65_519, 0x7bff],
  [65_520, 0x7c00],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [1.5 * 2 ** -24, 0x0002],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
])('%d has the bits %i', (value, bits) => {
  expect(toFloat16(Float32Array.of(value))[0]).toBe(bits);
});

test('a number that is none stays none', () => {
  const [bits = 0] = toFloat16(Float32Array.of(Number.NaN));
  expect(fromFloat16(Uint16Array.of(bits))[0]).toBeNaN();
});

test('every half that is a number comes back with its own bits', () => {
  const all = Uint16Array.from({ length: 0x1_0000 }, (_, bits) => bits);
  const numbers = all.filter((bits) => (bits & 0x7fff) <= 0x7c00);
  expect([...toFloat16(fromFloat16(numbers))]).toEqual([...numbers]);
});
