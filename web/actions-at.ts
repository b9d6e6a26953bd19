// Which actions hold at a moment.
import type { Action } from '../protocol/event.ts';
import type { StreamView } from './stream-view.ts';

/** Returns the actions that hold at `media` seconds; one that runs still holds up to what is known. */
export function actionsAt(view: StreamView, media: number): Action[] {
  return [...view.past, ...view.running].filter(
    (action) => action.start <= media && media < (action.end ?? view.media + 0.001),
  );
}
