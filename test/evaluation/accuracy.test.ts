// Accuracy over clips: hand-made embeddings in three dimensions.
import { expect, test } from 'vitest';
import { measureAccuracy } from '../../evaluation/accuracy.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const [A, B, C] = [v(1, 0, 0), v(0, 1, 0), v(0, 0, 1)];
const clip = (file: string, label: string, ...embeddings: Float32Array[]) => ({ file, label, embeddings });

const report = measureAccuracy({
  clips: [
    clip('1', 'a', A, A, A),
    clip('2', 'a', A, B, A), // the frame in the middle is b
    clip('3', 'a', B, B, A), // b for the most part
    clip('4', 'c', C),
  ],
  labels: ['a', 'b', 'c'],
  // The plain wording of c means nothing to the model.
  vectors: new Map([
    ['action', [A, B, C]],
    ['plain', [A, B, v(0.6, 0.8, 0)]],
  ]),
  prompts: 'action',
  logitScale: 20,
});

test('the default strategy, the rank of each label, and what was taken for what', () => {
  expect(report).toMatchObject({ n: 4, top1: 0.75, top5: 1 });
  // a: 2 of 3, c: 1 of 1
  expect(report.meanClassAccuracy).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(report.clips.map(({ predicted, rank }) => [predicted, rank])).toEqual([
    ['a', 1],
    ['a', 1],
    ['b', 2],
    ['c', 1],
  ]);
  expect(report.confusions).toEqual([
    { label: 'a', takenFor: 'b', count: 1, share: expect.closeTo(1 / 3, 6) },
  ]);
  expect(report.perClass).toEqual([
    { label: 'a', n: 3, top1: expect.closeTo(2 / 3, 6), top5: 1 },
    { label: 'c', n: 1, top1: 1, top5: 1 },
  ]);
});

test('poolings, prompts and the frame in the middle are told apart', () => {
  expect(report.byPrompts.action?.top1).toBe(0.75);
  expect(report.byPrompts.plain?.top1).toBe(0.5);
  expect(report.centreFrame.top1).toBe(0.5);
  expect(report.byPooling.attention?.top1).toBe(report.top1);
  // The best frame of each label: clips 2 and 3 are as much b as a, and equal scores keep the order of the labels.
  expect(report.byPooling.max?.top1).toBe(1);
  expect(Object.keys(report.byPooling)).toEqual(['mean', 'attention', 'max', 'topk', 'exponential']);
});
