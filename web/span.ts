// The stretch of media time that the chart and the timeline show.

/** Media seconds, `from` < `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Shortest stretch that can be looked at. */
export const MIN_SPAN_SECONDS = 4;
/** What a live stream shows unless asked for more: at first a short stretch that fills, then the newest two minutes. */
export const LIVE_SPAN_SECONDS = 120;
const LIVE_SPAN_MIN_SECONDS = 30;

/** Returns everything there is, at least {@link MIN_SPAN_SECONDS} long. */
export function wholeSpan(media: number, durationSeconds: number | null): Span {
  return { from: 0, to: Math.max(media, durationSeconds ?? 0, MIN_SPAN_SECONDS) };
}

/** Returns the newest stretch of a live stream. */
export function liveSpan(media: number): Span {
  return { from: Math.max(0, media - LIVE_SPAN_SECONDS), to: Math.max(media, LIVE_SPAN_MIN_SECONDS) };
}

/** Returns `span` made `factor` times as long around `center`, kept inside `whole`. */
export function zoomSpan(
  span: Span,
  { center, factor, whole }: { center: number; factor: number; whole: Span },
): Span {
  const length = Math.min(Math.max((span.to - span.from) * factor, MIN_SPAN_SECONDS), whole.to - whole.from);
  const around = center >= span.from && center <= span.to ? center : (span.from + span.to) / 2;
  const share = (around - span.from) / (span.to - span.from);
  const from = Math.min(Math.max(around - share * length, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** Returns where `media` lies in `span`, 0..1; outside values when it is outside. */
export function placeIn(span: Span, media: number): number {
  return (media - span.from) / (span.to - span.from);
}

/** Returns round times for an axis of `span` with at most `count` marks. */
export function axisTimes(span: Span, count: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];
  const length = span.to - span.from;
  const step = steps.find((candidate) => length / candidate <= count) ?? 86_400;
  const first = Math.ceil(span.from / step) * step;
  return Array.from({ length: Math.floor((span.to - first) / step) + 1 }, (_, index) => first + index * step);
}
