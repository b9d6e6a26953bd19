// Metrics of actions: hand-worked numbers.
import { expect, test } from 'vitest';
import { matchSpans, scoreEvents, spanIou } from '../../models/event-metrics.ts';

const span = (label: string, start: number, end: number) => ({ label, start, end });
const found = (label: string, start: number, end: number, toldAt: number) => ({ label, start, end, toldAt });

test('IoU is the shared time over the time of either', () => {
  expect(spanIou(span('a', 0, 10), span('a', 5, 15))).toBeCloseTo(5 / 15, 12);
  expect(spanIou(span('a', 0, 10), span('a', 2, 4))).toBeCloseTo(0.2, 12);
  expect(spanIou(span('a', 0, 10), span('a', 0, 10))).toBe(1);
  expect(spanIou(span('a', 0, 10), span('a', 10, 20))).toBe(0);
  expect(spanIou(span('a', 3, 3), span('a', 3, 3))).toBe(0);
});

test('a span is paired once, with the best overlap', () => {
  const truth = [span('a', 0, 10), span('a', 10, 20)];
  // The first overlaps by 8/10, the second by 9/10, the third is the second true one's at 6/10.
  const guesses = [span('a', 2, 10), span('a', 0, 9), span('a', 14, 20), span('b', 0, 10)];
  expect(matchSpans(truth, guesses, 0.5)).toEqual([
    { truth: 0, found: 1, iou: 0.9 },
    { truth: 1, found: 2, iou: 0.6 },
  ]);
  expect(matchSpans(truth, guesses, 0.7)).toHaveLength(1);
});

test('one found span over two true ones is a hit for one of them', () => {
  expect(matchSpans([span('a', 0, 5), span('a', 5, 10)], [span('a', 0, 10)], 0.5)).toEqual([
    { truth: 0, found: 0, iou: 0.5 },
  ]);
});

test('event scores', () => {
  const truth = [span('a', 0, 10), span('a', 20, 30), span('b', 10, 20)];
  const guesses = [
    found('a', 1, 9, 2), // IoU 0.8 with the first
    found('a', 20, 24, 21.5), // IoU 0.4 with the second: noticed, but no hit
    found('b', 12, 21, 13), // IoU 8/11
    found('a', 15, 18, 16), // overlaps b only: false
  ];
  const scores = scoreEvents(truth, guesses, { minIou: 0.5, seconds: 30 });
  expect(scores.matched).toBe(2);
  expect(scores.precision).toBe(2 / 4);
  expect(scores.recall).toBe(2 / 3);
  expect(scores.f1).toBe(4 / 7);
  expect(scores.meanDelaySeconds).toBeCloseTo((2 + 1.5 + 3) / 3, 12);
  expect(scores.falsePerMinute).toBe(2);
});

test('an action in pieces is one hit at best, and its pieces are not false events', () => {
  const scores = scoreEvents([span('a', 0, 10)], [found('a', 0, 6, 1), found('a', 7, 10, 8)], {
    minIou: 0.5,
    seconds: 60,
  });
  expect(scores).toMatchObject({
    matched: 1,
    precision: 0.5,
    recall: 1,
    falsePerMinute: 0,
    meanDelaySeconds: 1,
  });
});

test('what was told before it began has no delay', () => {
  const scores = scoreEvents([span('a', 10, 20)], [found('a', 8, 20, 9)], { minIou: 0.5, seconds: 20 });
  expect(scores.meanDelaySeconds).toBe(0);
});

test('nothing to find and nothing found is right; one without the other is not', () => {
  const options = { minIou: 0.5, seconds: 60 };
  expect(scoreEvents([], [], options)).toEqual({
    matched: 0,
    precision: 1,
    recall: 1,
    f1: 1,
    meanDelaySeconds: undefined,
    falsePerMinute: 0,
  });
  expect(scoreEvents([span('a', 0, 1)], [], options)).toMatchObject({ recall: 0, f1: 0 });
  expect(scoreEvents([], [found('a', 0, 1, 1)], options)).toMatchObject({
    precision: 0,
    f1: 0,
    falsePerMinute: 1,
  });
});
