// The newest sampled picture of a live stream, for people who watch it: what the model sees, nothing more.
import type { Logger } from '../runtime/log.ts';
import type { Frame } from './decoder.ts';
import type { LeaseHolder } from './stream-record.ts';

/** A picture is kept every half second at the most. */
const EVERY_MS = 500;
/** A picture that no newer one replaces is gone after this long, or after two steps of the grid when these are longer. */
const EXPIRY_MS = 5_000;

/** Returns a function that keeps a frame, unless one was kept just now. A Redis that takes none costs pictures only. */
export function keepPreviews(
  { redis, keys, stream }: LeaseHolder,
  { sampleFps, log }: { sampleFps: number; log: Logger },
): (frame: Frame | undefined) => void {
  const expiryMs = Math.max(EXPIRY_MS, 2_000 / sampleFps);
  let keptAt = Number.NEGATIVE_INFINITY;
  let isUnderWay = false;
  return (frame) => {
    const now = performance.now();
    if (!frame || isUnderWay || now - keptAt < EVERY_MS) return;
    keptAt = now;
    isUnderWay = true;
    const { buffer, byteOffset, byteLength } = frame.pixels;
    redis
      .set(keys.preview(stream), Buffer.from(buffer, byteOffset, byteLength), 'PX', expiryMs)
      .catch((err: unknown) => log.debug({ err }, 'a preview was not kept'))
      .finally(() => {
        isUnderWay = false;
      });
  };
}
