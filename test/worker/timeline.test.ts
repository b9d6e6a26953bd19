import { expect, test } from 'vitest';
import { toLabelSet } from '../../protocol/labels.ts';
import type { HistoryEntry } from '../../worker/history.ts';
import {
  advanceTimeline,
  initialTimelineState,
  type SequencedEntry,
  type TimelineContext,
  type TimelineState,
} from '../../worker/timeline.ts';

const thresholds = { on: 0.6, off: 0.4, minOnSeconds: 1, minOffSeconds: 1 };
// Three directions of a plane of their own: `run`, `jump`, and nothing.
const RUN = Float32Array.of(1, 0, 0);
const JUMP = Float32Array.of(0, 1, 0);
const NOTHING = Float32Array.of(0, 0, 1);

function context(names: readonly string[] = ['run', 'jump'], version = 1): TimelineContext {
  const vectors = { run: RUN, jump: JUMP } as Record<string, Float32Array>;
  return {
    stream: 'st_abcdefgh',
    labelSet: toLabelSet({ labels: [...names], templates: 'plain', thresholds }, version),
    vectors: {
      dims: 3,
      labels: names.map((name) => ({ name, vector: vectors[name] ?? NOTHING, not: [] })),
      background: [NOTHING],
    },
    scoring: { scoring: 'softmax', logitScale: 10 },
    pooling: 'mean',
    poolSeconds: 1,
    topLabels: 5,
    retentionSeconds: 7_200,
  };
}

const frames = (times: number[], ...embeddings: (Float32Array | undefined)[]): HistoryEntry => ({
  kind: 'frames',
  times,
  embeddings,
});
const sequence = (...entries: HistoryEntry[]): SequencedEntry[] =>
  entries.map((entry, seq) => ({ seq, entry }));

const HISTORY = sequence(
  frames([0, 0.5], NOTHING, RUN),
  frames([1, 1.5, 2], RUN, RUN, RUN),
  frames([2.5], RUN),
  { kind: 'tombstone', dropped: 'overload', from: 3, to: 3.5, frames: 2 },
  frames([4, 4.5, 5, 5.5], JUMP, JUMP, JUMP, JUMP),
  { kind: 'end', end: { status: 'ended' } },
);

function runInSteps(cuts: readonly number[]) {
  let state: TimelineState = initialTimelineState;
  const events = [];
  let cursor = 0;
  for (const next of [...cuts, HISTORY.length]) {
    const step = advanceTimeline(
      // Through JSON, as it is stored between commits.
      JSON.parse(JSON.stringify(state)),
      { before: HISTORY.slice(state.spanFrom, cursor), entries: HISTORY.slice(cursor, next) },
      context(),
    );
    events.push(...step.events);
    ({ state } = step);
    cursor = next;
  }
  return { events, state };
}

test('actions start back-dated, end, and the end of the stream comes last', () => {
  const { events, state } = runInSteps([]);
  const told = events.map((event) =>
    'action' in event
      ? [event.type, event.media, event.action.label, event.action.start]
      : [event.type, event.media],
  );
  expect(told.filter(([type]) => type !== 'action.updated')).toEqual([
    ['scores', 0.5],
    ['action.started', 2, 'run', 0.5],
    ['scores', 2],
    ['scores', 2.5],
    ['gap', 3.5],
    ['action.started', 5, 'jump', 4],
    ['action.ended', 5, 'run', 0.5],
    ['scores', 5.5],
    ['action.ended', 5.5, 'jump', 4],
    ['stream.status', 5.5],
  ]);
  expect(state.media).toBe(5.5);
});

test('the same history gives the same events in whatever steps it is committed', () => {
  const { events } = runInSteps([]);
  for (const cuts of [[1], [2, 3], [1, 2, 3, 4, 5], [4]]) expect(runInSteps(cuts).events).toEqual(events);
});

test('frames outside the pooling span no longer count', () => {
  const step = advanceTimeline(
    initialTimelineState,
    { before: [], entries: sequence(frames([0], RUN), frames([0.5], JUMP), frames([1.5], JUMP)) },
    context(),
  );
  const scores = step.events.flatMap((event) => (event.type === 'scores' ? event.frames : []));
  // At 0.5 s the mean of run and jump is equally near to both; at 1.5 s only jump is inside the last second.
  expect(scores[1]?.top[0]?.score).toBeCloseTo(scores[1]?.top[1]?.score ?? -1, 4);
  expect(scores[2]?.top[0]).toMatchObject({ label: 'jump', score: expect.closeTo(0.9999, 3) });
  expect(step.state.spanFrom).toBe(2);
});

test('a label that goes away ends its action, and scores carry the new version', () => {
  const first = advanceTimeline(
    initialTimelineState,
    { before: [], entries: HISTORY.slice(0, 3) },
    context(),
  );
  const second = advanceTimeline(
    first.state,
    { before: HISTORY.slice(first.state.spanFrom, 3), entries: [{ seq: 3, entry: frames([3], RUN) }] },
    context(['jump'], 2),
  );
  expect(second.events[0]).toMatchObject({
    type: 'action.ended',
    action: { label: 'run', start: 0.5, end: 2.5 },
  });
  expect(second.events.at(-1)).toMatchObject({ type: 'scores', labelsVersion: 2 });
});

test('given-up frames are counted apart from embedded ones', () => {
  const step = advanceTimeline(initialTimelineState, { before: [], entries: HISTORY }, context());
  expect(step.counts).toEqual({ embedded: 10, reused: 0, dropped: 2 });
  expect(step.end).toEqual({ status: 'ended' });
});

test('repeated frames score as the frame they repeat, across windows and commits', () => {
  const still = sequence(
    frames([0, 0.5], RUN, undefined),
    frames([1], undefined),
    frames([1.5, 2], undefined, JUMP),
  );
  const moving = sequence(frames([0, 0.5], RUN, RUN), frames([1], RUN), frames([1.5, 2], RUN, JUMP));
  const expected = advanceTimeline(initialTimelineState, { before: [], entries: moving }, context());
  const first = advanceTimeline(initialTimelineState, { before: [], entries: still.slice(0, 2) }, context());
  expect(first.state.spanFrom).toBe(0);
  const before = still.slice(first.state.spanFrom, 2);
  const second = advanceTimeline(first.state, { before, entries: still.slice(2) }, context());
  expect([...first.events, ...second.events]).toEqual(expected.events);
  expect([first.counts, second.counts]).toEqual([
    { embedded: 1, reused: 2, dropped: 0 },
    { embedded: 1, reused: 1, dropped: 0 },
  ]);
});

test('repeats of a frame that was given up are given up too', () => {
  const entries = sequence(
    frames([0], RUN),
    { kind: 'tombstone', dropped: 'overload', from: 0.5, to: 0.5, frames: 1 },
    frames([1, 1.5, 2], undefined, undefined, JUMP),
  );
  const { events, counts } = advanceTimeline(initialTimelineState, { before: [], entries }, context());
  expect(events.filter(({ type }) => type === 'gap')).toMatchObject([
    { from: 0.5, to: 0.5, reason: 'overload' },
    { from: 1, to: 1.5, reason: 'lost' },
  ]);
  expect(counts).toEqual({ embedded: 2, reused: 0, dropped: 3 });
});

const scoresOf = (entries: readonly SequencedEntry[], over: TimelineContext) =>
  advanceTimeline(initialTimelineState, { before: [], entries }, over).events.flatMap((event) =>
    event.type === 'scores' ? event.frames : [],
  );

test('scores of several spans are averaged', () => {
  const entries = sequence(frames([0, 0.5, 1], NOTHING, RUN, RUN));
  const alone = [1, 2].map((poolSeconds) => scoresOf(entries, { ...context(), poolSeconds }).at(-1));
  const [short, long] = alone.map((frame) => frame?.top[0]?.score ?? 0);
  // The last second holds two frames of run: e¹⁰ / (e¹⁰ + 2). With the first frame, cosines are 2/√5 and 1/√5.
  expect(short).toBeCloseTo(Math.exp(10) / (Math.exp(10) + 2), 4);
  expect(long).toBeCloseTo(1 / (1 + Math.exp(-10 / Math.sqrt(5)) + Math.exp(-20 / Math.sqrt(5))), 4);
  const both = scoresOf(entries, { ...context(), spans: [2, 1] }).at(-1);
  expect(both?.top[0]?.score).toBeCloseTo(((short ?? 0) + (long ?? 0)) / 2, 3);
  const total = (both?.top ?? []).reduce((sum, { score }) => sum + score, both?.background ?? 0);
  expect(total).toBeCloseTo(1, 3);
});

test('the label set may ask for another scoring and temperature', () => {
  const base = context();
  const entries = sequence(frames([0], RUN));
  const scored = (more: Partial<typeof base.labelSet>) => {
    const frame = scoresOf(entries, { ...base, labelSet: { ...base.labelSet, ...more } })[0];
    return Object.fromEntries((frame?.top ?? []).map(({ label, score }) => [label, score]));
  };
  // Logits 10 / 5 = 2, 0 and 0: softmax e² / (e² + 2) and 1 / (e² + 2); independent e² / (e² + 1) and 1/2.
  expect(scored({ temperature: 5 })).toEqual({
    run: expect.closeTo(0.787, 4),
    jump: expect.closeTo(0.1065, 4),
  });
  expect(scored({ temperature: 5, scoring: 'independent' })).toEqual({
    run: expect.closeTo(0.8808, 4),
    jump: 0.5,
  });
});

test('a model that was trained with a sigmoid is scored by it, unless the label set says otherwise', () => {
  const base = { ...context(), scoring: { scoring: 'sigmoid', logitScale: 10, logitBias: -5 } as const };
  const best = (labelSet: typeof base.labelSet) =>
    scoresOf(sequence(frames([0], RUN)), { ...base, labelSet })[0]?.top[0]?.score;
  expect(best(base.labelSet)).toBeCloseTo(1 / (1 + Math.exp(-5)), 4);
  expect(best({ ...base.labelSet, scoring: 'independent' })).toBeCloseTo(1 / (1 + Math.exp(-10)), 4);
});
