// One ffmpeg from its start to its end: arguments in, frames out, an error that says what went wrong.
import type { FrameGeometry } from '../protocol/model.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { HardwareDecoder } from './decoder-arguments.ts';
import { type DecoderLimits, type Limiter, unlimited } from './decoder-limits.ts';
import { createDecoderLog, type DecoderLog } from './decoder-log.ts';
import { type DecoderExit, startDecoder } from './decoder-process.ts';
import { barren, classifyFailure, frozen, stalled } from './failure.ts';
import { createFrameReader } from './frame-reader.ts';
import { watchForStall } from './stall.ts';

/** One sampled picture. */
export interface Frame {
  /** Grid index k. */
  readonly index: number;
  /** Media time in seconds, k / sampleFps; 0 is where players begin. */
  readonly mediaSeconds: number;
  /** uint8 `[S, S, 3]`, RGB. */
  readonly pixels: Uint8Array;
}

/** What every decode has. */
export interface DecoderSettings {
  /** The ffmpeg to run. */
  readonly ffmpeg: string;
  /** Its environment, whole; that of this process holds secrets. PATH alone by default. */
  readonly env?: Readonly<Record<string, string>>;
  readonly limiter?: Limiter;
  readonly limits?: DecoderLimits;
  readonly geometry: FrameGeometry;
  /** Frames per second of media. */
  readonly sampleFps: number;
  /** Decoding threads; 2 by default. */
  readonly threads?: number;
  readonly hardware?: HardwareDecoder;
  /** An ffmpeg that is waited for and gives no sign of life for this long is ended; 60 s by default. */
  readonly stallTimeoutMs?: number;
  /** What a sign of life is: frames alone, or anything that ffmpeg says. */
  readonly signOfLife?: 'frame' | 'any';
  /** Longest media, in seconds; none by default. */
  readonly maxSeconds?: number;
  /** Told the length of the media in seconds, once, when the container announces it. */
  readonly onDuration?: (seconds: number) => void;
  /** Told when ffmpeg has started. */
  readonly onStart?: (pid: number | undefined) => void;
  /** Told ffmpeg's last lines, at most 100, without credentials, when it is over. */
  readonly onLog?: (lines: readonly string[]) => void;
}

export interface DecoderRun extends DecoderSettings {
  readonly args: readonly string[];
  /** What is opened, as it stands in `args`; kept out of the log. */
  readonly input: string;
  readonly startFrame: number;
  readonly isSeekable: boolean;
}

const STALL_TIMEOUT_MS = 60_000;
/** An ffmpeg that says that it is alive, and has no frame for this many times the timeout, is at work on nothing. */
const FRAMELESS_TIMEOUTS = 10;
const BYTES_PER_PIXEL = 3;
const PLAIN_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin' };

/** Returns `late` before the first frame when a seek has landed behind it: where frames are rare, indexes mislead. */
export async function* runDecoder(
  run: DecoderRun,
  signal: AbortSignal,
): AsyncGenerator<Frame, 'done' | 'late', undefined> {
  signal.throwIfAborted();
  const { geometry, sampleFps, startFrame, isSeekable, maxSeconds = Number.POSITIVE_INFINITY } = run;
  const { stallTimeoutMs = STALL_TIMEOUT_MS, signOfLife = 'any', limiter = unlimited } = run;
  const tooLong = () =>
    new PipelineError('E_SOURCE_LIMIT', `The source is longer than the ${maxSeconds} s that are allowed.`);
  let announcedSeconds = 0;
  const log = createDecoderLog(run.input, (seconds) => {
    announcedSeconds = seconds;
    run.onDuration?.(seconds);
  });
  const command = limiter(run.ffmpeg, run.args, run.limits ?? {});
  const decoder = startDecoder({ ...command, env: run.env ?? PLAIN_ENV }, (text) => {
    if (signOfLife === 'any') stall.beat();
    log.push(text);
  });
  const end = () => void decoder.stop();
  const stall = watchForStall(stallTimeoutMs, end);
  const drought = watchForStall(stallTimeoutMs * FRAMELESS_TIMEOUTS, end);
  signal.addEventListener('abort', end, { once: true });
  run.onStart?.(decoder.pid);

  let frames = 0;
  try {
    const reader = createFrameReader(decoder.stdout, geometry.sizePx ** 2 * BYTES_PER_PIXEL);
    for (;;) {
      const arrival = reader.next(() => {
        stall.beat();
        drought.beat();
      });
      const pixels = await stall.during(drought.during(arrival));
      signal.throwIfAborted();
      if (isSeekable && frames === 0) {
        await Promise.race([log.landed, decoder.exited]);
        if ((log.facts.firstSlot ?? Number.POSITIVE_INFINITY) > startFrame) return 'late';
      }
      if (pixels === null) break;
      const index = startFrame + frames;
      frames++;
      if (Math.max(announcedSeconds, index / sampleFps) > maxSeconds) throw tooLong();
      yield { index, mediaSeconds: index / sampleFps, pixels };
    }
    const exit = await stall.during(decoder.exited);
    signal.throwIfAborted();
    if (drought.hasHappened) throw barren(stallTimeoutMs * FRAMELESS_TIMEOUTS, log.lines());
    if (stall.hasHappened) {
      throw signOfLife === 'any' ? stalled(stallTimeoutMs, log.lines()) : frozen(stallTimeoutMs, log.lines());
    }
    const failure = judge(run, { exit, log, frames, leftoverBytes: reader.leftoverBytes });
    if (failure) throw failure;
    return 'done';
  } finally {
    stall.end();
    drought.end();
    signal.removeEventListener('abort', end);
    await decoder.stop();
    run.onLog?.(log.lines());
  }
}

function judge(
  { startFrame, sampleFps }: DecoderRun,
  {
    exit,
    log,
    frames,
    leftoverBytes,
  }: { exit: DecoderExit; log: DecoderLog; frames: number; leftoverBytes: number },
): PipelineError | null {
  return classifyFailure({
    ...{ exit, lines: log.lines(), frames, startFrame, sampleFps, leftoverBytes },
    ...log.facts,
  });
}
