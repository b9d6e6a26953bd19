import { describe, expect, test } from 'vitest';
import { calibrate, samplesOf } from '../../evaluation/calibrate.ts';
import { heldScores, poolFrames, spreadLogits } from '../../evaluation/held-scores.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const [RUN, JUMP, REST] = [v(1, 0, 0), v(0, 1, 0), v(0, 0, 1)];
const vectors = {
  dims: 3,
  labels: [
    { name: 'run', vector: RUN, not: [] },
    { name: 'jump', vector: JUMP, not: [] },
  ],
  background: [REST],
};
const scoring = { scoring: 'softmax', logitScale: 5 } as const;
const timed = (...embeddings: Float32Array[]) => ({ times: embeddings.map((_, i) => i / 2), embeddings });

describe('what a clip shows', () => {
  const spans = poolFrames(timed(REST, RUN, RUN, RUN, RUN, REST, REST, REST, REST, REST), {
    vectors,
    logitScale: 5,
    poolSeconds: 0.5,
  });
  // Softmax of logits 5, 0, 0: e⁵ / (e⁵ + 2); of 0, 0, 5: 1 / (e⁵ + 2).
  const [shown, hidden] = [Math.exp(5) / (Math.exp(5) + 2), 1 / (Math.exp(5) + 2)];

  test('the score that held is the highest threshold at which an action would start', () => {
    const held = (minOnSeconds: number) => [...heldScores(spans, { vectors, scoring, minOnSeconds })];
    expect(held(0)).toEqual([expect.closeTo(shown, 6), expect.closeTo(hidden, 6)]);
    // Shown from 0.5 s to 2 s: for 1.5 s, and not for 2.
    expect(held(1.5)[0]).toBeCloseTo(shown, 6);
    expect(held(2)[0]).toBeCloseTo(hidden, 6);
    // Longer than the clip: all of it counts.
    expect(held(60)[0]).toBeCloseTo(hidden, 6);
  });

  test('logits are taken every so often, from the end', () => {
    const logits = spreadLogits(spans, { vectors, scoring, everySeconds: 1.5 });
    // At 0, 1.5, 3 and 4.5 s.
    expect(logits.map(({ own, nothing }) => [own[0], nothing[0]])).toEqual([
      [0, 5],
      [5, 0],
      [0, 5],
      [0, 5],
    ]);
  });
});

describe('what a span teaches about the temperature', () => {
  const logits = {
    own: Float64Array.of(4, 1),
    nothing: Float64Array.of(2, 3),
    nots: [Float64Array.of(0.5), new Float64Array()],
  };

  test('softmax: everything competes, and any background prompt is right for a clip of no label', () => {
    expect(samplesOf(logits, 1, scoring)).toEqual([{ logits: [4, 1, 2, 3], truth: 1 }]);
    expect(samplesOf(logits, -1, scoring)).toEqual([{ logits: [4, 1, 2, 3], truth: [2, 3] }]);
    expect(samplesOf({ ...logits, nothing: new Float64Array() }, -1, scoring)).toEqual([]);
  });

  test('independent: each label against the background and its own negatives', () => {
    expect(samplesOf(logits, 0, { scoring: 'independent', logitScale: 5 })).toEqual([
      { logits: [4, 2, 3, 0.5], truth: 0 },
      { logits: [1, 2, 3], truth: [1, 2] },
    ]);
  });

  test('sigmoid: each label against nothing at all', () => {
    expect(samplesOf(logits, 0, { scoring: 'sigmoid', logitScale: 5, logitBias: -3 })).toEqual([
      { logits: [1, 0], truth: 0 },
      { logits: [-2, 0], truth: [1] },
    ]);
  });
});

describe('calibration', () => {
  const still = (frame: Float32Array) => timed(...Array.from({ length: 6 }, () => frame));
  const options = { vectors, scoring, poolSeconds: 3, minOnSeconds: 1, wantedPrecision: 0.9 };
  const half = v(0.75, 0, Math.sqrt(1 - 0.75 ** 2));

  test('five clips are enough', () => {
    const clips = [
      { label: 0, ...still(RUN) },
      { label: 0, ...still(RUN) },
      { label: -1, ...still(REST) },
      { label: -1, ...still(REST) },
      { label: -1, ...still(REST) },
    ];
    const { labels, temperature, ece, auroc } = calibrate({ ...options, clips });
    expect(labels[0]).toMatchObject({ name: 'run', positives: 2, negatives: 3, auroc: 1 });
    expect(labels[0]?.fitted).toMatchObject({ recall: 1 });
    expect(labels[0]?.fitted?.threshold).toBeGreaterThan(0.3);
    expect(labels[0]?.fitted?.threshold).toBeLessThan(0.7);
    // Nothing shows a jump, so there is nothing to say of it.
    expect(labels[1]).toMatchObject({ positives: 0, fitted: null, auroc: null });
    expect(auroc).toBe(1);
    // The model is surer of right answers than it was, within reason.
    expect(temperature).toBeLessThan(1);
    expect(ece.after).toBeLessThanOrEqual(ece.before);
    expect(ece.predictions).toBe(5);
  });

  test('scores that promise too much are brought down, and the threshold goes with them', () => {
    // Half of what looks like running is not.
    const clips = Array.from({ length: 20 }, (_, i) => ({
      label: i % 2 === 0 ? 0 : -1,
      ...still(i % 4 < 2 ? RUN : half),
    }));
    const { temperature, ece, labels } = calibrate({ ...options, clips });
    expect(temperature).toBeGreaterThan(2);
    expect(ece.after).toBeLessThan(ece.before / 2);
    expect(labels[0]?.fitted?.reached).toBe(false);
  });

  test('a rarer label needs a higher threshold for the same precision', () => {
    const clips = [
      ...[RUN, RUN, RUN, half].map((frame) => ({ label: 0, ...still(frame) })),
      ...[half, REST, REST, REST, REST, REST, REST, REST].map((frame) => ({ label: -1, ...still(frame) })),
    ];
    const at = (prevalence: number) =>
      calibrate({ ...options, clips, wantedPrecision: 0.7, prevalence }).labels[0]?.fitted?.threshold ?? 0;
    expect(at(0.2)).toBeGreaterThan(at(0.6));
  });
});
