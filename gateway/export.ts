// Actions as text files: csv, SubRip and WebVTT.
import type { ActionSpan, ExportFormat } from '../protocol/rest.ts';

/** A cue that is shorter cannot be read, and one without length is not valid. */
const CUE_MIN_SECONDS = 0.1;

type TextFormat = Exclude<ExportFormat, 'json'>;

export const CONTENT_TYPES: Record<TextFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
};

/** Returns `actions` as a text file. `until` is the media time in seconds up to which actions that hold still are shown. */
export function exportActions(actions: readonly ActionSpan[], format: TextFormat, until: number): string {
  if (format === 'csv') return toCsv(actions);
  return format === 'srt' ? toSrt(actions, until) : toVtt(actions, until);
}

/** RFC 4180. `end` is empty while the action holds. */
function toCsv(actions: readonly ActionSpan[]): string {
  const rows = actions.map(({ id, label, start, end, peak }) => [id, label, start, end ?? '', peak]);
  return [['id', 'label', 'start', 'end', 'peak'], ...rows]
    .map((row) => `${row.map((cell) => quote(String(cell))).join(',')}\r\n`)
    .join('');
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function toSrt(actions: readonly ActionSpan[], until: number): string {
  return actions
    .map((action, i) => {
      const [start, end] = cueTimes(action, until);
      // SubRip has no escapes: an arrow in the text would be read as the times of a cue.
      const text = cueText(action).replaceAll('-->', '→');
      return `${i + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${text}\n\n`;
    })
    .join('');
}

function toVtt(actions: readonly ActionSpan[], until: number): string {
  const cues = actions.map((action) => {
    const [start, end] = cueTimes(action, until);
    const text = cueText(action).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return `${action.id}\n${clock(start, '.')} --> ${clock(end, '.')}\n${text}\n\n`;
  });
  return `WEBVTT\n\n${cues.join('')}`;
}

function cueTimes({ start, end }: ActionSpan, until: number): [number, number] {
  return [start, Math.max(end ?? until, start + CUE_MIN_SECONDS)];
}

/** One line: an empty one would end the cue. */
function cueText({ label, peak }: ActionSpan): string {
  return `${label.replace(/\s+/g, ' ')} (${Math.round(peak * 100)} %)`;
}

/** Returns a media time as `hh:mm:ss.mmm`; hours go on growing past 99. */
function clock(seconds: number, separator: ',' | '.'): string {
  const ms = Math.round(seconds * 1000);
  const pad = (value: number, length: number) => String(Math.floor(value)).padStart(length, '0');
  const whole = `${pad(ms / 3_600_000, 2)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1000) % 60, 2)}`;
  return `${whole}${separator}${pad(ms % 1000, 3)}`;
}
