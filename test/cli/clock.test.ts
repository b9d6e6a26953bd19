import { expect, test } from 'vitest';
import { clock } from '../../cli/clock.ts';

test.each([
  [0, '0:00.0'],
  [3.54, '0:03.5'],
  [59.96, '1:00.0'],
  [754.25, '12:34.3'],
  [3_661, '1:01:01.0'],
])('%d s are %s', (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});
