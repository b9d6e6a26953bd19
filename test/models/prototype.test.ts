// Prototypes: hand-worked numbers.
import { expect, test } from 'vitest';
import { fitPrototype } from '../../models/prototype.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);

test('a prototype is the mean of the examples, told from other footage', () => {
  // The examples' means are (1,0) and (0,1), whatever their number of frames: prototype (1,1)/√2.
  const examples = [[v(1, 0), v(1, 0), v(1, 0)], [v(0, 1)]];
  // Others at cosines √½·1.4 = 0.989949 and √½·0.2 = 0.141421: mean 0.565685, deviation 0.424264.
  // With the words (0,1): 0.8 and -0.6: mean 0.1, deviation 0.7.
  const others = [v(0.6, 0.8), v(0.8, -0.6)];
  const fitted = fitPrototype({ examples, others, text: v(0, 1), words: true });
  expect([...(fitted?.prototype ?? [])]).toEqual([
    expect.closeTo(Math.SQRT1_2, 6),
    expect.closeTo(Math.SQRT1_2, 6),
  ]);
  expect(fitted).toMatchObject({
    gain: expect.closeTo(0.7 / 0.424264, 4),
    centre: expect.closeTo(0.565685, 5),
    level: expect.closeTo(0.1, 5),
    words: true,
    weight: 0.5,
  });
});

test('examples in place of words count in full', () => {
  const fitted = fitPrototype({
    examples: [[v(1, 0)]],
    others: [v(0.6, 0.8), v(0.8, -0.6)],
    text: v(0, 1),
    words: false,
  });
  expect(fitted).toMatchObject({ words: false, weight: 1 });
});

test('without other footage, or with the same frame over and over, there is nothing to be told from', () => {
  const toldFrom = (others: Float32Array[]) =>
    fitPrototype({ examples: [[v(1, 0)]], others, text: v(0, 1), words: true });
  expect(toldFrom([])).toBeUndefined();
  expect(toldFrom([v(0.6, 0.8)])).toBeUndefined();
  expect(toldFrom([v(0.6, 0.8), v(0.6, 0.8), v(0.6, 0.8)])).toBeUndefined();
});
