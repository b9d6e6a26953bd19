// Metrics of scores: hand-worked and published numbers.
import { describe, expect, test } from 'vitest';
import {
  auroc,
  confusionPairs,
  expectedCalibrationError,
  meanClassAccuracy,
  ranking,
  reliability,
  topKAccuracy,
} from '../../models/metrics.ts';
import { seededRandom } from '../support/random.ts';

describe('accuracy', () => {
  const scores = [
    [0.7, 0.2, 0.1], // true 0: first
    [0.5, 0.3, 0.2], // true 1: second
    [0.5, 0.3, 0.2], // true 2: third
    [0.1, 0.1, 0.8], // true 2: first
  ];
  const truth = [0, 1, 2, 2];

  test('top-k counts the samples whose class is among the k best', () => {
    expect([1, 2, 3].map((k) => topKAccuracy(scores, truth, k))).toEqual([0.5, 0.75, 1]);
  });

  test('equal scores rank in the order of the labels, so a model that says nothing is right by chance only', () => {
    expect(ranking([0.2, 0.5, 0.2])).toEqual([1, 0, 2]);
    expect(
      topKAccuracy(
        [
          [1, 1],
          [1, 1],
        ],
        [0, 1],
        1,
      ),
    ).toBe(0.5);
  });

  test('mean class accuracy weighs classes alike, however many samples they have', () => {
    // class 0: 3 of 4, class 1: 0 of 1, class 7 never occurs: (0.75 + 0) / 2; plain accuracy would be 3/5
    expect(meanClassAccuracy([0, 0, 0, 7, 0], [0, 0, 0, 0, 1])).toBe(0.375);
  });

  test('no samples are no success', () => {
    expect(topKAccuracy([], [], 1)).toBe(0);
    expect(meanClassAccuracy([], [])).toBe(0);
  });
});

test('confusion pairs come worst first and leave out what is right', () => {
  // class 0 four times: right, right, 1, 1; class 1 twice: 2, right; class 2 once: 0
  expect(confusionPairs([0, 0, 1, 1, 2, 1, 0], [0, 0, 0, 0, 1, 1, 2])).toEqual([
    { truth: 0, predicted: 1, count: 2, share: 0.5 },
    { truth: 2, predicted: 0, count: 1, share: 1 },
    { truth: 1, predicted: 2, count: 1, share: 0.5 },
  ]);
});

describe('auroc', () => {
  test("equals the number in scikit-learn's manual", () => {
    // roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.75
    expect(auroc([0.35, 0.8], [0.1, 0.4])).toBe(0.75);
  });

  test('a tie is half a win', () => {
    // 0.9 beats 3, 0.8 beats 3, 0.4 beats one and ties with one: (3 + 3 + 1.5) / 9
    expect(auroc([0.9, 0.8, 0.4], [0.7, 0.4, 0.1])).toBeCloseTo(7.5 / 9, 12);
    expect(auroc([0.5, 0.5], [0.5])).toBe(0.5);
  });

  test('counts what comparing every pair counts, and turns around with the sides', () => {
    const random = seededRandom(2);
    const draw = (count: number) => Array.from({ length: count }, () => Math.round(random() * 20) / 20);
    const [positives, negatives] = [draw(37), draw(53)];
    const pairs = positives.flatMap((p) => negatives.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
    const expected = pairs.reduce<number>((sum, x) => sum + x, 0) / pairs.length;
    expect(auroc(positives, negatives)).toBeCloseTo(expected, 12);
    expect(auroc(negatives, positives)).toBeCloseTo(1 - expected, 12);
  });

  test('is unknown where one side is empty', () => {
    expect(auroc([], [0.1])).toBeUndefined();
    expect(auroc([0.1], [])).toBeUndefined();
  });
});

describe('reliability', () => {
  const predictions = [
    { probability: 0.95, correct: true },
    { probability: 0.85, correct: true },
    { probability: 0.85, correct: false },
    { probability: 0.3, correct: false },
  ];

  test('the expected calibration error weighs the gap of each bin by its predictions', () => {
    // (0.9, 1]: |1 − 0.95| · ¼ = 0.0125; (0.8, 0.9]: |0.5 − 0.85| · ½ = 0.175; (0.2, 0.3]: |0 − 0.3| · ¼ = 0.075
    expect(expectedCalibrationError(predictions, 10)).toBeCloseTo(0.2625, 12);
    // One bin: |0.5 − 0.7375|
    expect(expectedCalibrationError(predictions, 1)).toBeCloseTo(0.2375, 12);
  });

  test('a bin holds its upper edge, the first one 0 as well', () => {
    const edges = [0, 0.1, 0.3, 1].map((probability) => ({ probability, correct: true }));
    const counts = reliability(edges, 10).map(({ count }) => count);
    expect(counts).toEqual([2, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
    expect(reliability(edges, 10)[2]).toEqual({ from: 0.2, to: 0.3, count: 1, confidence: 0.3, accuracy: 1 });
  });

  test('what comes true as often as stated has no error', () => {
    const fair = [true, true, true, false].map((correct) => ({ probability: 0.75, correct }));
    expect(expectedCalibrationError(fair)).toBe(0);
    expect(expectedCalibrationError([])).toBe(0);
  });
});
