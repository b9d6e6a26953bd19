// Which labels have a lane, and in which order.
import type { Action } from '../protocol/event.ts';
import type { Span } from './span.ts';
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

/** A block in a lane: an action, or several that lie too close together to be told apart at this scale. */
export interface Block {
  /** The first of them. */
  readonly action: Action;
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly peak: number;
  readonly running: boolean;
}

/** Blocks closer than this share of the span shown are drawn as one: about a pixel. */
const TOO_CLOSE = 1 / 600;

/** Returns the blocks of `label` that touch `span`, in order of their start; a running one ends at what is known. */
export function blocksOf(view: StreamView, label: string, span: Span): Block[] {
  const closeSeconds = (span.to - span.from) * TOO_CLOSE;
  const blocks: Block[] = [];
  for (const action of [...view.past, ...view.running]) {
    const { start: from, peak } = action;
    const to = action.end ?? Math.max(view.media, from);
    if (action.label !== label || from > span.to || to < span.from) continue;
    const block = { action, count: 1, from, to, peak, running: action.end === undefined };
    const last = blocks.at(-1);
    if (last && from - last.to < closeSeconds) blocks[blocks.length - 1] = joined(last, block);
    else blocks.push(block);
  }
  return blocks;
}

function joined(first: Block, second: Block): Block {
  return {
    action: first.action,
    count: first.count + second.count,
    from: first.from,
    to: Math.max(first.to, second.to),
    peak: Math.max(first.peak, second.peak),
    running: first.running || second.running,
  };
}
