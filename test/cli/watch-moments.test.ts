import { expect, test } from 'vitest';
import { inMediaOrder } from '../../cli/watch-moments.ts';
import type { EventDraft, StreamEvent } from '../../protocol/event.ts';

const event = (draft: EventDraft): StreamEvent =>
  ({ v: 1, seq: 1, stream: 'st_00000000', ...draft }) as StreamEvent;
const action = (type: 'action.started' | 'action.ended', media: number) =>
  event({ type, media, action: { id: 'ac_1', label: 'a', start: 1, score: 0.5, peak: 0.5 } });
const scores = (...times: number[]) =>
  event({
    type: 'scores',
    media: times.at(-1) ?? 0,
    labelsVersion: 1,
    frames: times.map((media) => ({ media, top: [], background: 1 })),
  });

/** What is shown, in short: the media time of a frame, the type of an event. */
function shown(events: StreamEvent[]): (number | string)[] {
  const moments = inMediaOrder();
  return events.flatMap(moments).map((one) => (one.kind === 'frame' ? one.frame.media : one.event.type));
}

test('an action that starts and ends within a window is shown between the frames it belongs to', () => {
  expect(shown([action('action.started', 1), action('action.ended', 2), scores(0, 1, 1.5, 2, 2.5)])).toEqual([
    0,
    1,
    'action.started',
    1.5,
    2,
    'action.ended',
    2.5,
  ]);
});

test('what is later than the frames so far waits for the next ones', () => {
  expect(shown([action('action.started', 3), scores(0, 1), scores(2, 3)])).toEqual([
    0,
    1,
    2,
    3,
    'action.started',
  ]);
});

test('the end of a stream lets nothing wait', () => {
  const end = event({ type: 'stream.status', media: 9, status: 'ended' });
  expect(shown([action('action.ended', 9), end])).toEqual(['action.ended', 'stream.status']);
});
