// Prototypes: hand-worked numbers.
import { expect, test } from 'vitest';
import { fitPrototype } from '../../models/prototype.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const options = { logitScale: 10, evenCosine: 0.1, words: true };

test('a prototype is the mean of the examples, told from other footage', () => {
  // The examples' means are (1,0) and (0,1), whatever their number of frames: prototype (1,1)/√2, cosine √½ with each.
  const examples = [[v(1, 0), v(1, 0), v(1, 0)], [v(0, 1)]];
  // Others at cosines √½·1.4 = 0.989949 and √½·-1.4 = -0.989949, and √½·0.2 = 0.141421: mean 0.047140.
  const others = [v(0.6, 0.8), v(-0.6, -0.8), v(0.8, -0.6)];
  const fitted = fitPrototype({ ...options, examples, others });
  expect([...(fitted?.prototype ?? [])]).toEqual([
    expect.closeTo(Math.SQRT1_2, 6),
    expect.closeTo(Math.SQRT1_2, 6),
  ]);
  // The examples come to 6 logits: 0.6 in cosines at a scale of 10, over a contrast of 0.707107 - 0.047140.
  expect(fitted).toMatchObject({
    centre: expect.closeTo(0.04714, 5),
    gain: expect.closeTo(0.6 / 0.659967, 5),
    words: true,
    weight: 0.5,
  });
});

test('in place of words, other footage lies 3 logits below what is as likely as not, and the examples 3 above', () => {
  const example = fitPrototype({ ...options, examples: [[v(1, 0)]], others: [v(0, 1)], words: false });
  if (!example) throw new Error('Expected an example.');
  const { level, gain, centre, weight } = example;
  const cosineOf = (withPrototype: number) => level + weight * gain * (withPrototype - centre);
  expect(cosineOf(0)).toBeCloseTo(0.1 - 0.3, 6);
  expect(cosineOf(1)).toBeCloseTo(0.1 + 0.3, 6);
});

test('without other footage, or where that looks the same, there is nothing to be told from', () => {
  const toldFrom = (others: Float32Array[]) => fitPrototype({ ...options, examples: [[v(1, 0)]], others });
  expect(toldFrom([])).toBeUndefined();
  expect(toldFrom([v(1, 0)])).toBeUndefined();
  expect(toldFrom([v(0.8, 0.6)])).toBeDefined();
});
