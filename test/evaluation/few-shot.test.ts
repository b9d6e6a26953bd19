import { expect, test } from 'vitest';
import { measureFewShot } from '../../evaluation/few-shot.ts';
import { averageUnit } from '../../models/unit-vectors.ts';
import { randomUnit, seededRandom } from '../support/random.ts';

const DIMS = 32;
const random = seededRandom(4);
const labels = ['a', 'b', 'c', 'd'];
const looks = labels.map(() => randomUnit(DIMS, random));
/** A clip of `frames` frames that look like their label, each a little different. */
const clipOf = (label: number, frames: number) => ({
  label: labels[label] ?? '',
  embeddings: Array.from({ length: frames }, () =>
    averageUnit([looks[label] ?? looks[0] ?? new Float32Array(DIMS), randomUnit(DIMS, random)]),
  ),
});
// Words that say nothing of how the labels look.
const texts = labels.map(() => randomUnit(DIMS, random));

test('examples teach what words do not say, from other clips where there are enough', () => {
  const clips = labels.flatMap((_, label) => [clipOf(label, 4), clipOf(label, 4), clipOf(label, 4)]);
  const results = measureFewShot({ clips, labels, texts, logitScale: 20 });
  expect(results.map(({ k, unit, tests }) => [k, unit, tests])).toEqual([
    [1, 'clips', 8],
    [1, 'parts', 4],
    [2, 'clips', 4],
    [2, 'parts', 4],
  ]);
  for (const { words, wordsAndExamples, examplesAlone } of results) {
    expect(wordsAndExamples).toBeGreaterThan(words);
    expect(examplesAlone).toBeGreaterThan(0.9);
  }
});

test('one clip a label leaves parts of it only, as long as they last', () => {
  const clips = labels.map((_, label) => clipOf(label, 8));
  const results = measureFewShot({ clips, labels, texts, logitScale: 20 });
  expect(results.map(({ k, unit }) => [k, unit])).toEqual([
    [1, 'parts'],
    [2, 'parts'],
    [4, 'parts'],
  ]);
});

test('the same clips give the same figures', () => {
  const clips = labels.flatMap((_, label) => [clipOf(label, 6), clipOf(label, 6)]);
  const input = { clips, labels, texts, logitScale: 20 };
  expect(measureFewShot(input)).toEqual(measureFewShot(input));
});
