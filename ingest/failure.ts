// How a decode ended → the error it was, if any.
import { PipelineError } from '../runtime/errors.ts';
import type { DecoderExit } from './decoder-process.ts';

/** What is known when ffmpeg has ended by itself. */
export interface DecodeOutcome {
  readonly exit: DecoderExit;
  /** The last lines of standard error. */
  readonly lines: readonly string[];
  /** Frames that came out. */
  readonly frames: number;
  /** Where the decode was to begin; a resumed one may find nothing left. */
  readonly startFrame: number;
  readonly sampleFps: number;
  /** Names of the container format. */
  readonly format: string | undefined;
  /** What ffmpeg took for its length. */
  readonly durationSeconds: number | undefined;
  /** Bytes of a frame that was not finished. */
  readonly leftoverBytes: number;
}

/** Lines quoted in a message. */
const QUOTED_LINES = 3;
const QUOTED_CHARACTERS = 300;
/** A file may end this much before its announced end: durations are rounded, and sound may outlast the picture. */
const SHORT_SECONDS = 1;

/** Containers that announce their length. For others ffmpeg reckons it from the last time stamp or the size of the file. */
const ANNOUNCED = /^(mov|matroska|flv|asf|mxf|nut)\b/;

// What ffmpeg 5 to 8 say. The demuxer's words only: a decoder stumbles over harmless things too.
const CUT_OFF =
  /partial file|corrupt input packet|Packet corrupt|ended prematurely|Truncat|Error during demuxing/i;
const NO_MEDIA =
  /Invalid data found when processing input|moov atom not found|not on whitelist|Invalid argument|End of file|could not find codec parameters|Cannot determine format of input|no decoder found|Error opening input/i;

const OUT_OF_MEMORY = /Cannot allocate memory|out of memory|malloc of size \d+ failed/i;

/** Returns the error that `outcome` amounts to, or null for a decode that went well. */
export function classifyFailure(outcome: DecodeOutcome): PipelineError | null {
  const { exit, lines, frames, startFrame } = outcome;
  const text = lines.join('\n');
  if (exit.error) {
    return fail('E_FFMPEG_MISSING', `ffmpeg does not start: ${exit.error.code ?? exit.error.message}.`, []);
  }
  if (/^prlimit: failed to execute/m.test(text)) {
    return fail('E_FFMPEG_MISSING', 'ffmpeg does not start.', lines);
  }
  if (/Unrecognized option '?fps_mode/.test(text)) {
    return fail('E_FFMPEG_MISSING', 'Expected ffmpeg 5.1 or newer.', []);
  }
  // ffmpeg takes the signal as a wish to stop, number 24 on every architecture of Node but MIPS.
  if (exit.signal === 'SIGXCPU' || (exit.code !== 0 && /received signal 24\b/.test(text))) {
    return fail('E_SOURCE_LIMIT', 'ffmpeg used more processor time than the operator allows.', lines);
  }
  if (exit.code !== 0 && OUT_OF_MEMORY.test(text)) {
    return fail('E_SOURCE_LIMIT', 'ffmpeg needs more memory than the operator allows.', lines);
  }
  if (/matches no streams|does not contain any stream/.test(text)) {
    return fail('E_SOURCE_NO_VIDEO', 'The source has no moving picture.', []);
  }
  const isShort = endsShort(outcome);
  if (isShort && CUT_OFF.test(text)) return truncated(outcome);
  if (exit.code !== 0) {
    if (frames === 0 && startFrame === 0 && exit.signal === null && NO_MEDIA.test(text)) {
      return fail('E_SOURCE_UNREADABLE', 'ffmpeg does not know this as media.', lines);
    }
    const how = exit.signal === null ? `exited with code ${exit.code}` : `was ended by ${exit.signal}`;
    return fail('E_DECODE_FAILED', `ffmpeg ${how}.`, lines);
  }
  if (frames === 0 && startFrame === 0) {
    return fail('E_SOURCE_UNREADABLE', 'No picture in the source could be decoded.', lines);
  }
  if (outcome.leftoverBytes > 0)
    return fail('E_DECODE_FAILED', 'ffmpeg ended in the middle of a frame.', lines);
  return null;
}

/** Returns the error of an ffmpeg that gave no sign of life for `stallTimeoutMs`. */
export function stalled(stallTimeoutMs: number, lines: readonly string[]): PipelineError {
  return fail('E_DECODE_FAILED', `ffmpeg gave no sign of life for ${stallTimeoutMs / 1_000} s.`, lines);
}

/** Returns the error of an ffmpeg that worked for `timeoutMs` and had no picture to show for it. */
export function barren(timeoutMs: number, lines: readonly string[]): PipelineError {
  return fail('E_DECODE_FAILED', `No picture came out of ffmpeg for ${timeoutMs / 1_000} s.`, lines);
}

/** Returns the error of a live source whose pictures have stopped. */
export function frozen(stallTimeoutMs: number, lines: readonly string[]): PipelineError {
  return fail('E_SOURCE_UNREACHABLE', `No picture came for ${stallTimeoutMs / 1_000} s.`, lines);
}

function endsShort(outcome: DecodeOutcome): boolean {
  const { frames, startFrame, sampleFps, format, durationSeconds } = outcome;
  if (durationSeconds === undefined || !ANNOUNCED.test(format ?? '')) return false;
  // The last frame is displayed until its slot ends, at the latest.
  return durationSeconds - (startFrame + frames) / sampleFps > SHORT_SECONDS;
}

function truncated({ frames, startFrame, sampleFps, durationSeconds, lines }: DecodeOutcome): PipelineError {
  const end = (startFrame + frames) / sampleFps;
  return fail(
    'E_DECODE_TRUNCATED',
    `The source announces ${durationSeconds} s and ends after ${Number(end.toFixed(3))} s.`,
    lines,
  );
}

function fail(
  code:
    | 'E_FFMPEG_MISSING'
    | 'E_SOURCE_NO_VIDEO'
    | 'E_SOURCE_UNREADABLE'
    | 'E_SOURCE_UNREACHABLE'
    | 'E_SOURCE_LIMIT'
    | 'E_DECODE_FAILED'
    | 'E_DECODE_TRUNCATED',
  message: string,
  lines: readonly string[],
): PipelineError {
  const quoted = complaints(lines)
    .slice(-QUOTED_LINES)
    .map((line) => line.slice(0, QUOTED_CHARACTERS));
  const said = quoted.length === 0 ? '' : ` It said: ${quoted.join(' | ')}`;
  return new PipelineError(code, message + said, { facts: { decoderLog: lines } });
}

/** The lines in which ffmpeg complains, without the same one twice; what it merely notes explains nothing. */
function complaints(lines: readonly string[]): string[] {
  const found = lines.filter((line) => !/(^|\] )\[(info|verbose|debug)\]/.test(line));
  return [...new Set(found.map((line) => line.replace(/\[(warning|error|fatal|panic)\] /, '')))];
}
