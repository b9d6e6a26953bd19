// The page's reducer: what a log of events amounts to.
import { describe, expect, it } from 'vitest';
import type { EventDraft, StreamEvent } from '../../protocol/event.ts';
import { MAX_MARKS } from '../../web/marks.ts';
import { advanceView, EMPTY_VIEW, MAX_PAST_ACTIONS, type StreamView } from '../../web/stream-view.ts';

const STREAM = 'st_0123456789';

function log(...drafts: EventDraft[]): StreamEvent[] {
  return drafts.map((draft, index) => ({ v: 1, seq: index + 1, stream: STREAM, ...draft }) as StreamEvent);
}
function viewOf(events: readonly StreamEvent[], from: StreamView = EMPTY_VIEW): StreamView {
  return events.reduce(advanceView, from);
}
const labels = (version: number, ...names: string[]): EventDraft => ({
  type: 'labels.changed',
  media: version - 1,
  labelsVersion: version,
  labels: names,
});
const scores = (media: number, top: Record<string, number>, background = 0.1): EventDraft => ({
  type: 'scores',
  media,
  labelsVersion: 1,
  frames: [{ media, background, top: Object.entries(top).map(([label, score]) => ({ label, score })) }],
});
const action = (
  type: 'action.started' | 'action.updated' | 'action.ended',
  id: string,
  {
    label = 'waving',
    start = 1,
    end,
    media = 2,
    score = 0.8,
  }: { label?: string; start?: number; end?: number; media?: number; score?: number } = {},
): EventDraft => ({
  type,
  media,
  action: { id, label, start, score, peak: 0.9, ...(end === undefined ? {} : { end }) },
});

describe('the view of a stream', () => {
  it('follows the status, with the reason of a failure', () => {
    const reason = { code: 'E_SOURCE_UNREADABLE', message: 'Not media.' };
    const events = log(
      { type: 'stream.status', media: 0, status: 'running' },
      { type: 'stream.status', media: 3, status: 'failed', reason },
    );
    expect(viewOf(events.slice(0, 1))).toMatchObject({ status: 'running', reason: null });
    expect(viewOf(events)).toMatchObject({ status: 'failed', reason, media: 3 });
  });

  it('moves an action from running to past when it ends, with its last figures', () => {
    const events = log(
      action('action.started', 'ac_1', { score: 0.6 }),
      action('action.updated', 'ac_1', { score: 0.7 }),
      action('action.ended', 'ac_1', { end: 5, score: 0.2 }),
    );
    expect(viewOf(events.slice(0, 2)).running).toMatchObject([{ id: 'ac_1', score: 0.7 }]);
    const view = viewOf(events);
    expect(view.running).toEqual([]);
    expect(view.past).toMatchObject([{ id: 'ac_1', end: 5 }]);
  });

  it('keeps actions in order of their start, whatever the order of their ends', () => {
    const view = viewOf(
      log(
        action('action.started', 'ac_1', { start: 1 }),
        action('action.started', 'ac_2', { start: 2, label: 'running' }),
        action('action.ended', 'ac_2', { start: 2, end: 3, label: 'running' }),
        action('action.ended', 'ac_1', { start: 1, end: 9 }),
      ),
    );
    expect(view.past.map(({ id }) => id)).toEqual(['ac_1', 'ac_2']);
  });

  it('changes nothing when an event comes again', () => {
    const events = log(labels(1, 'waving'), scores(0, { waving: 0.4 }), action('action.started', 'ac_1'));
    const view = viewOf(events);
    expect(viewOf(events, view)).toBe(view);
  });

  it('is the same whether a log comes in one piece or resumes in the middle', () => {
    const events = log(
      labels(1, 'waving', 'running'),
      scores(0, { waving: 0.4, running: 0.2 }),
      action('action.started', 'ac_1'),
      labels(2, 'waving', 'falling'),
      scores(4, { falling: 0.7, waving: 0.1 }),
      action('action.ended', 'ac_1', { end: 4 }),
    );
    for (let cut = 0; cut <= events.length; cut += 1) {
      expect(viewOf(events.slice(cut), viewOf(events.slice(0, cut)))).toEqual(viewOf(events));
    }
  });

  it('never changes a view that it was given', () => {
    const before = viewOf(
      log(labels(1, 'waving'), scores(0, { waving: 0.4 }), action('action.started', 'ac_1')),
    );
    const copy = structuredClone(before);
    const [next] = log(action('action.ended', 'ac_1', { end: 5 }));
    if (next) advanceView(before, { ...next, seq: 4 });
    expect(before).toEqual(copy);
  });

  it('says what a change of labels added and removed, and nothing of the first set', () => {
    const view = viewOf(log(labels(1, 'waving', 'running'), labels(2, 'waving', 'falling')));
    expect(view.labels).toEqual(['waving', 'falling']);
    expect(view.marks).toMatchObject([
      { version: 1, added: [], removed: [] },
      { version: 2, media: 1, added: ['falling'], removed: ['running'] },
    ]);
  });

  it('tells a change from the labels that were scored before, where the log does not have the first set', () => {
    const view = viewOf(log(scores(0, { waving: 0.4, running: 0.2 }), labels(2, 'waving', 'falling')));
    expect(view.marks).toMatchObject([{ version: 2, added: ['falling'], removed: ['running'] }]);
  });

  it('keeps the place of every label, so that its colour stays', () => {
    const view = viewOf(log(labels(1, 'a', 'b', 'c'), labels(2, 'c', 'd'), labels(3, 'b', 'e')));
    expect(view.everyLabel).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('takes labels from scores where the log no longer has the label set', () => {
    expect(viewOf(log(scores(0, { b: 0.6, a: 0.4 }))).everyLabel).toEqual(['b', 'a']);
  });

  it('marks a gap and keeps the scores on both sides', () => {
    const view = viewOf(
      log(
        scores(0, { waving: 0.4 }),
        { type: 'gap', media: 4, from: 1, to: 4, windows: 6, reason: 'overload' },
        scores(4.5, { waving: 0.5 }),
      ),
    );
    expect(view.marks).toMatchObject([{ kind: 'gap', from: 1, to: 4, windows: 6, reason: 'overload' }]);
    expect(view.history.flat().map(({ media }) => media)).toEqual([0, 4.5]);
    expect(view.latest?.media).toBe(4.5);
  });

  it('knows the time of day of a live stream, and none of a file', () => {
    const wall = '2026-03-01T10:00:05.000Z';
    const view = viewOf(log({ ...scores(5, { waving: 0.4 }), wall }, scores(6, { waving: 0.4 })));
    expect(view.zeroAtMs).toBe(Date.parse('2026-03-01T10:00:00.000Z'));
    expect(viewOf(log(scores(5, { waving: 0.4 }))).zeroAtMs).toBeNull();
  });

  it('makes one gap of windows that were dropped side by side, and two of those that were not', () => {
    const gap = (from: number, to: number, reason: 'overload' | 'lost' = 'overload'): EventDraft => ({
      type: 'gap',
      media: to,
      from,
      to,
      windows: 1,
      reason,
    });
    const view = viewOf(log(gap(1, 1), gap(1.5, 1.5), gap(2, 2.5), gap(9, 9.5), gap(10, 11, 'lost')));
    expect(view.marks).toMatchObject([
      { from: 1, to: 2.5, windows: 3, media: 2.5 },
      { from: 9, to: 9.5, windows: 1 },
      { from: 10, to: 11, reason: 'lost' },
    ]);
  });

  it('has bounds on all that a long stream would grow', () => {
    const drafts = Array.from({ length: MAX_PAST_ACTIONS + 50 }, (_, index) =>
      action('action.ended', `ac_${index}`, { start: index, end: index + 1, media: index }),
    );
    const statuses = Array.from(
      { length: MAX_MARKS + 50 },
      (): EventDraft => ({
        type: 'stream.status',
        media: 1,
        status: 'reconnecting',
      }),
    );
    const view = viewOf(log(...drafts, ...statuses));
    expect(view.past).toHaveLength(MAX_PAST_ACTIONS);
    expect(view.forgotten).toBe(50);
    expect(view.past.at(-1)?.id).toBe(`ac_${MAX_PAST_ACTIONS + 49}`);
    expect(view.marks).toHaveLength(MAX_MARKS);
  });
});
