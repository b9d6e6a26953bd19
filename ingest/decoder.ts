// source ─▶ **decode** ─▶ sample: an ffmpeg per file, frames on a grid.
import { seeksToKeyframes } from './container.ts';
import { decoderArguments } from './decoder-arguments.ts';
import { type DecoderSettings, type Frame, runDecoder } from './decoder-run.ts';

export type { Frame } from './decoder-run.ts';

export interface DecodeRequest extends DecoderSettings {
  /** Absolute path of the file. */
  readonly path: string;
  /** Grid index of the first frame; a resumed decode gives the same frames as one from the start. */
  readonly startFrame?: number;
  /** Read at the speed of the media; as fast as frames are taken otherwise. */
  readonly isPaced?: boolean;
}

const THREADS = 2;

/**
 * Yields the frames of a file in order. ffmpeg runs ahead of the consumer by a frame or two, and ends with the generator,
 * however that ends.
 * @throws E_SOURCE_UNREADABLE, E_SOURCE_NO_VIDEO, E_DECODE_TRUNCATED, E_DECODE_FAILED, E_SOURCE_LIMIT after the frames that
 * there were; E_FFMPEG_MISSING; the signal's reason when it is aborted.
 */
export async function* decodeFrames(
  request: DecodeRequest,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  signal.throwIfAborted();
  const startFrame = request.startFrame ?? 0;
  if (startFrame > 0 && (await seeksToKeyframes(request.path))) {
    if ((yield* decodeFrom(request, { startFrame, isSeekable: true }, signal)) === 'done') return;
  }
  yield* decodeFrom(request, { startFrame, isSeekable: false }, signal);
}

function decodeFrom(
  request: DecodeRequest,
  { startFrame, isSeekable }: { startFrame: number; isSeekable: boolean },
  signal: AbortSignal,
): AsyncGenerator<Frame, 'done' | 'late', undefined> {
  const { path, geometry, sampleFps, isPaced = false, threads = THREADS, hardware = 'none' } = request;
  const plan = { path, geometry, sampleFps, startFrame, isSeekable, isPaced, threads, hardware };
  const args = decoderArguments(plan);
  return runDecoder({ ...request, args, input: path, startFrame, isSeekable }, signal);
}
