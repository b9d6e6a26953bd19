// events → moments in order of media time. A window's actions come before its scores; people see both side by side.
import type { FrameScores, StreamEvent } from '../protocol/event.ts';

export type Moment =
  | { readonly kind: 'frame'; readonly frame: FrameScores }
  | { readonly kind: 'event'; readonly event: StreamEvent };

/**
 * Returns a function that takes the events of a stream one by one and returns what can be shown by now: each sampled
 * frame, and behind it the other events of its media time. Events that wait for their frame are at most one window's.
 */
export function inMediaOrder(): (event: StreamEvent) => Moment[] {
  let waiting: StreamEvent[] = [];
  const take = (isDue: (event: StreamEvent) => boolean): Moment[] => {
    const due = waiting.filter(isDue);
    waiting = waiting.filter((event) => !isDue(event));
    return due.map((event) => ({ kind: 'event', event }));
  };
  return (event) => {
    if (event.type === 'scores') {
      return event.frames.flatMap((frame) => [
        { kind: 'frame', frame },
        ...take(({ media }) => media <= frame.media),
      ]);
    }
    waiting.push(event);
    return event.type.startsWith('action.') ? [] : take(() => true);
  };
}
