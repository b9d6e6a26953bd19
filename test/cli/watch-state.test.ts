import { expect, test } from 'vitest';
import { applyEvent, INITIAL_WATCH } from '../../cli/watch-state.ts';
import type { EventDraft, StreamEvent } from '../../protocol/event.ts';

function after(...drafts: EventDraft[]) {
  const events = drafts.map(
    (draft, at) => ({ v: 1, stream: 'st_00000000', seq: at + 1, ...draft }) as StreamEvent,
  );
  return events.reduce(applyEvent, INITIAL_WATCH);
}

const scores = (media: number, guitar: number): EventDraft => ({
  type: 'scores',
  media,
  labelsVersion: 1,
  frames: [{ media, top: [{ label: 'playing guitar', score: guitar }], background: 1 - guitar }],
});
const action = (
  type: 'action.started' | 'action.updated' | 'action.ended',
  id: string,
  start: number,
  score = 0.5,
) => ({
  type,
  media: start + 1,
  action: {
    id,
    label: id,
    start,
    score,
    peak: score,
    ...(type === 'action.ended' ? { end: start + 1 } : {}),
  },
});

test('the last scores are shown, and the best of each label is remembered with its time', () => {
  const state = after(scores(1, 0.2), scores(2, 0.6), scores(3, 0.4));
  expect(state.media).toBe(3);
  expect(state.top).toEqual([{ label: 'playing guitar', score: 0.4 }]);
  expect(state.best.get('playing guitar')).toEqual({ label: 'playing guitar', score: 0.6, media: 2 });
});

test('running actions stand in order of their start, with their newest scores', () => {
  const state = after(
    action('action.started', 'b', 4),
    action('action.started', 'a', 2),
    action('action.updated', 'b', 4, 0.9),
  );
  expect(state.running.map(({ id, score }) => [id, score])).toEqual([
    ['a', 0.5],
    ['b', 0.9],
  ]);
});

test('an action that ends moves to those that are over', () => {
  const state = after(action('action.started', 'a', 2), action('action.ended', 'a', 2));
  expect(state.running).toEqual([]);
  expect(state.over).toEqual([{ id: 'a', label: 'a', start: 2, end: 3, score: 0.5, peak: 0.5 }]);
});

test('gaps are added up, and the last status is kept with its reason', () => {
  const reason = { code: 'E_DECODE_TRUNCATED', message: 'It ends early.' };
  const state = after(
    { type: 'gap', media: 1, from: 0, to: 1, windows: 2, reason: 'overload' },
    { type: 'gap', media: 3, from: 2, to: 3, windows: 1, reason: 'lost' },
    { type: 'stream.status', media: 3, status: 'failed', reason },
  );
  expect(state).toMatchObject({ missedWindows: 3, status: 'failed', reason });
});
