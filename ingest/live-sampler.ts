// decode ─▶ **sample** ─▶ publish, for live streams: a window is closed by time, so that no label waits for a slow camera.
import type { Frame } from './decoder.ts';

const LATE = Symbol('late');

/**
 * Yields windows of at most `size` frames that lie within `spanSeconds` of media, each at the latest `spanSeconds` after its
 * first frame came, whether or not another one comes. Frames before a failure are yielded before it is thrown.
 */
export async function* sampleLive(
  frames: AsyncIterable<Frame>,
  { size, spanSeconds }: { size: number; spanSeconds: number },
): AsyncGenerator<readonly Frame[], void, undefined> {
  const source = frames[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<Frame, unknown>> | undefined;
  let window: Frame[] = [];
  let late: ReturnType<typeof startTimer> | undefined;
  const take = () => {
    const full = window;
    window = [];
    late?.cancel();
    late = undefined;
    return full;
  };
  try {
    for (;;) {
      pending ??= settled(source.next());
      const result = await (late ? Promise.race([pending, late.over]) : pending);
      if (result === LATE) {
        yield take();
        continue;
      }
      pending = undefined;
      if (result.done) break;
      const frame = result.value;
      const [first] = window;
      if (first && frame.mediaSeconds - first.mediaSeconds >= spanSeconds) yield take();
      if (window.length === 0 && size > 1) late = startTimer(spanSeconds * 1_000);
      window.push(frame);
      if (window.length === size) yield take();
    }
    if (window.length > 0) yield take();
  } catch (error) {
    pending = undefined;
    if (window.length > 0) yield take();
    throw error;
  } finally {
    late?.cancel();
    const left = source.return?.().catch(() => undefined);
    // With a frame on its way the source ends when that comes, or when its signal is aborted: too long to wait for here.
    if (!pending) await left;
  }
}

/** A rejection that nobody waits for yet is none of the process's business. */
function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function startTimer(ms: number) {
  let cancel = () => {};
  const over = new Promise<typeof LATE>((resolve) => {
    const timer = setTimeout(resolve, ms, LATE);
    cancel = () => clearTimeout(timer);
  });
  return { over, cancel: () => cancel() };
}
