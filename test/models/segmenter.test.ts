// The segmenter: when actions start, change and end, told frame by frame.
import { describe, expect, test } from 'vitest';
import {
  advanceSegmenter,
  closeSegmenter,
  initialSegmenterState,
  levelsOf,
  retainLabels,
  type SegmenterChange,
  type SegmenterOptions,
  SegmenterState,
} from '../../models/segmenter.ts';
import { seededRandom } from '../support/random.ts';

const OPTIONS: SegmenterOptions = { idPart: 'x1', on: 0.5, off: 0.3, minOnSeconds: 1, minOffSeconds: 1 };

interface Told extends SegmenterChange {
  at: number;
}

/** Feeds scores of one label at 2 fps from media time 0; returns what was told, and the state. */
function feed(
  scores: readonly number[],
  options: Partial<SegmenterOptions> = {},
  state: SegmenterState = initialSegmenterState,
): { told: Told[]; state: SegmenterState } {
  return run(
    scores.map((score, i) => ({ media: i * 0.5, scores: [{ label: 'a', score }] })),
    { ...OPTIONS, ...options },
    state,
  );
}

function run(
  frames: readonly Parameters<typeof advanceSegmenter>[1][],
  options: SegmenterOptions,
  from: SegmenterState = initialSegmenterState,
): { told: Told[]; state: SegmenterState } {
  let state = from;
  const told: Told[] = [];
  for (const frame of frames) {
    const step = advanceSegmenter(state, frame, options);
    state = step.state;
    told.push(...step.changes.map((change) => ({ ...change, at: frame.media })));
  }
  return { told, state };
}

const brief = (told: readonly Told[]) => told.map(({ kind, at }) => `${kind}@${at}`);

describe('start', () => {
  test('is told at the third frame in a row at 2 fps and 1 s, back-dated to the first', () => {
    expect(feed([0.1, 0.6, 0.7, 0.65]).told).toEqual([
      {
        kind: 'started',
        at: 1.5,
        action: { id: 'ac_x1_1', label: 'a', start: 0.5, score: 0.65, peak: 0.7 },
      },
    ]);
    expect(feed([0.1, 0.6, 0.7]).told).toEqual([]);
  });

  test('a score of exactly `on` counts', () => {
    expect(brief(feed([0.5, 0.5, 0.5]).told)).toEqual(['started@1']);
  });

  test('one frame below `on` begins the wait anew', () => {
    expect(brief(feed([0.6, 0.6, 0.49, 0.6, 0.6, 0.6]).told)).toEqual(['started@2.5']);
  });

  test('a lone frame starts nothing, however high, unless no time is asked for', () => {
    expect(feed([0, 1, 0, 0, 1, 0], { minOnSeconds: 0.1 }).told).toEqual([]);
    expect(brief(feed([0, 1, 0.4], { minOnSeconds: 0 }).told)).toEqual(['started@0.5']);
  });

  test('durations on a grid that binary numbers cannot hold are not cut short', () => {
    const frames = Array.from({ length: 10 }, (_, k) => ({
      media: k / 3,
      scores: [{ label: 'a', score: k >= 5 ? 0.9 : 0 }],
    }));
    expect(8 / 3 - 5 / 3).toBeLessThan(1);
    expect(run(frames, OPTIONS).told[0]).toMatchObject({
      kind: 'started',
      at: 8 / 3,
      action: { start: 5 / 3 },
    });
  });
});

describe('end', () => {
  test('is told after the score stayed below `off`, back-dated to when it fell', () => {
    const { told } = feed([0.6, 0.6, 0.6, 0.6, 0.29, 0.1, 0.1]);
    expect(told.at(-1)).toEqual({
      kind: 'ended',
      at: 3,
      action: { id: 'ac_x1_1', label: 'a', start: 0, end: 2, score: 0.1, peak: 0.6 },
    });
  });

  test('a score between `off` and `on` keeps an action going', () => {
    expect(brief(feed([0.5, 0.5, 0.5, 0.46, 0.46, 0.46, 0.46, 0.46]).told)).toEqual(['started@1']);
    expect(brief(feed([0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3]).told)).toEqual(['started@1', 'updated@2']);
  });

  test('a dip shorter than `minOff` does not split an action', () => {
    const { told } = feed([0.6, 0.6, 0.6, 0.1, 0.1, 0.6, 0.6, 0.6, 0.1, 0.1, 0.1]);
    expect(
      told.filter(({ kind }) => kind !== 'updated').map(({ kind, action }) => [kind, action.end]),
    ).toEqual([
      ['started', undefined],
      ['ended', 4],
    ]);
  });

  test('with no time asked for, the first frame below ends it', () => {
    expect(feed([0.6, 0.6, 0.6, 0.1], { minOffSeconds: 0 }).told.at(-1)).toMatchObject({
      kind: 'ended',
      at: 1.5,
      action: { end: 1.5 },
    });
  });

  test('the next action of the label has the next id', () => {
    const on = [0.6, 0.6, 0.6];
    const off = [0.1, 0.1, 0.1];
    const { told } = feed([...on, ...off, ...on, ...off]);
    expect(told.filter(({ kind }) => kind === 'ended').map(({ action }) => action.id)).toEqual([
      'ac_x1_1',
      'ac_x1_2',
    ]);
  });
});

describe('update', () => {
  test('a steady score is told once', () => {
    expect(brief(feed(Array.from({ length: 100 }, (_, i) => 0.6 + 0.02 * (i % 2))).told)).toEqual([
      'started@1',
    ]);
  });

  test('a moving score is told once per second of media at the most', () => {
    const { told } = feed([0.9, 0.9, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5]);
    // started@1 with 0.9; at 1.5 too early; at 2: 0.7; at 3: 0.5; then nothing moves
    expect(brief(told)).toEqual(['started@1', 'updated@2', 'updated@3']);
    expect(told.map(({ action }) => action.score)).toEqual([0.9, 0.7, 0.5]);
  });

  test('a peak that rises noticeably is told at once, and never forgotten', () => {
    const { told } = feed([0.5, 0.5, 0.5, 0.6, 0.62, 0.5]);
    expect(brief(told)).toEqual(['started@1', 'updated@1.5', 'updated@2.5']);
    expect(told.map(({ action }) => action.peak)).toEqual([0.5, 0.6, 0.62]);
  });

  test('the number of updates of a noisy action is bounded', () => {
    const random = seededRandom(5);
    const frames = Array.from({ length: 1_000 }, (_, i) => ({
      media: i / 10,
      scores: [{ label: 'a', score: 0.5 + random() / 2 }],
    }));
    const updates = run(frames, OPTIONS).told.filter(({ kind }) => kind === 'updated').length;
    // 100 s of media, and a peak that can rise from 0.5 to 1 in at most ten steps of 0.05
    expect(updates).toBeGreaterThan(50);
    expect(updates).toBeLessThanOrEqual(110);
  });
});

describe('labels', () => {
  test('a label with its own `on` keeps the ratio of `off` to `on`', () => {
    const labelOn = new Map([['a', 0.8]]);
    const levels = levelsOf('a', { ...OPTIONS, labelOn });
    expect(levels.on).toBe(0.8);
    expect(levels.off).toBeCloseTo(0.48, 12); // 0.3 · 0.8 / 0.5
    expect(levelsOf('b', { ...OPTIONS, labelOn })).toEqual({ on: 0.5, off: 0.3 });
    expect(feed([0.7, 0.7, 0.7, 0.7], { labelOn }).told).toEqual([]);
  });

  test('labels hold at the same time, each on its own', () => {
    const frames = [0, 0.5, 1, 1.5].map((media) => ({
      media,
      scores: [
        { label: 'a', score: 0.6 },
        { label: 'b', score: media > 0 ? 0.7 : 0 },
      ],
    }));
    expect(run(frames, OPTIONS).told.map(({ at, action }) => [at, action.id, action.label])).toEqual([
      [1, 'ac_x1_1', 'a'],
      [1.5, 'ac_x1_2', 'b'],
    ]);
  });

  test('a label that goes away ends at the last frame that knew it', () => {
    const { state } = feed([0.6, 0.6, 0.6, 0.6]);
    const frame = { media: 2, scores: [{ label: 'other', score: 0.9 }] };
    const { changes, state: after } = advanceSegmenter(state, frame, OPTIONS);
    expect(changes).toMatchObject([{ kind: 'ended', action: { label: 'a', end: 1.5 } }]);
    expect(after.tracks.map(({ label }) => label)).toEqual(['other']);
    expect(retainLabels(state, ['other']).changes).toEqual(changes);
    expect(retainLabels(state, ['a'])).toEqual({ state, changes: [] });
  });

  test('names that mean something to objects are names like any other', () => {
    const frames = [0, 0.5, 1].map((media) => ({ media, scores: [{ label: '__proto__', score: 0.9 }] }));
    expect(run(frames, OPTIONS).told).toMatchObject([{ kind: 'started', action: { label: '__proto__' } }]);
  });
});

describe('close', () => {
  test('ends what holds at the given time, with its last score', () => {
    const { changes, state } = closeSegmenter(feed([0.6, 0.6, 0.6]).state, 1.4);
    expect(changes).toEqual([
      { kind: 'ended', action: { id: 'ac_x1_1', label: 'a', start: 0, end: 1.4, score: 0.6, peak: 0.6 } },
    ]);
    expect(state.tracks).toEqual([]);
    expect(closeSegmenter(state).changes).toEqual([]);
  });

  test('what had fallen already ends where it fell', () => {
    const { changes } = closeSegmenter(feed([0.6, 0.6, 0.6, 0.1]).state, 1.9);
    expect(changes[0]?.action.end).toBe(1.5);
  });

  test('what never held long enough is forgotten', () => {
    expect(closeSegmenter(feed([0.1, 0.6, 0.6]).state, 5).changes).toEqual([]);
  });
});

test('a gap ends what held before it, where a limit is set', () => {
  const frame = { media: 60, scores: [{ label: 'a', score: 0.9 }] };
  const { state } = feed([0.6, 0.6, 0.6]);
  expect(advanceSegmenter(state, frame, OPTIONS).changes).toMatchObject([{ kind: 'updated' }]);
  const torn = advanceSegmenter(state, frame, { ...OPTIONS, maxGapSeconds: 5 });
  expect(torn.changes).toMatchObject([{ kind: 'ended', action: { end: 1 } }]);
  expect(torn.state.tracks).toMatchObject([{ phase: 'pending', since: 60 }]);
});

describe('as a reducer', () => {
  const random = seededRandom(1);
  const labels = ['a', 'b', 'c'];
  const level = new Map(labels.map((label) => [label, 0.4]));
  const frames = Array.from({ length: 2_000 }, (_, i) => ({
    media: i * 0.5,
    scores: labels.map((label) => {
      // A random walk that crosses both thresholds now and then.
      const next = Math.min(1, Math.max(0, (level.get(label) ?? 0) + (random() - 0.5) * 0.3));
      level.set(label, next);
      return { label, score: next };
    }),
  }));
  const whole = run(frames, OPTIONS);

  test('chunks with the state stored as JSON between them tell the same as one pass', () => {
    let state = initialSegmenterState;
    const told: Told[] = [];
    for (let at = 0; at < frames.length; ) {
      const size = 1 + Math.floor(random() * 20);
      const part = run(frames.slice(at, at + size), OPTIONS, state);
      told.push(...part.told);
      state = SegmenterState.parse(JSON.parse(JSON.stringify(part.state)));
      at += size;
    }
    expect(told).toEqual(whole.told);
    expect(state).toEqual(whole.state);
  });

  test('every action starts once, ends once, after its start, and no two of a label overlap', () => {
    const told = [...whole.told, ...closeSegmenter(whole.state).changes];
    const starts = told.filter(({ kind }) => kind === 'started').map(({ action }) => action.id);
    const ends = told.filter(({ kind }) => kind === 'ended');
    expect(starts.length).toBeGreaterThan(30);
    expect(new Set(starts).size).toBe(starts.length);
    expect(ends.map(({ action }) => action.id).sort()).toEqual([...starts].sort());
    for (const label of labels) {
      let free = 0;
      for (const { action } of ends.filter(({ action }) => action.label === label)) {
        expect(action.start).toBeGreaterThanOrEqual(free);
        expect(action.end).toBeGreaterThanOrEqual(action.start + OPTIONS.minOnSeconds);
        free = action.end ?? Number.NaN;
      }
    }
  });

  test('the state is bounded by the labels, and inputs are left as they were', () => {
    expect(whole.state.tracks.length).toBeLessThanOrEqual(labels.length);
    expect(initialSegmenterState).toEqual({ media: 0, opened: 0, tracks: [] });
    const before = JSON.stringify(whole.state);
    advanceSegmenter(whole.state, { media: 2_000, scores: [{ label: 'a', score: 1 }] }, OPTIONS);
    expect(JSON.stringify(whole.state)).toBe(before);
  });
});
