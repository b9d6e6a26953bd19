// The scorer: every formula against hand-worked numbers, and what must hold for all inputs.
import { describe, expect, test } from 'vitest';
import { meanPooling, viewSpan } from '../../models/pooling.ts';
import type { PromptVectors } from '../../models/prompt-bank.ts';
import {
  comparedTexts,
  logitsOf,
  type Scoring,
  scoreSimilarities,
  scoreSpan,
  topScores,
} from '../../models/scorer.ts';
import { randomUnit, seededRandom } from '../support/random.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const LN2 = Math.LN2;

// The frame (0.8, 0.6) has similarity 0.8 with a, 0.6 with b and with the `not` of a, and 0 with the background. At a
// logit scale of 5 ln 2 the exponentials are 2^4 = 16, 2^3 = 8, 8, and 2^0 = 1.
const frame = v(0.8, 0.6);
const vectors: PromptVectors = {
  dims: 2,
  labels: [
    { name: 'a', vector: v(1, 0), not: [v(0, 1)] },
    { name: 'b', vector: v(0, 1), not: [] },
  ],
  background: [v(-0.6, 0.8)],
};
const score = (
  scoring: Scoring,
  more: { vectors?: PromptVectors; logitBias?: number; logitScale?: number } = {},
) =>
  scoreSpan([frame], more.vectors ?? vectors, {
    pooling: meanPooling,
    scoring,
    logitScale: more.logitScale ?? 5 * LN2,
    ...(more.logitBias === undefined ? {} : { logitBias: more.logitBias }),
  });

describe('golden numbers', () => {
  test('softmax: a label competes with labels, background and its own `not`', () => {
    const { scores, background } = score('softmax');
    expect(scores[0]).toBeCloseTo(16 / (16 + 8 + 1 + 8), 5);
    expect(scores[1]).toBeCloseTo(8 / (16 + 8 + 1), 5);
    expect(background).toBeCloseTo(1 / 25, 5);
  });

  test('independent: a label competes with background and its own `not` only', () => {
    const { scores, background } = score('independent');
    expect(scores[0]).toBeCloseTo(16 / (16 + 1 + 8), 5);
    expect(scores[1]).toBeCloseTo(8 / (8 + 1), 5);
    expect(background).toBeCloseTo(1 / 9, 5);
  });

  test('sigmoid: absolute, times the share against its own `not`', () => {
    // bias −3 ln 2: a: sigmoid(ln 2) = 2/3, times 16/(16+8); b: sigmoid(0) = 1/2
    const { scores, background } = score('sigmoid', { logitBias: -3 * LN2 });
    expect(scores[0]).toBeCloseTo((2 / 3) * (16 / 24), 5);
    expect(scores[1]).toBeCloseTo(0.5, 5);
    expect(background).toBeCloseTo(0.5, 5);
  });
});

describe('temperature and examples', () => {
  test('a temperature divides every logit', () => {
    // At 2 the exponentials 16, 8, 8 and 1 become their roots: 4, √8, √8 and 1.
    const { scores } = scoreSpan([frame], vectors, {
      pooling: meanPooling,
      scoring: 'softmax',
      logitScale: 5 * LN2,
      temperature: 2,
    });
    expect(scores[1]).toBeCloseTo(Math.sqrt(8) / (4 + Math.sqrt(8) + 1), 5);
    // sigmoid: the bias too. (4 ln 2 - 3 ln 2) / 2 = ½ ln 2; times 4 / (4 + √8)
    const absolute = scoreSpan([frame], vectors, {
      pooling: meanPooling,
      scoring: 'sigmoid',
      logitScale: 5 * LN2,
      logitBias: -3 * LN2,
      temperature: 2,
    });
    expect(absolute.scores[0]).toBeCloseTo((1 / (1 + 1 / Math.SQRT2)) * (4 / (4 + Math.sqrt(8))), 5);
  });

  test('a prototype counts by its weight, on the scale of cosines with texts', () => {
    // a is its words at 0.8, and the prototype (0.6, 0.8) at cosine 0.96: 0.8 + 0.5 · 2 · (0.96 - 0.56) = 1.2
    const example = { prototype: v(0.6, 0.8), gain: 2, centre: 0.56, level: 0.1, words: true, weight: 0.5 };
    const [a, b] = vectors.labels;
    if (!a || !b) throw new Error('Expected two labels.');
    const taught = { ...vectors, labels: [{ ...a, example }, b] };
    const texts = comparedTexts(taught);
    expect(texts.slice(-1)).toEqual([example.prototype]);
    const similarities = viewSpan([frame], texts).similarities[0] ?? [];
    const logits = logitsOf(similarities, taught, { logitScale: 10 });
    expect([...logits.own]).toEqual([expect.closeTo(12, 5), expect.closeTo(6, 5)]);
    expect([...logits.nothing]).toEqual([expect.closeTo(0, 5)]);
    const [wordless] = logitsOf(
      similarities,
      { ...vectors, labels: [{ ...a, example: { ...example, words: false } }, b] },
      { logitScale: 10 },
    ).own;
    expect(wordless).toBeCloseTo(10 * (0.1 + 0.4), 5);
    expect(logits.nots.map((nots) => [...nots])).toEqual([[expect.closeTo(6, 5)], []]);
    expect(
      scoreSimilarities(similarities, taught, { scoring: 'independent', logitScale: 10 }).scores[1],
    ).toBeCloseTo(1 / (1 + Math.exp(-6)), 6);
  });
});

describe('what holds for all inputs', () => {
  const random = seededRandom(3);
  const unit = () => randomUnit(12, random);
  const some = (count: number) => Array.from({ length: count }, unit);
  const label = (name: string, nots: number) => ({ name, vector: unit(), not: some(nots) });
  const spans = Array.from({ length: 20 }, () => some(4));
  const options = (scoring: Scoring) => ({ pooling: meanPooling, scoring, logitScale: 20, logitBias: -5 });
  const without: PromptVectors = {
    dims: 12,
    labels: [label('a', 0), label('b', 0), label('c', 0)],
    background: some(2),
  };
  const [first, ...others] = without.labels;
  const withNot: PromptVectors = {
    ...without,
    labels: [{ ...label('a', 2), vector: first?.vector ?? unit() }, ...others],
  };
  const total = ({ scores, background }: ReturnType<typeof scoreSpan>) =>
    scores.reduce((sum, x) => sum + x, background);

  test('softmax scores and background sum to 1; `not` prompts only take away', () => {
    for (const span of spans) {
      expect(total(scoreSpan(span, without, options('softmax')))).toBeCloseTo(1, 5);
      expect(total(scoreSpan(span, withNot, options('softmax')))).toBeLessThan(1);
    }
  });

  test.each(['softmax', 'independent', 'sigmoid'] as const)(
    '%s: a `not` prompt lowers its own label and no other',
    (scoring) => {
      for (const span of spans) {
        const before = scoreSpan(span, without, options(scoring)).scores;
        const after = scoreSpan(span, withNot, options(scoring)).scores;
        expect(after[0]).toBeLessThan(before[0] ?? 0);
        expect([...after.slice(1)]).toEqual([...before.slice(1)]);
      }
    },
  );

  test('independent scores do not depend on the other labels', () => {
    for (const span of spans) {
      const all = scoreSpan(span, without, options('independent')).scores;
      const alone = scoreSpan(
        span,
        { ...without, labels: others.slice(0, 1) },
        options('independent'),
      ).scores;
      expect(alone[0]).toBe(all[1]);
    }
  });

  test.each(['softmax', 'independent', 'sigmoid'] as const)(
    '%s stays in 0..1 at extreme scales',
    (scoring) => {
      for (const logitScale of [0, 1e3, 1e6]) {
        const { scores, background } = score(scoring, { logitScale, logitBias: 0 });
        for (const x of [...scores, background]) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x).toBeLessThanOrEqual(1);
        }
      }
    },
  );
});

test('topScores names the best labels, best first, in label order where they are equal', () => {
  expect(topScores([0.2, 0.5, 0.2, 0.1], ['a', 'b', 'c', 'd'], 3)).toEqual([
    { label: 'b', score: 0.5 },
    { label: 'a', score: 0.2 },
    { label: 'c', score: 0.2 },
  ]);
  expect(topScores([0.2], ['a'], 3)).toHaveLength(1);
});
