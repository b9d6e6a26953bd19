// Pooling: golden numbers worked by hand in two dimensions, and what holds for every pooling.
import { describe, expect, test } from 'vitest';
import {
  attentionPooling,
  DEFAULT_POOLING,
  defaultSpans,
  exponentialPooling,
  maxPooling,
  meanPooling,
  POOLINGS,
  type Pooling,
  topKPooling,
  viewSpan,
} from '../../models/pooling.ts';
import { averageUnit, dot } from '../../models/unit-vectors.ts';
import { randomUnit, seededRandom } from '../support/random.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
type Vectors = readonly Float32Array[];
const apply = (pooling: Pooling, frames: Vectors, texts: Vectors, logitScale = 1) =>
  pooling(viewSpan(frames, texts), logitScale);
const right = v(1, 0);
const slope = v(0.6, 0.8);
const up = v(0, 1);

describe('golden numbers', () => {
  test('mean', () => {
    // (1,0)+(0,1) → (1,1)/√2; with (1,0): √½; with (0.6,0.8): 1.4/√2 = 0.9899495
    const [a, b] = apply(meanPooling, [right, up], [right, slope]);
    expect(a).toBeCloseTo(Math.SQRT1_2, 6);
    expect(b).toBeCloseTo(0.9899495, 6);
  });

  test('exponential, half-life of one frame', () => {
    // weights ½ and 1: (0.5, 1), length √1.25 = 1.118034; with (1,0): 0.447214; with (0,1): 0.894427
    const [a, b] = apply(exponentialPooling({ halfLifeFrames: 1 }), [right, up], [right, up]);
    expect(a).toBeCloseTo(0.447214, 6);
    expect(b).toBeCloseTo(0.894427, 6);
  });

  test('attention, softness 2 at a logit scale of 10', () => {
    // text (0.8,0.6): similarities 0.8 and 0.6; weights 1 and e^(−0.2·10/2) = 0.367879; mix (1, 0.367879), length
    // √(1 + 0.135335) = 1.065521; 0.8·1 + 0.6·0.367879 = 1.020728; 1.020728 / 1.065521 = 0.957961
    const [a] = apply(attentionPooling({ softness: 2 }), [right, up], [v(0.8, 0.6)], 10);
    expect(a).toBeCloseTo(0.957961, 6);
  });

  test('top-k, the best two of three frames', () => {
    // similarities to (1,0): 1, 0.6, 0 → frames 1 and 2: (1.6, 0.8), length 1.788854; 1.6 / 1.788854 = 0.894427
    const [a] = apply(topKPooling({ k: 2 }), [up, right, slope], [right]);
    expect(a).toBeCloseTo(0.894427, 6);
  });

  test('max, the best frame of each text', () => {
    expect([...apply(maxPooling, [right, slope], [right, up])]).toEqual([1, expect.closeTo(0.8, 6)]);
  });
});

describe('every pooling', () => {
  const random = seededRandom(7);
  const texts = Array.from({ length: 5 }, () => randomUnit(16, random));
  const frames = Array.from({ length: 6 }, () => randomUnit(16, random));
  const all = Object.entries(POOLINGS);

  test.each(all)("%s gives an unchanging span its frame's own similarity", (_, pooling) => {
    const frame = randomUnit(16, random);
    for (const count of [1, 2, 7]) {
      const still = Array.from({ length: count }, () => frame);
      const pooled = apply(pooling, still, texts, 20);
      expect([...pooled]).toEqual(texts.map((text) => expect.closeTo(dot(frame, text), 5)));
    }
  });

  test.each(all)('%s gives a text the same similarity whatever texts are beside it', (_, pooling) => {
    expect(texts.map((text) => apply(pooling, frames, [text], 20)[0])).toEqual([
      ...apply(pooling, frames, texts, 20),
    ]);
  });

  test.each(all)('%s stays a cosine', (_, pooling) => {
    for (const similarity of apply(pooling, frames, [...texts, averageUnit(frames)], 20)) {
      expect(Math.abs(similarity)).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  test.each(all)('%s gives frames that cancel out no similarity, not NaN', (_, pooling) => {
    const [similarity] = apply(pooling, [right, v(-1, 0)], [up]);
    expect(similarity).toBeCloseTo(0, 6);
  });
});

describe('poolings meet where they should', () => {
  const random = seededRandom(11);
  const texts = Array.from({ length: 4 }, () => randomUnit(8, random));
  const frames = Array.from({ length: 5 }, () => randomUnit(8, random));
  const close = (a: Float64Array, b: Float64Array) =>
    a.forEach((x, i) => {
      expect(x).toBeCloseTo(b[i] ?? Number.NaN, 4);
    });

  test('attention is the mean at a large softness and the best frame at a small one', () => {
    close(apply(attentionPooling({ softness: 1e6 }), frames, texts), apply(meanPooling, frames, texts));
    close(apply(attentionPooling({ softness: 1e-6 }), frames, texts), apply(maxPooling, frames, texts));
  });

  test('top-k of all frames is the mean, and more than all is all', () => {
    close(apply(topKPooling({ k: 5 }), frames, texts), apply(meanPooling, frames, texts));
    close(apply(topKPooling({ k: 50 }), frames, texts), apply(meanPooling, frames, texts));
  });

  test('exponential is the mean at a long half-life and the last frame at a short one', () => {
    close(
      apply(exponentialPooling({ halfLifeFrames: 1e9 }), frames, texts),
      apply(meanPooling, frames, texts),
    );
    close(
      apply(exponentialPooling({ halfLifeFrames: 1e-3 }), frames, texts),
      apply(meanPooling, frames.slice(-1), texts),
    );
  });
});

test('the default is among the poolings', () => {
  expect(Object.keys(POOLINGS)).toContain(DEFAULT_POOLING);
});

test('the default spans are a third and all of what was asked for', () => {
  expect(defaultSpans(3)).toEqual([1, 3]);
});
