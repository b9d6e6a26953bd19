// The segmenter's dates: which frames showed a label, and when it starts and ends for that.
import { describe, expect, test } from 'vitest';
import {
  advanceSegmenter,
  initialSegmenterState,
  type ObservedScores,
  type SegmenterOptions,
} from '../../models/segmenter.ts';

const OPTIONS: SegmenterOptions = { idPart: 'x1', on: 0.5, off: 0.3, minOnSeconds: 1, minOffSeconds: 1 };

function run(frames: readonly ObservedScores[], options: SegmenterOptions) {
  let state = initialSegmenterState;
  const told = [];
  for (const frame of frames) {
    const step = advanceSegmenter(state, frame, options);
    state = step.state;
    told.push(...step.changes.map((change) => ({ ...change, at: frame.media })));
  }
  return { told, state };
}

describe('support', () => {
  /** Scores at 2 fps; `shown` says whether a frame by itself shows the label, `reach` how many frames scores look back. */
  const seen = (scores: readonly number[], shown: readonly number[], reach = 4) =>
    run(
      scores.map((score, i) => ({
        media: i * 0.5,
        scores: [{ label: 'a', score }],
        supportOf: (_: string, level: number) => {
          const inside = shown.map((_, j) => j).filter((j) => j > i - reach && j <= i);
          const showing = inside.filter((j) => (shown[j] ?? 0) >= level);
          const [first, last] = [showing[0], showing.at(-1)];
          if (first === undefined || last === undefined) return undefined;
          return { from: first * 0.5, to: Math.min(last + 1, i) * 0.5 };
        },
      })),
      { ...OPTIONS, lookBackSeconds: reach / 2 },
    ).told;

  test('back-dates a start to the first frame that shows it, and an end to after the last one', () => {
    // The pooled score reaches `on` at 1 s and falls below `off` at 3.5 s; single frames show it from 0.5 s until 2.5 s.
    const scores = [0.1, 0.3, 0.6, 0.8, 0.9, 0.6, 0.4, 0.2, 0.1, 0.1];
    const told = seen(scores, [0, 0.9, 0.9, 0.9, 0.9, 0, 0, 0, 0, 0]);
    expect(told[0]).toMatchObject({ kind: 'started', at: 2, action: { start: 0.5 } });
    expect(told.at(-1)).toMatchObject({ kind: 'ended', at: 4.5, action: { start: 0.5, end: 2.5 } });
  });

  test('counts from `off` on', () => {
    expect(seen([0.6, 0.6, 0.6], [0.29, 0.3, 0.9])[0]).toMatchObject({ action: { start: 0 } });
    expect(seen([0.1, 0.6, 0.6, 0.6], [0.3, 0.2, 0.9, 0.9])[0]).toMatchObject({ action: { start: 0 } });
    expect(seen([0.1, 0.6, 0.6, 0.6], [0.29, 0.2, 0.9, 0.9])[0]).toMatchObject({ action: { start: 0.5 } });
  });

  test('is not shared: an action does not begin before the end of the one before it', () => {
    const scores = [0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.6, 0.6, 0.6, 0.6];
    const shown = [0.9, 0.9, 0.9, 0.9, 0, 0, 0.9, 0.9, 0.9, 0.9];
    const told = seen(scores, shown, 8).filter(({ kind }) => kind !== 'updated');
    // The first is over at 1.5 s, told at 2.5 s. The second looks back to 0 s from 3 s.
    expect(told.map(({ kind, at, action }) => [kind, at, action.start, action.end])).toEqual([
      ['started', 1, 0, undefined],
      ['ended', 2.5, 0, 1.5],
      ['started', 4, 1.5, undefined],
    ]);
  });

  test('that the past action ended is remembered across a start that came to nothing, and then forgotten', () => {
    const scores = [0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.6, 0.1, 0.1, 0.1, 0.1];
    const frames = scores.map((score, i) => ({
      media: i * 0.5,
      scores: [{ label: 'a', score }],
      supportOf: () => ({ from: 0, to: 1.5 }),
    }));
    const phases = frames.map((_, i) =>
      run(frames.slice(0, i + 1), { ...OPTIONS, lookBackSeconds: 3 }).state.tracks.map(({ phase }) => phase),
    );
    expect(phases.slice(4)).toEqual([['open'], ['over'], ['pending'], ['over'], ['over'], [], []]);
  });

  test('never makes an end come before its start', () => {
    const told = run(
      [0.6, 0.6, 0.6, 0.1, 0.1, 0.1].map((score, i) => ({
        media: i * 0.5,
        scores: [{ label: 'a', score }],
        supportOf: () => (score < 0.5 ? { from: -9, to: -1 } : undefined),
      })),
      OPTIONS,
    ).told;
    expect(told.at(-1)).toMatchObject({ kind: 'ended', action: { start: 0, end: 0 } });
  });
});
