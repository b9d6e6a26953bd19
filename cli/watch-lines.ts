// what `watch` knows → lines of text. Pure; the screen cuts what is too long.
import Table from 'cli-table3';
import type { Action, StreamEvent } from '../protocol/event.ts';
import { barOf } from './bar.ts';
import { clock } from './clock.ts';
import type { Ink } from './ink.ts';
import { cellWidth, cutCells, fitCells } from './screen.ts';
import type { WatchState } from './watch-state.ts';

const TOP_MAX = 5;
const RUNNING_MAX = 6;
const LABEL_CELLS = 32;
const NONE = '(none of these)';

/** What stays the same while a stream is watched, and how far it is. */
export interface WatchFrame {
  /** Name of the source, for the first line. */
  readonly title: string;
  readonly model: string;
  /** Length of the media in seconds; null while it is not known, and for live streams. */
  readonly durationSeconds: number | null;
  readonly columns: number;
  readonly ink: Ink;
}

/** Returns the live picture: where it is, the top labels with scores, and a line per running action. */
export function liveLines(state: WatchState, frame: WatchFrame): string[] {
  const { ink, columns } = frame;
  const place = progressText(state, frame);
  const head = cutCells(`${frame.title} · ${frame.model} · ${state.status}`, columns - 3 - place.length);
  const gap = ' '.repeat(Math.max(1, columns - 1 - cellWidth(head) - place.length));
  const lines = [ink.bold(head) + gap + place];
  if (frame.durationSeconds) lines.push(bar(state.media / frame.durationSeconds, columns - 1, ink.cyan, ink));
  lines.push('', ...topLines(state, frame), '');
  const shown = state.running.slice(0, RUNNING_MAX);
  lines.push(...shown.map((action) => runningLine(action, state, frame)));
  if (state.running.length > shown.length) lines.push(`  and ${state.running.length - shown.length} more`);
  if (shown.length === 0) lines.push(ink.dim('  no action is running'));
  return lines;
}

function topLines({ top, background }: WatchState, { columns, ink }: WatchFrame): string[] {
  if (top.length === 0) return [ink.dim('  no scores yet')];
  const labelCells = Math.min(LABEL_CELLS, Math.max(12, columns - 40));
  const barCells = Math.min(40, columns - labelCells - 10);
  const line = (label: string, score: number, paint: (text: string) => string) =>
    `  ${paint(fitCells(label, labelCells))} ${score.toFixed(2)} ${bar(score, barCells, paint, ink)}`;
  return [
    ...top
      .slice(0, TOP_MAX)
      .map(({ label, score }, rank) => line(label, score, rank === 0 ? ink.green : String)),
    line(NONE, background, ink.dim),
  ];
}

function bar(share: number, cells: number, paint: (text: string) => string, ink: Ink): string {
  const { filled, empty } = barOf(share, cells);
  return paint(filled) + ink.dim(empty);
}

function runningLine(
  { label, start, ...known }: Action,
  { media, top }: WatchState,
  { columns, ink }: WatchFrame,
): string {
  // Actions are updated now and then; the scores of each frame are newer.
  const score = top.find((one) => one.label === label)?.score ?? known.score;
  const peak = Math.max(known.peak, score);
  const lasting = `${Math.max(0, media - start).toFixed(1)} s`;
  const numbers = `since ${clock(start)} (${lasting}), now ${score.toFixed(2)}, peak ${peak.toFixed(2)}`;
  const shown = cutCells(label, Math.max(8, columns - numbers.length - 5));
  return `${ink.green('▶')} ${ink.bold(shown)}  ${numbers}`;
}

/** Returns how far a stream is: `0:37.0 of 1:12.0, 51 %`, or the media time alone where the length is not known. */
export function progressText(
  { media, status }: WatchState,
  { durationSeconds }: Pick<WatchFrame, 'durationSeconds'>,
): string {
  if (!durationSeconds) return clock(media);
  // The last sampled frame lies a little before the end.
  const percent = status === 'ended' ? 100 : Math.min(100, Math.floor((media / durationSeconds) * 100));
  return `${clock(media)} of ${clock(durationSeconds)}, ${percent} %`;
}

/** Returns one plain line on where a stream is and its top three labels, for output that is not a terminal. */
export function plainLine(state: WatchState, frame: Pick<WatchFrame, 'durationSeconds'>): string {
  const top = state.top.slice(0, 3).map(({ label, score }) => `${label} ${score.toFixed(2)}`);
  return `${progressText(state, frame)}  top: ${[...top, `${NONE} ${state.background.toFixed(2)}`].join(', ')}`;
}

/** Returns the line that stays for `event`, or undefined for events that only change the picture. */
export function lastingLine(event: StreamEvent, ink: Ink): string | undefined {
  switch (event.type) {
    case 'action.started': {
      const { label, start, score } = event.action;
      return `${ink.green('▶')} ${clock(start)}  ${label}  started, score ${score.toFixed(2)}`;
    }
    case 'action.ended': {
      const { label, start, end = event.media, peak } = event.action;
      return `${ink.cyan('■')} ${clock(end)}  ${label}  ended, ${clock(start)} to ${clock(end)}, peak ${peak.toFixed(2)}`;
    }
    case 'gap':
      return `${ink.yellow('!')} ${clock(event.from)} to ${clock(event.to)} is missing (${event.reason})`;
    default:
      return undefined;
  }
}

/** Returns the table of all actions in order of their start, fit to `columns`; where there were none, the best scores. */
export function timelineLines(
  state: WatchState,
  { columns, ink }: Pick<WatchFrame, 'columns' | 'ink'>,
): string[] {
  const actions = [...state.over, ...state.running].sort((a, b) => a.start - b.start);
  if (actions.length === 0) return nothingLines(state, ink);
  const labelCells = Math.max(12, Math.min(60, columns - 1 - 46));
  const table = new Table({
    head: ['start', 'end', 'seconds', 'label', 'peak'],
    colAligns: ['right', 'right', 'right', 'left', 'right'],
    colWidths: [10, 10, 10, labelCells + 2, 7],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  for (const { start, end, label, peak } of actions) {
    const until = end === undefined ? ['', ''] : [clock(end), (end - start).toFixed(1)];
    table.push([clock(start), ...until, label, peak.toFixed(2)]);
  }
  return table.toString().split('\n');
}

function nothingLines({ best }: WatchState, ink: Ink): string[] {
  const scores = [...best.values()].sort((a, b) => b.score - a.score).slice(0, TOP_MAX);
  return [
    'No label reached its threshold, so there is no action to list. The highest scores were:',
    ...scores.map(({ label, score, media }) => `  ${score.toFixed(2)} at ${clock(media)}  ${label}`),
    ...(scores.length === 0 ? [ink.dim('  none: no frame was scored')] : []),
  ];
}
