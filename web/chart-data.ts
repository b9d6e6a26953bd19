// From scored frames to the columns that the chart draws.
import type { FrameScores } from '../protocol/event.ts';

/** First the media times, then a column per label, last the background; null where there is no score. */
export type ChartColumns = [number[], ...(number | null)[][]];

/**
 * Returns the columns for `labels`. A label that is not among a frame's best has no score there. Inside each gap stands a
 * time without scores, so that no line is drawn across what was not seen.
 */
export function chartColumns(
  frames: readonly FrameScores[],
  { labels, gaps }: { labels: readonly string[]; gaps: readonly { from: number; to: number }[] },
): ChartColumns {
  const holes = gaps.map((gap): FrameScores & { hole: true } => ({
    media: (gap.from + gap.to) / 2,
    top: [],
    background: 0,
    hole: true,
  }));
  const rows: (FrameScores & { hole?: true })[] =
    holes.length === 0 ? [...frames] : [...frames, ...holes].sort((a, b) => a.media - b.media);
  const scores = rows.map((row) => new Map(row.top.map(({ label, score }) => [label, score])));
  return [
    rows.map((row) => row.media),
    ...labels.map((label) => scores.map((row) => row.get(label) ?? null)),
    rows.map((row) => (row.hole ? null : row.background)),
  ];
}
