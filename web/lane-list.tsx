// A lane per label; its blocks are buttons that seek.
import { useState } from 'preact/hooks';
import type { FrameScores } from '../protocol/event.ts';
import { moveFocus } from './block-focus.ts';
import { formatTime } from './clock.ts';
import { colourClass, useLabelOrder } from './label-colours.ts';
import { LaneBlock } from './lane-block.tsx';
import { blocksOf } from './lanes.ts';
import { axisTimes, placeIn, type Span } from './span.ts';
import type { StreamView } from './stream-view.ts';

/** The lanes and the axis under them. `at` is the frame whose scores stand beside the names. */
export function LaneList(props: {
  lanes: readonly string[];
  view: StreamView;
  span: Span;
  hidden: ReadonlySet<string>;
  at: FrameScores | null;
  onToggle: (label: string) => void;
  onSeek: (media: number) => void;
}) {
  const { lanes, view, span, at } = props;
  const colours = useLabelOrder();
  // One block takes part in the Tab order; arrow keys lead to the others.
  const [stop, setStop] = useState<string | null>(null);
  const blocks = lanes.map((label) => blocksOf(view, label, span));
  const ids = blocks.flat().map((block) => block.action.id);
  const tabStop = stop !== null && ids.includes(stop) ? stop : ids[0];

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the buttons inside
    <div class="lanes" onKeyDown={moveFocus}>
      {lanes.map((label, index) => {
        const score = at?.top.find((entry) => entry.label === label)?.score;
        return (
          <div key={label} class={`lane ${colourClass(colours, label)}`}>
            <button
              type="button"
              class="lane-name"
              aria-pressed={!props.hidden.has(label)}
              title="Show or hide its line"
              onClick={() => props.onToggle(label)}
            >
              <span class="swatch" aria-hidden="true" />
              <span class="lane-label">{label}</span>
              <span class="lane-score">{score?.toFixed(2) ?? ''}</span>
            </button>
            <div class="lane-track">
              {blocks[index]?.map((block) => (
                <LaneBlock
                  key={block.action.id}
                  block={block}
                  span={span}
                  tabIndex={block.action.id === tabStop ? 0 : -1}
                  onFocus={() => setStop(block.action.id)}
                  onSeek={props.onSeek}
                />
              ))}
            </div>
          </div>
        );
      })}
      <div class="axis" aria-hidden="true">
        {axisTimes(span, 8).map((time) => (
          <span key={time} class="axis-time" style={{ left: `${placeIn(span, time) * 100}%` }}>
            {formatTime(time)}
          </span>
        ))}
      </div>
    </div>
  );
}
