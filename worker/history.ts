// What lies in `vc:{id}:embeddings`, per window seq: embedded frames, a tombstone, or the end of the stream.
import { z } from 'zod';
import { fromFloat16, toFloat16 } from '../models/float16.ts';
import { decodeOrigin, encodeOrigin, type Origin } from '../protocol/origin.ts';
import { StreamEnd } from '../protocol/window.ts';
import { PipelineError } from '../runtime/errors.ts';

/** The frames of a window that was embedded. */
export interface EmbeddedWindow {
  readonly kind: 'frames';
  /** Media times in seconds. */
  readonly times: readonly number[];
  /** A unit embedding `[D]` per frame; undefined where the frame repeats the one before it. */
  readonly embeddings: readonly (Float32Array | undefined)[];
  /** Live: epoch milliseconds at which the last frame arrived. */
  readonly wall?: number;
  readonly origin?: Origin;
}

/** Windows in a row that were given up: under overload by ingest, or because its pixels were gone when a worker came. */
export const Tombstone = z.strictObject({
  dropped: z.enum(['overload', 'lost']),
  from: z.number(),
  to: z.number(),
  frames: z.int().min(0),
  /** One when absent. */
  windows: z.int().min(1).optional(),
});
export type Tombstone = z.infer<typeof Tombstone>;

const EndMarker = z.strictObject({ end: StreamEnd });

export type HistoryEntry =
  | EmbeddedWindow
  | ({ readonly kind: 'tombstone' } & Tombstone)
  | { readonly kind: 'end'; readonly end: StreamEnd };

const FORMAT = 1;
// format u8, bytes of the origin u8, frame count u16, D u32, wall f64 (0: none); then times f64 [n], repeats u8 [n] (1:
// repeats the frame before it), embeddings f16 [n - repeats, D], origin. Little endian.
const HEADER_BYTES = 16;

/**
 * Returns the stored form of a window's embeddings `[times.length - repeats.length, D]` with their media times: 16 + 9
 * bytes a frame + 2 D bytes an embedding + at most 80 of its origin.
 */
export function encodeFrames({
  times,
  repeats = [],
  embeddings,
  wall = 0,
  origin,
}: {
  times: readonly number[];
  repeats?: readonly number[];
  embeddings: Float32Array;
  wall?: number | undefined;
  origin?: Origin | undefined;
}): Buffer {
  const count = times.length;
  const embedded = count - repeats.length;
  const dims = embedded === 0 ? 0 : embeddings.length / embedded;
  const repeated = new Uint8Array(count);
  for (const index of repeats) repeated[index] = 1;
  const header = Buffer.alloc(HEADER_BYTES);
  const from = Buffer.from(origin ? encodeOrigin(origin) : '');
  header.writeUInt8(FORMAT, 0);
  header.writeUInt8(from.length, 1);
  header.writeUInt16LE(count, 2);
  header.writeUInt32LE(dims, 4);
  header.writeDoubleLE(wall, 8);
  const halves = toFloat16(embeddings);
  return Buffer.concat([
    header,
    Buffer.from(Float64Array.from(times).buffer),
    repeated,
    Buffer.from(halves.buffer, halves.byteOffset, halves.byteLength),
    from,
  ]);
}

/** Returns the stored form of a tombstone. */
export function encodeTombstone(tombstone: Tombstone): string {
  return JSON.stringify(tombstone);
}

/** Returns the stored form of the end of a stream. */
export function encodeEnd(end: StreamEnd): string {
  return JSON.stringify({ end });
}

/** Returns one stored entry. @throws E_INTERNAL when its format is not known. */
export function decodeEntry(stored: Buffer): HistoryEntry {
  if (stored[0] === 0x7b) {
    const parsed: unknown = JSON.parse(stored.toString('utf8'));
    const end = EndMarker.safeParse(parsed);
    if (end.success) return { kind: 'end', end: end.data.end };
    return { kind: 'tombstone', ...Tombstone.parse(parsed) };
  }
  if (stored[0] !== FORMAT) {
    throw new PipelineError(
      'E_INTERNAL',
      `Expected stored embeddings of format ${FORMAT}, got ${stored[0]}.`,
    );
  }
  const count = stored.readUInt16LE(2);
  const dims = stored.readUInt32LE(4);
  const wall = stored.readDoubleLE(8);
  // Copies, so that the typed arrays are aligned whatever buffer Redis answered in.
  const part = (from: number, to?: number) => new Uint8Array(stored.subarray(from, to)).buffer;
  const timesEnd = HEADER_BYTES + count * 8;
  const times = [...new Float64Array(part(HEADER_BYTES, timesEnd))];
  const repeated = stored.subarray(timesEnd, timesEnd + count);
  const originAt = stored.length - stored.readUInt8(1);
  const origin = decodeOrigin(stored.toString('latin1', originAt));
  const values = fromFloat16(new Uint16Array(part(timesEnd + count, originAt)));
  let row = 0;
  const embeddings = times.map((_, i) => {
    if (repeated[i] === 1) return undefined;
    row++;
    return values.subarray((row - 1) * dims, row * dims);
  });
  return { kind: 'frames', times, embeddings, ...(wall > 0 ? { wall } : {}), ...(origin ? { origin } : {}) };
}

/** Returns how many windows an entry stands for. */
export function windowsOf(entry: HistoryEntry): number {
  return entry.kind === 'tombstone' ? (entry.windows ?? 1) : 1;
}
