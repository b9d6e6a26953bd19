// How often something may happen.
import { expect, test } from 'vitest';
import { createThrottle } from '../../gateway/throttle.ts';

test('a burst of twice the rate passes, then as many as the rate refills', () => {
  let now = 0;
  const throttle = createThrottle(10, () => now);
  const taken = (count: number) =>
    Array.from({ length: count }, () => throttle.take()).filter(Boolean).length;
  expect(taken(50)).toBe(20);
  now += 500;
  expect(taken(50)).toBe(5);
  now += 3_600_000;
  expect(taken(50)).toBe(20);
});
