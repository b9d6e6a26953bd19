// Unit vectors: averages against hand-worked numbers.
import { expect, test } from 'vitest';
import { averageUnit, dot, weightedUnit } from '../../models/unit-vectors.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);

test('the average of unit vectors is of unit length', () => {
  // (1,0) + (0.6,0.8) = (1.6,0.8); its length is √3.2 = 1.788854; so (0.894427, 0.447214)
  const mean = averageUnit([v(1, 0), v(0.6, 0.8)]);
  expect(mean[0]).toBeCloseTo(0.894427, 6);
  expect(mean[1]).toBeCloseTo(0.447214, 6);
  expect(dot(mean, mean)).toBeCloseTo(1, 6);
});

test('weights pull the average towards the heavier vector', () => {
  // 3·(1,0) + 4·(0,1) = (3,4), length 5
  const mean = weightedUnit([v(1, 0), v(0, 1)], [3, 4]);
  expect(mean[0]).toBeCloseTo(0.6, 6);
  expect(mean[1]).toBeCloseTo(0.8, 6);
});

test('vectors that cancel out are like nothing, not NaN', () => {
  expect([...averageUnit([v(1, 0), v(-1, 0)])]).toEqual([0, 0]);
});

test('averaging nothing, or vectors of two lengths, is refused', () => {
  expect(() => averageUnit([])).toThrow(expect.objectContaining({ code: 'E_INTERNAL' }));
  expect(() => averageUnit([v(1, 0), v(1, 0, 0)])).toThrow(expect.objectContaining({ code: 'E_INTERNAL' }));
});
