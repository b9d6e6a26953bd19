import { expect, test } from 'vitest';
import { measureRejection } from '../../evaluation/rejection.ts';

/** Logits of `labels` labels and one background prompt: the clip's own label gets `own`, the background `nothing`. */
function clips(labels: number, own: number, nothing: number) {
  const truth = Array.from({ length: labels * 2 }, (_, i) => i % labels);
  const logits = truth.map((label) =>
    Float64Array.from({ length: labels + 1 }, (_, i) => (i === labels ? nothing : i === label ? own : 0)),
  );
  return { logits, truth, labels };
}

test('a model that is sure of its labels and of the background rejects perfectly', () => {
  const report = measureRejection(clips(8, 6, 3));
  expect(report?.auroc).toEqual({ withoutBackground: 1, withBackground: 1, calibrated: 1 });
  expect(report?.draws).toBe(20);
});

test('without anything to tell by, rejection is chance and a temperature makes confidence honest', () => {
  // Every clip looks like label 0: right for one in eight, whatever it says.
  const input = clips(8, 0, 0);
  const logits = input.logits.map((row) => row.map((_, i) => (i === 0 ? 4 : 0)));
  const report = measureRejection({ ...input, logits });
  expect(report?.auroc.withBackground).toBeCloseTo(0.5, 6);
  expect(report?.ece.after).toBeLessThan((report?.ece.before ?? 0) / 2);
  expect(report?.temperature).toBeGreaterThan(2);
});

test('the background tells what the labels alone cannot', () => {
  // Clips of label 0 to 3 score 5 for their own label; clips of no label score 5 for label 0 and 8 for the background.
  const labels = 4;
  const row = (best: number, nothing: number) =>
    Float64Array.from({ length: labels + 1 }, (_, i) => (i === labels ? nothing : i === best ? 5 : 0));
  const truth = [0, 1, 2, 3, 0, 1, 2, 3, -1, -1, -1, -1];
  const logits = truth.map((label) => (label === -1 ? row(0, 8) : row(label, 0)));
  const report = measureRejection({ logits, truth, labels });
  expect(report?.auroc.withBackground).toBeGreaterThan(report?.auroc.withoutBackground ?? 1);
});

test('with nothing to reject there is nothing to report', () => {
  expect(measureRejection({ logits: [], truth: [], labels: 2 })).toBeUndefined();
  expect(measureRejection({ ...clips(1, 5, 0) })).toBeUndefined();
});
