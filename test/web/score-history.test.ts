// The bounded past of the chart.
import { describe, expect, it } from 'vitest';
import type { FrameScores } from '../../protocol/event.ts';
import {
  EMPTY_HISTORY,
  frameAt,
  framesBetween,
  MAX_HISTORY_FRAMES,
  remember,
} from '../../web/score-history.ts';

const frame = (media: number): FrameScores => ({ media, top: [], background: 0 });
const frames = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => frame(first + index));

describe('the history of scores', () => {
  it('returns the frames of a stretch, both ends included, across chunks', () => {
    const history = remember(EMPTY_HISTORY, frames(1_000));
    expect(framesBetween(history, 250, 520).map(({ media }) => media)).toEqual(
      frames(271, 250).map(({ media }) => media),
    );
    expect(framesBetween(history, 2_000, 3_000)).toEqual([]);
  });

  it('finds the frame at a moment or the last one before it', () => {
    const history = remember(EMPTY_HISTORY, frames(600));
    expect(frameAt(history, 300.7)?.media).toBe(300);
    expect(frameAt(history, 256)?.media).toBe(256);
    expect(frameAt(history, 9_999)?.media).toBe(599);
    expect(frameAt(EMPTY_HISTORY, 3)).toBeNull();
  });

  it('leaves out frames that do not come after the last one', () => {
    const history = remember(remember(EMPTY_HISTORY, frames(10)), frames(5, 7));
    expect(history.flat().map(({ media }) => media)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('forgets the oldest frames beyond its bound', () => {
    const count = MAX_HISTORY_FRAMES + 1_000;
    let history = EMPTY_HISTORY;
    for (let first = 0; first < count; first += 40) history = remember(history, frames(40, first));
    const kept = history.flat();
    expect(kept.length).toBeLessThanOrEqual(MAX_HISTORY_FRAMES);
    expect(kept.length).toBeGreaterThan(MAX_HISTORY_FRAMES - 300);
    expect(kept.at(-1)?.media).toBe(count - 1);
  });

  it('does not change a history that it was given', () => {
    const before = remember(EMPTY_HISTORY, frames(300));
    const copy = structuredClone(before);
    remember(before, frames(10, 300));
    expect(before).toEqual(copy);
  });
});
