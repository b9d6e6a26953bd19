import { expect, test } from 'vitest';
import { measureStillness, StillFrames } from '../../evaluation/stillness.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const [RUN, ALMOST, REST] = [v(1, 0), v(0.98, 0.199), v(0, 1)];
const vectors = {
  dims: 2,
  labels: [{ name: 'run', vector: RUN, not: [] }],
  background: [REST],
};
const scoring = { scoring: 'softmax', logitScale: 5 } as const;

test('frames take the embedding of the last one that changed, window by window', () => {
  const frames = new StillFrames(2);
  const shades = [10, 11, 50, 50, 90, ...new Array(12).fill(90)];
  shades.forEach((shade, index) => {
    frames.add({ index, mediaSeconds: index, pixels: new Uint8Array(12).fill(shade) });
  });
  frames.end();
  // A window of a file holds 16 frames; the next begins with a frame of its own.
  expect(frames.taken).toEqual([0, 0, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 16]);
});

test('what is reused is counted, and what that does to scores', () => {
  const same = { embeddings: [RUN, ALMOST, RUN, ALMOST], taken: [0, 0, 2, 2] };
  const report = measureStillness([same], { vectors, scoring, threshold: 2 });
  expect(report).toMatchObject({ threshold: 2, frames: 4, reused: 0.5, sameTop1: 1, sameClipTop1: 1 });
  expect(report.maxScoreChange).toBeGreaterThan(0);
  expect(report.maxScoreChange).toBeLessThan(0.05);
});

test('a change that was missed shows', () => {
  const missed = { embeddings: [RUN, REST, REST, REST], taken: [0, 0, 0, 0] };
  const report = measureStillness([missed], { vectors, scoring, threshold: 99 });
  expect(report).toMatchObject({ reused: 0.75, sameClipTop1: 0 });
  expect(report.sameTop1).toBeLessThan(1);
});

test('nothing reused changes nothing', () => {
  const report = measureStillness([{ embeddings: [RUN, REST], taken: [0, 1] }], {
    vectors,
    scoring,
    threshold: 0,
  });
  expect(report).toMatchObject({ reused: 0, sameTop1: 1, maxScoreChange: 0, meanScoreChange: 0 });
});
