// source ─▶ **decode** ─▶ sample: an ffmpeg per source, frames on a grid.
import type { FrameGeometry } from '../protocol/model.ts';
import { seeksToKeyframes } from './container.ts';
import { decoderArguments } from './decoder-arguments.ts';
import { createDecoderLog } from './decoder-log.ts';
import { startDecoder } from './decoder-process.ts';
import { classifyFailure, stalled } from './failure.ts';
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

export interface DecodeRequest {
  /** The ffmpeg to run. */
  readonly ffmpeg: string;
  /** Absolute path of the file. */
  readonly path: string;
  readonly geometry: FrameGeometry;
  /** Frames per second of media. */
  readonly sampleFps: number;
  /** Grid index of the first frame; a resumed decode gives the same frames as one from the start. */
  readonly startFrame?: number;
  /** Read at the speed of the media; as fast as frames are taken otherwise. */
  readonly isPaced?: boolean;
  /** Decoding threads; 2 by default. */
  readonly threads?: number;
  /** An ffmpeg that is waited for and gives no sign of life for this long is ended; 60 s by default. */
  readonly stallTimeoutMs?: number;
  /** Told the length of the media in seconds, once, when the container announces it. */
  readonly onDuration?: (seconds: number) => void;
  /** Told when ffmpeg has started. */
  readonly onStart?: (pid: number | undefined) => void;
}

const STALL_TIMEOUT_MS = 60_000;
const BYTES_PER_PIXEL = 3;

/**
 * Yields the frames of a file in order. ffmpeg runs ahead of the consumer by a frame or two, and ends with the generator,
 * however that ends.
 * @throws E_SOURCE_UNREADABLE, E_SOURCE_NO_VIDEO, E_DECODE_TRUNCATED, E_DECODE_FAILED after the frames that there were;
 * E_FFMPEG_MISSING; the signal's reason when it is aborted.
 */
export async function* decodeFrames(
  request: DecodeRequest,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  signal.throwIfAborted();
  const startFrame = request.startFrame ?? 0;
  if (startFrame > 0 && (await seeksToKeyframes(request.path))) {
    if ((yield* runDecoder(request, { startFrame, isSeekable: true }, signal)) === 'done') return;
  }
  yield* runDecoder(request, { startFrame, isSeekable: false }, signal);
}

/** Returns `late` before the first frame when a seek has landed behind it: where frames are rare, indexes mislead. */
async function* runDecoder(
  request: DecodeRequest,
  { startFrame, isSeekable }: { startFrame: number; isSeekable: boolean },
  signal: AbortSignal,
): AsyncGenerator<Frame, 'done' | 'late', undefined> {
  const { path, geometry, sampleFps, isPaced = false, threads = 2 } = request;
  const { stallTimeoutMs = STALL_TIMEOUT_MS } = request;
  const args = decoderArguments({ path, geometry, sampleFps, startFrame, isSeekable, isPaced, threads });
  const log = createDecoderLog(path, request.onDuration);
  const decoder = startDecoder(request.ffmpeg, args, (text) => {
    stall.beat();
    log.push(text);
  });
  const end = () => void decoder.stop();
  const stall = watchForStall(stallTimeoutMs, end);
  signal.addEventListener('abort', end, { once: true });
  request.onStart?.(decoder.pid);

  let frames = 0;
  try {
    const reader = createFrameReader(decoder.stdout, geometry.sizePx ** 2 * BYTES_PER_PIXEL);
    for (;;) {
      const pixels = await stall.during(reader.next(stall.beat));
      signal.throwIfAborted();
      if (isSeekable && frames === 0) {
        await Promise.race([log.landed, decoder.exited]);
        if ((log.facts.firstSlot ?? Number.POSITIVE_INFINITY) > startFrame) return 'late';
      }
      if (pixels === null) break;
      const index = startFrame + frames;
      frames++;
      yield { index, mediaSeconds: index / sampleFps, pixels };
    }
    const exit = await stall.during(decoder.exited);
    signal.throwIfAborted();
    const lines = log.lines();
    if (stall.hasHappened) throw stalled(stallTimeoutMs, lines);
    const { leftoverBytes } = reader;
    const outcome = { exit, lines, frames, startFrame, sampleFps, leftoverBytes, ...log.facts };
    const failure = classifyFailure(outcome);
    if (failure) throw failure;
    return 'done';
  } finally {
    stall.end();
    signal.removeEventListener('abort', end);
    await decoder.stop();
  }
}
