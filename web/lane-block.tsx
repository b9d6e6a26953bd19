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
  const time = (media: number) => formatTime(media, { tenths: true });
  const what = block.count === 1 ? action.label : `${action.label}, ${block.count} actions`;
  const until = running ? 'still running' : `to ${time(block.to)}`;
  const says = `${what}, ${time(block.from)} ${until}, peak ${block.peak.toFixed(2)}`;
  return (
    <button
      type="button"
      class={running ? 'block block-running' : 'block'}
      data-start={block.from}
      style={{ left: `${left * 100}%`, width: `${Math.max(0, right - left) * 100}%` }}
      tabIndex={tabIndex}
      aria-label={says}
      title={says}
      onFocus={onFocus}
      onClick={() => onSeek(block.from)}
    />
  );
}
