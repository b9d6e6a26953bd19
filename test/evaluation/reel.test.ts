import { expect, test } from 'vitest';
import { meanScores, tellReel } from '../../evaluation/reel.ts';
import { planReel, truthOf } from '../../evaluation/reel-plan.ts';
import { LabelSetInput, toLabelSet } from '../../protocol/labels.ts';

const v = (...numbers: number[]) => Float32Array.from(numbers);
const [RUN, JUMP, NOTHING] = [v(1, 0, 0), v(0, 1, 0), v(0, 0, 1)];
const labels = ['run', 'jump'];
const scorers = {
  labelSet: toLabelSet(LabelSetInput.parse({ labels }), 1),
  vectors: {
    dims: 3,
    labels: [
      { name: 'run', vector: RUN, not: [] },
      { name: 'jump', vector: JUMP, not: [] },
    ],
    background: [NOTHING],
  },
  scoring: { scoring: 'softmax', logitScale: 10 } as const,
};

/** Footage at 2 fps: nothing for 3 s, run for 6 s, nothing for 3 s, jump for 6 s, nothing for 3 s. */
function footage(at: (second: number) => Float32Array) {
  const times = Array.from({ length: 42 }, (_, i) => i / 2);
  const truth = [
    { label: 'run', start: 3, end: 9 },
    { label: 'jump', start: 12, end: 18 },
  ];
  return { times, embeddings: times.map(at), truth, seconds: 21 };
}
const shown = (second: number) =>
  second >= 3 && second < 9 ? RUN : second >= 12 && second < 18 ? JUMP : NOTHING;

test('what is plain to see is told by every way', () => {
  const ways = tellReel(footage(shown), scorers);
  expect(ways.defaults).toMatchObject({ f1: 1, falsePerMinute: 0 });
  // Attention sees both in the span at once: the label is above 0.5 from the second frame on, and 1 s later it is told.
  expect(ways.defaults?.meanDelaySeconds).toBeLessThanOrEqual(2);
  expect(ways['arg-max of each frame']).toMatchObject({ f1: 1, meanDelaySeconds: 0, falsePerMinute: 0 });
  expect(ways['defaults, spans of 1, 3 and 8 s']).toBeDefined();
});

test('frames that flicker break the arg-max, and not the defaults', () => {
  // Every fourth frame looks more like the other label than like anything else, but not as much as the others like theirs.
  const [almostRun, almostJump] = [v(0.8, 0, 0.6), v(0, 0.8, 0.6)];
  const flicker = (second: number) => {
    const isOdd = Math.round(second * 2) % 4 === 1;
    return isOdd ? (second < 10 ? almostJump : almostRun) : shown(second);
  };
  const ways = tellReel(footage(flicker), scorers);
  expect(ways.defaults?.f1).toBe(1);
  expect(ways['arg-max of each frame']?.f1).toBeLessThan(0.5);
  expect(ways['arg-max of each frame']?.falsePerMinute).toBeGreaterThan(ways.defaults?.falsePerMinute ?? 99);
});

test('means leave out the delay of reels where nothing was noticed', () => {
  const scores = { matched: 1, precision: 1, recall: 1, f1: 1, falsePerMinute: 2 };
  expect(
    meanScores([
      { ...scores, meanDelaySeconds: 3 },
      { ...scores, f1: 0, meanDelaySeconds: undefined },
    ]),
  ).toEqual({ ...scores, f1: 0.5, meanDelaySeconds: 3 });
});

test('a reel has each label once, unrelated footage around each clip, and known boundaries', () => {
  const clips = ['a', 'b', 'c', 'd', undefined].flatMap((label) => [
    { path: `${label}1`, label, seconds: 20 },
    { path: `${label}2`, label, seconds: 4.7 },
    { path: `${label}3`, label, seconds: 3.9 },
  ]);
  const plan = planReel(clips, { count: 3, seed: 5 });
  if (!plan) throw new Error('Expected a plan.');
  expect(plan.parts.map(({ label }) => label !== undefined)).toEqual([
    false,
    true,
    false,
    true,
    false,
    true,
    false,
  ]);
  expect(new Set(plan.labels).size).toBe(3);
  for (const { path, label, seconds } of plan.parts) {
    expect(seconds).toBe(label === undefined ? 3 : path.endsWith('1') ? 10 : 4.5);
    if (label === undefined) expect(plan.labels).not.toContain(path.slice(0, -1));
  }
  const truth = truthOf(plan);
  expect(truth[0]?.start).toBe(3);
  expect(truth[1]?.start).toBe((truth[0]?.end ?? 0) + 3);
  expect(plan.seconds).toBe((truth.at(-1)?.end ?? 0) + 3);
  expect(planReel(clips, { count: 3, seed: 5 })).toEqual(plan);
  expect(planReel(clips, { count: 3, seed: 6 })).not.toEqual(plan);
  expect(planReel(clips, { count: 6, seed: 1 })).toBeUndefined();
});
