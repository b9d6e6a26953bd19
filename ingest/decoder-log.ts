// What ffmpeg says on standard error: the facts it announces, and its last lines.
import { redact } from '../sources/redaction.ts';

/** Lines kept of one decoder. */
export const DECODER_LOG_LINES = 100;
/** A line without an end is cut here; a file's metadata can be made of anything. */
const LINE_MAX = 2_000;

/** Announcements about the input, as far as ffmpeg has made them. */
export interface InputFacts {
  /** Names of the container format, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  format: string | undefined;
  /** Length of the media in seconds. */
  durationSeconds: number | undefined;
  /** Grid index of the first frame that was decoded after a seek. */
  firstSlot: number | undefined;
}

export interface DecoderLog {
  readonly facts: Readonly<InputFacts>;
  /** Resolves when `facts.firstSlot` is known. */
  readonly landed: Promise<void>;
  /** The last lines, oldest first, without credentials and without the directory of the input. */
  lines(): string[];
  /** Takes what came on standard error; text may end in the middle of a line. */
  push(text: string): void;
}

/** Returns an empty log for the decoder of `path`. `onDuration` is told the length of the media once, if it is announced. */
export function createDecoderLog(path: string, onDuration?: (seconds: number) => void): DecoderLog {
  const facts: InputFacts = { format: undefined, durationSeconds: undefined, firstSlot: undefined };
  const lines: string[] = [];
  const name = path.slice(path.lastIndexOf('/') + 1);
  let rest = '';
  let land = () => {};
  const landed = new Promise<void>((resolve) => {
    land = resolve;
  });

  const take = (line: string) => {
    // The status line that ffmpeg redraws.
    if (line === '' || /^\[info\] frame=/.test(line)) return;
    if (/^\[Parsed_showinfo/.test(line)) return readSlot(line);
    readFacts(line);
    lines.push(redact(tidy(line).replaceAll(`file:${path}`, name).replaceAll(path, name)));
    if (lines.length > DECODER_LOG_LINES) lines.shift();
  };
  const readSlot = (line: string) => {
    const slot = /\] n: *0 pts: *(-?\d+) /.exec(line)?.[1];
    if (slot === undefined) return;
    facts.firstSlot ??= Number(slot);
    land();
  };
  const readFacts = (line: string) => {
    facts.format ??= /^\[info\] Input #0, ([\w,]+), from /.exec(line)?.[1];
    if (facts.durationSeconds !== undefined) return;
    const duration = announcedDuration(line, facts.format);
    if (duration === undefined) return;
    facts.durationSeconds = duration;
    onDuration?.(duration);
  };
  return {
    facts,
    landed,
    lines: () => (rest === '' ? [...lines] : [...lines, tidy(rest)]),
    push(text) {
      const parts = (rest + text).split(/[\r\n]+/);
      rest = (parts.pop() ?? '').slice(0, LINE_MAX);
      for (const part of parts) take(part.slice(0, LINE_MAX));
    },
  };
}

/** Drops the address from `[mov @ 0x55…]`: it says nothing, and makes equal messages differ. */
function tidy(line: string): string {
  return line.replace(/ @ 0x[0-9a-f]+/g, '').replace(/\p{Cc}/gu, '?');
}

function announcedDuration(line: string, format: string | undefined): number | undefined {
  const match = /^\[info\] {3}Duration: (\d+):(\d\d):(\d\d\.\d+)(?:, start: (-?\d+\.\d+))?/.exec(line);
  if (!match) return undefined;
  const [, hours, minutes, seconds, start] = match;
  const total = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  // Matroska counts from zero, the others from their start.
  const lead = format?.startsWith('matroska') ? Math.max(0, Number(start ?? 0)) : 0;
  return Math.max(0, Math.round((total - lead) * 1_000) / 1_000);
}
