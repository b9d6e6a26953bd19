// Lines and stretches that belong to the chart and the lanes alike: grid, gaps, changes of labels, the playhead.

import type { Mark } from './marks.ts';
import { axisTimes, placeIn, type Span } from './span.ts';
import type { StreamView } from './stream-view.ts';

/** Drawn behind the lanes; for the eye only, since all of it is told in words elsewhere. */
export function TrackOverlay({
  view,
  span,
  playhead,
  hover,
}: {
  view: StreamView;
  span: Span;
  playhead: number | null;
  hover: number | null;
}) {
  const at = (media: number) => ({ left: `${placeIn(span, media) * 100}%` });
  const inside = (media: number) => media >= span.from && media <= span.to;
  return (
    <div class="overlay" aria-hidden="true">
      {axisTimes(span, 8).map((time) => (
        <span key={time} class="overlay-grid" style={at(time)} />
      ))}
      {view.marks.map((mark) => drawn(mark, span))}
      {view.media < span.to && view.status !== 'ended' && (
        <span class="overlay-unknown" style={{ left: `${Math.max(0, placeIn(span, view.media)) * 100}%` }} />
      )}
      {hover !== null && inside(hover) && <span class="overlay-hover" style={at(hover)} />}
      {playhead !== null && inside(playhead) && <span class="overlay-playhead" style={at(playhead)} />}
    </div>
  );
}

function drawn(mark: Mark, span: Span) {
  if (mark.kind === 'labels' && mark.version > 1 && mark.media >= span.from && mark.media <= span.to) {
    return (
      <span key={mark.seq} class="overlay-labels" style={{ left: `${placeIn(span, mark.media) * 100}%` }}>
        <span>labels v{mark.version}</span>
      </span>
    );
  }
  if (mark.kind !== 'gap' || mark.reason === 'trimmed' || mark.to < span.from || mark.from > span.to)
    return null;
  const left = Math.max(0, placeIn(span, mark.from));
  const width = Math.min(1, placeIn(span, mark.to)) - left;
  return (
    <span key={mark.seq} class="overlay-gap" style={{ left: `${left * 100}%`, width: `${width * 100}%` }} />
  );
}
