// One action on the timeline.
import { formatTime } from './clock.ts';
import type { Block } from './lanes.ts';
import { placeIn, type Span } from './span.ts';

/** A button as long as its action. */
export function LaneBlock({
  block,
  span,
  tabIndex,
  onFocus,
  onSeek,
}: {
  block: Block;
  span: Span;
  tabIndex: number;
  onFocus: () => void;
  onSeek: (media: number) => void;
}) {
  const { action, running } = block;
  const left = Math.max(0, placeIn(span, block.from));
  const right = Math.min(1, placeIn(span, block.to));
  const from = formatTime(action.start, { tenths: true });
  const to = running ? 'still running' : `to ${formatTime(block.to, { tenths: true })}`;
  const says = `${action.label}, ${from} ${to}, peak ${action.peak.toFixed(2)}`;
  return (
    <button
      type="button"
      class={running ? 'block block-running' : 'block'}
      data-start={action.start}
      style={{ left: `${left * 100}%`, width: `${Math.max(0, right - left) * 100}%` }}
      tabIndex={tabIndex}
      aria-label={says}
      title={says}
      onFocus={onFocus}
      onClick={() => onSeek(action.start)}
    />
  );
}
