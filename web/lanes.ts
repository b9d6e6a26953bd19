// Which labels have a lane, and in which order.
import type { Action } from '../protocol/event.ts';
import type { StreamView } from './stream-view.ts';

/** Lanes beyond this many are asked for by hand; then those where something happened come first. */
export const MAX_LANES = 12;

/** Returns `current`, the labels in force, then those of older sets that have an action. */
export function lanesOf(view: StreamView, current: readonly string[]): string[] {
  const acted = new Set([...view.past, ...view.running].map((action) => action.label));
  const lanes = [
    ...current,
    ...view.everyLabel.filter((label) => acted.has(label) && !current.includes(label)),
  ];
  if (lanes.length <= MAX_LANES) return lanes;
  return [...lanes.filter((label) => acted.has(label)), ...lanes.filter((label) => !acted.has(label))];
}

/** A block in a lane: an action, with the end it has or has so far. */
export interface Block {
  readonly action: Action;
  readonly from: number;
  readonly to: number;
  readonly running: boolean;
}

/** Returns the blocks of `label` that touch `from..to` seconds, in order of their start. */
export function blocksOf(
  view: StreamView,
  label: string,
  { from, to }: { from: number; to: number },
): Block[] {
  return [...view.past, ...view.running]
    .filter((action) => action.label === label)
    .map((action) => ({
      action,
      from: action.start,
      to: action.end ?? Math.max(view.media, action.start),
      running: action.end === undefined,
    }))
    .filter((block) => block.from <= to && block.to >= from);
}
