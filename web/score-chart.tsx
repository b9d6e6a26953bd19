// Scores over time: a line per label, and one for the background.
import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { FrameScores } from '../protocol/event.ts';
import { chartColumns } from './chart-data.ts';
import { CHART_HEIGHT_PX, chartOptions } from './chart-options.ts';
import { useLabelOrder } from './label-colours.ts';
import type { Mark } from './marks.ts';
import type { Span } from './span.ts';
import { useDark } from './use-dark.ts';

interface ChartProps {
  frames: readonly FrameScores[];
  gaps: readonly Mark[];
  lines: readonly string[];
  span: Span;
  /** Score at which an action starts, drawn as a dashed line. */
  startsAt: number;
  onHover: (media: number | null) => void;
  onSeek: (media: number) => void;
  onSpan: (span: Span) => void;
}

/** The chart. A click seeks, dragging zooms. */
export function ScoreChart(props: ChartProps) {
  const { frames, gaps, lines, span } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const dark = useDark();
  const colours = useLabelOrder();
  const look = JSON.stringify(lines.map((label) => [label, colours.indexOf(label), dark]));
  const columns = useMemo(
    () => chartColumns(frames, { labels: lines, gaps: gaps.filter((mark) => mark.kind === 'gap') }),
    [frames, lines.join('\n'), gaps],
  );

  useEffect(() => {
    const place = host.current;
    if (!place) return;
    const options = chartOptions({ lines, colours, widthPx: place.clientWidth, props: () => latest.current });
    const chart = new uPlot(options, columns, place);
    plot.current = chart;
    const resized = new ResizeObserver(() =>
      chart.setSize({ width: place.clientWidth, height: CHART_HEIGHT_PX }),
    );
    resized.observe(place);
    return () => {
      resized.disconnect();
      plot.current = null;
      chart.destroy();
    };
  }, [look]);

  useEffect(() => {
    const chart = plot.current;
    if (!chart || chart.series.length !== columns.length) return;
    chart.batch(() => {
      chart.setData(columns, false);
      chart.setScale('x', { min: span.from, max: span.to });
    });
    chart.redraw();
  }, [columns, span.from, span.to, props.startsAt]);

  return (
    <div class="chart">
      <p class="chart-key" aria-hidden="true">
        <span class="key-background">none of these</span>
        <span class="key-start">starts at {props.startsAt.toFixed(2)}</span>
      </p>
      <div
        ref={host}
        class="chart-plot"
        role="img"
        aria-label={`Scores over time of ${lines.join(', ') || 'no label'} and of none of these. The table of actions says when each held.`}
      />
    </div>
  );
}
