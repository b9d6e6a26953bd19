import { expect, test } from 'vitest';
import { type Mark, markHistory } from '../../worker/history-marks.ts';

test('windows older than the retention time expire, each once, and none that is younger', () => {
  const retentionSeconds = 240;
  let marks: readonly Mark[] = [];
  const expired: number[] = [];
  for (let seq = 0; seq < 2_000; seq++) {
    const media = seq / 2;
    const step = markHistory(marks, { seq, media }, retentionSeconds);
    ({ marks } = step);
    for (let gone = step.expired?.from ?? 0; gone < (step.expired?.to ?? 0); gone++) {
      expect(gone / 2).toBeLessThan(media - retentionSeconds);
      expired.push(gone);
    }
    expect(marks.length).toBeLessThanOrEqual(27);
  }
  expect(expired).toEqual(Array.from({ length: expired.length }, (_, i) => i));
  // 1000 s of media, 240 s kept, cut in steps of 10 s.
  expect(expired.length).toBeGreaterThan(2 * (1_000 - 240 - 20));
});

test('a short history expires nothing', () => {
  expect(markHistory([{ seq: 0, media: 0 }], { seq: 9, media: 4.5 }, 7_200)).toEqual({
    marks: [{ seq: 0, media: 0 }],
    expired: undefined,
  });
});
