// Calibration: hand-worked numbers, and sense with few samples.
import { describe, expect, test } from 'vitest';
import { fitTemperature, fitThreshold, negativeLogLikelihood } from '../../models/calibration.ts';
import { seededRandom } from '../support/random.ts';

/** `right` of `count` samples whose first of two logits, 2 and 0, is the true one. */
const twoClasses = (right: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ logits: [2, 0], truth: i < right ? 0 : 1 }));

describe('temperature', () => {
  test('without a prior, confidence becomes the share that is right', () => {
    // sigmoid(2 / T) = 3/4 → 2 / T = ln 3 = 1.098612 → T = 1.820478
    expect(fitTemperature(twoClasses(3, 4), { priorSamples: 0 })).toBeCloseTo(1.820478, 5);
  });

  test("the prior answers with the model's own confidence", () => {
    // sigmoid(2) = 0.880797; (3 + 2 · 0.880797) / 6 = 0.793599; ln(0.793599 / 0.206401) = 1.346749; T = 2 / 1.346749
    expect(fitTemperature(twoClasses(3, 4))).toBeCloseTo(2 / 1.346749, 4);
  });

  test('no samples leave the model as it is, and a few right ones do not make it boundless', () => {
    expect(fitTemperature([])).toBe(1);
    // (5 + 2 · 0.880797) / 7 = 0.965942; ln(0.965942 / 0.034058) = 3.345028; T = 2 / 3.345028 = 0.597902
    expect(fitTemperature(twoClasses(5, 5))).toBeCloseTo(0.597902, 4);
    expect(fitTemperature(twoClasses(5, 5), { priorSamples: 0 })).toBeLessThan(0.1);
  });

  test('many samples find the temperature that made them', () => {
    const random = seededRandom(9);
    const made = 2.5;
    const samples = Array.from({ length: 4_000 }, () => {
      const logits = Array.from({ length: 6 }, () => random() * 10);
      const weights = logits.map((z) => Math.exp(z / made));
      let left = random() * weights.reduce((sum, w) => sum + w, 0);
      const truth = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return { logits, truth };
    });
    const fitted = fitTemperature(samples);
    expect(fitted).toBeGreaterThan(made * 0.95);
    expect(fitted).toBeLessThan(made * 1.05);
    // It is the minimum: no neighbour is more probable.
    const free = fitTemperature(samples, { priorSamples: 0 });
    const best = negativeLogLikelihood(samples, free);
    expect(negativeLogLikelihood(samples, free * 1.02)).toBeGreaterThan(best);
    expect(negativeLogLikelihood(samples, free / 1.02)).toBeGreaterThan(best);
  });

  test('several true classes count as one whose share is their sum', () => {
    // Two background prompts with the same logit 0 against one label at 2 / T: right when either background is chosen.
    // The share 2 / (2 + e^(2/T)) is to be 1/4: e^(2/T) = 6, T = 2 / ln 6 = 1.116221.
    const samples = Array.from({ length: 4 }, (_, i) => ({ logits: [2, 0, 0], truth: i < 3 ? 0 : [1, 2] }));
    expect(fitTemperature(samples, { priorSamples: 0 })).toBeCloseTo(1.116221, 5);
    // −(3 ln ¾ + ln ¼) / 4 = 0.562335
    expect(negativeLogLikelihood(samples, 1.116221)).toBeCloseTo(0.562335, 5);
  });

  test('large logits do not overflow', () => {
    const samples = [{ logits: [5_000, -5_000], truth: 1 }];
    expect(fitTemperature(samples)).toBeCloseTo(20, 5);
    expect(negativeLogLikelihood(samples)).toBe(10_000);
  });
});

test('the negative log-likelihood is the mean of -ln p', () => {
  // softmax(2, 0) = (0.880797, 0.119203): (−ln 0.880797 − ln 0.119203) / 2 = (0.126928 + 2.126928) / 2
  expect(negativeLogLikelihood(twoClasses(1, 2))).toBeCloseTo(1.126928, 6);
  // Doubling the temperature: softmax(1, 0): (0.313262 + 1.313262) / 2
  expect(negativeLogLikelihood(twoClasses(1, 2), 2)).toBeCloseTo(0.813262, 6);
});

describe('threshold', () => {
  const positives = [0.9, 0.8, 0.7, 0.6, 0.3];
  const negatives = [0.5, 0.4, 0.2, 0.1];

  test('the lowest threshold that gives the wanted precision', () => {
    // π = 5/9. Between 0.5 and 0.6: r = 4.5/6 = 0.75, f = 0.5/5 = 0.1: 0.416667 / (0.416667 + 0.044444) = 0.903614.
    // Between 0.4 and 0.5: f = 0.3: 0.416667 / (0.416667 + 0.133333) = 0.757576.
    expect(fitThreshold(positives, negatives, { wantedPrecision: 0.9 })).toEqual({
      threshold: 0.55,
      precision: expect.closeTo(0.903614, 6),
      recall: 0.8,
      reached: true,
    });
    expect(fitThreshold(positives, negatives, { wantedPrecision: 0.75 })).toMatchObject({ threshold: 0.45 });
  });

  test('where a label is rare the same scores promise less', () => {
    // π = 0.1, between 0.5 and 0.6: 0.075 / (0.075 + 0.09) = 0.454545, the best there is
    expect(fitThreshold(positives, negatives, { wantedPrecision: 0.9, prevalence: 0.1 })).toMatchObject({
      threshold: 0.55,
      precision: expect.closeTo(0.454545, 6),
      reached: false,
    });
  });

  test('five clean clips of either kind are enough for 0.9, and never promise certainty', () => {
    const clean = fitThreshold([0.9, 0.9, 0.8, 0.8, 0.7], [0.1, 0.2, 0.2, 0.3, 0.3], {
      wantedPrecision: 0.9,
    });
    // r = 5.5/6, f = 0.5/6, π = ½: 5.5 / 6
    expect(clean).toEqual({
      threshold: 0.5,
      precision: expect.closeTo(5.5 / 6, 6),
      recall: 1,
      reached: true,
    });
  });

  test('a wanted precision below the prevalence lets everything pass', () => {
    expect(fitThreshold(positives, negatives, { wantedPrecision: 0.5 })).toMatchObject({
      threshold: expect.closeTo(0.05, 12),
      recall: 1,
    });
  });

  test('thresholds stay where labels may have them', () => {
    for (const [p, n] of [
      [
        [1, 1],
        [0, 0.999],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ] as const) {
      const fitted = fitThreshold(p, n, { wantedPrecision: 0.99 });
      expect(fitted?.threshold).toBeGreaterThanOrEqual(0.01);
      expect(fitted?.threshold).toBeLessThanOrEqual(0.99);
    }
  });

  test('a clear gap is cut in its middle, also where the lowest scores are next to nothing', () => {
    expect(fitThreshold([0.99, 0.98], [0.001, 0.002], { wantedPrecision: 0.8 })).toMatchObject({
      threshold: expect.closeTo((0.98 + 0.002) / 2, 12),
      recall: 1,
    });
  });

  test('samples of one kind say nothing', () => {
    expect(fitThreshold(positives, [], { wantedPrecision: 0.9 })).toBeUndefined();
    expect(fitThreshold([], negatives, { wantedPrecision: 0.9 })).toBeUndefined();
  });
});
