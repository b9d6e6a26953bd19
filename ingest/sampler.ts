// decode ─▶ **sample** ─▶ publish: frames in groups that one job carries.
import type { StreamMode } from '../protocol/stream.ts';
import type { Frame } from './decoder.ts';
import { sampleLive } from './live-sampler.ts';

/** Frames in a window of a file: 2.4 MB of pixels at 224 x 224, enough to fill half a batch. */
export const FILE_WINDOW_FRAMES = 16;
/** Media time in a window of a live stream: a label waits for its window to be full. */
export const LIVE_WINDOW_SECONDS = 0.5;

/**
 * Yields windows: consecutive frames, at least one and at most {@link FILE_WINDOW_FRAMES}, or {@link LIVE_WINDOW_SECONDS}
 * for live streams. From the same first frame come the same windows. Frames before a failure are yielded before it is thrown.
 */
export async function* sampleWindows(
  frames: AsyncIterable<Frame>,
  { mode, sampleFps }: { mode: StreamMode; sampleFps: number },
): AsyncGenerator<readonly Frame[], void, undefined> {
  const size = windowFrames({ mode, sampleFps });
  if (mode === 'live') {
    yield* sampleLive(frames, { size, spanSeconds: LIVE_WINDOW_SECONDS });
    return;
  }
  let window: Frame[] = [];
  let failure: { error: unknown } | undefined;
  try {
    for await (const frame of frames) {
      window.push(frame);
      if (window.length < size) continue;
      const full = window;
      window = [];
      yield full;
    }
  } catch (error) {
    failure = { error };
  }
  if (window.length > 0) yield window;
  if (failure) throw failure.error;
}

/** Returns how many frames a full window has. */
export function windowFrames({ mode, sampleFps }: { mode: StreamMode; sampleFps: number }): number {
  if (mode === 'file') return FILE_WINDOW_FRAMES;
  return Math.min(FILE_WINDOW_FRAMES, Math.max(1, Math.floor(LIVE_WINDOW_SECONDS * sampleFps)));
}

/**
 * Returns how many windows of a stream may wait or be worked on. A file's: `windowsInFlight`. A live stream's: what
 * `waitSeconds` of media fill, so that what a label tells of is never much older; two at least, one being worked on.
 */
export function inFlightLimit(
  { mode, sampleFps }: { mode: StreamMode; sampleFps: number },
  { windowsInFlight, waitSeconds }: { windowsInFlight: number; waitSeconds: number },
): number {
  if (mode === 'file') return windowsInFlight;
  const windowSeconds = windowFrames({ mode, sampleFps }) / sampleFps;
  return Math.min(windowsInFlight, Math.max(2, Math.ceil(waitSeconds / windowSeconds)));
}
