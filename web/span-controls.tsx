// Which stretch of time is shown, by buttons; dragging over the chart does the same.
import { MIN_SPAN_SECONDS, type Span, zoomSpan } from './span.ts';

/** Zoom and move. `null` means: go back to what is shown unasked. */
export function SpanControls({
  span,
  whole,
  chosen,
  center,
  live,
  onSpan,
}: {
  span: Span;
  whole: Span;
  chosen: boolean;
  center: number | null;
  live: boolean;
  onSpan: (span: Span | null) => void;
}) {
  const length = span.to - span.from;
  const zoom = (factor: number) => onSpan(zoomSpan(span, { center: center ?? span.to, factor, whole }));
  const move = (share: number) => {
    const by = Math.min(Math.max(length * share, whole.from - span.from), whole.to - span.to);
    onSpan({ from: span.from + by, to: span.to + by });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; these are buttons that belong together
    <div class="span-controls" role="group" aria-label="Stretch of time shown">
      <button
        type="button"
        class="button button-icon"
        aria-label="Earlier"
        disabled={span.from <= whole.from}
        onClick={() => move(-0.5)}
      >
        ‹
      </button>
      <button
        type="button"
        class="button button-icon"
        aria-label="Later"
        disabled={span.to >= whole.to}
        onClick={() => move(0.5)}
      >
        ›
      </button>
      <button
        type="button"
        class="button button-icon"
        aria-label="Show less, larger"
        disabled={length <= MIN_SPAN_SECONDS}
        onClick={() => zoom(0.5)}
      >
        +
      </button>
      <button
        type="button"
        class="button button-icon"
        aria-label="Show more, smaller"
        disabled={length >= whole.to - whole.from}
        onClick={() => zoom(2)}
      >
        −
      </button>
      <button type="button" class="button" disabled={!chosen} onClick={() => onSpan(null)}>
        {live ? 'Newest' : 'All'}
      </button>
    </div>
  );
}
