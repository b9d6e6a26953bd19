// How the chart looks and what the pointer does on it.
import type uPlot from 'uplot';
import { colourOf, cssColour } from './label-colours.ts';
import { MIN_SPAN_SECONDS, type Span } from './span.ts';

/** Height of the chart with its edges, CSS pixels; `.chart-plot` in tracks.css is as high. */
export const CHART_HEIGHT_PX = 200;
/** Room for the numbers left of the chart; `--axis` in tracks.css is the same. */
const AXIS_WIDTH_PX = 34;
/** A drag shorter than this is a click. */
const CLICK_PX = 5;

/** What the chart asks for while it lives; read anew each time. */
export interface ChartHost {
  span: Span;
  startsAt: number;
  onHover: (media: number | null) => void;
  onSeek: (media: number) => void;
  onSpan: (span: Span) => void;
}

/** Returns uPlot's options for `lines` and the background line behind them. */
export function chartOptions({
  lines,
  colours,
  widthPx,
  props,
}: {
  lines: readonly string[];
  colours: readonly string[];
  widthPx: number;
  props: () => ChartHost;
}): uPlot.Options {
  const soft = cssColour('--ink-soft');
  const points: uPlot.Series.Points = { show: (_, __, first, last) => last - first < 60, size: 4 };
  return {
    width: widthPx,
    height: CHART_HEIGHT_PX,
    // Above the highest score there is room for the flags of label changes.
    padding: [18, 0, 8, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: () => [props().span.from, props().span.to] },
      y: { range: [0, 1] },
    },
    axes: [
      { show: false },
      {
        size: AXIS_WIDTH_PX,
        gap: 6,
        font: '11px system-ui, sans-serif',
        stroke: soft,
        grid: { stroke: cssColour('--line'), width: 1 },
        ticks: { show: false },
        splits: [0, 0.25, 0.5, 0.75, 1],
        values: ['0', '', '0.5', '', '1'],
      },
    ],
    series: [
      {},
      ...lines.map((label) => ({ stroke: colourOf(colours, label), width: 1.75, points })),
      { stroke: soft, width: 1.25, dash: [3, 4], points: { show: false } },
    ],
    cursor: {
      x: false,
      y: false,
      points: { size: 7 },
      drag: { x: true, y: false, setScale: false },
    },
    hooks: {
      draw: [(chart) => drawThreshold(chart, props().startsAt)],
      setCursor: [(chart) => props().onHover(hovered(chart))],
      setSelect: [(chart) => zoomToSelection(chart, props().onSpan)],
      ready: [(chart) => seekOnClick(chart, (media) => props().onSeek(media))],
    },
  };
}

function hovered(chart: uPlot): number | null {
  const { left } = chart.cursor;
  return left === undefined || left < 0 ? null : chart.posToVal(left, 'x');
}

function zoomToSelection(chart: uPlot, onSpan: (span: Span) => void): void {
  const { left, width } = chart.select;
  if (width < CLICK_PX) return;
  const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')];
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onSpan({ from, to: Math.max(to, from + MIN_SPAN_SECONDS) });
}

function seekOnClick(chart: uPlot, onSeek: (media: number) => void): void {
  let pressedAt = 0;
  chart.over.addEventListener('mousedown', (event) => {
    pressedAt = event.clientX;
  });
  chart.over.addEventListener('click', (event) => {
    if (Math.abs(event.clientX - pressedAt) >= CLICK_PX) return;
    onSeek(Math.max(0, chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, 'x')));
  });
}

function drawThreshold(chart: uPlot, score: number): void {
  const { ctx, bbox } = chart;
  const y = chart.valToPos(score, 'y', true);
  ctx.save();
  ctx.strokeStyle = cssColour('--ink-soft');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
