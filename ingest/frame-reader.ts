// Bytes from a pipe → frames.
import type { Readable } from 'node:stream';

export interface FrameReader {
  /** Bytes of a frame that has begun and not ended. */
  readonly leftoverBytes: number;
  /** Returns the next frame, or null at the end; `onBytes` is told of everything that arrives. */
  next(onBytes: () => void): Promise<Uint8Array | null>;
}

/** Cuts a byte stream into frames of `frameBytes`; takes no more from it than the next frame needs. */
export function createFrameReader(stdout: Readable, frameBytes: number): FrameReader {
  const chunks: AsyncIterator<Buffer> = stdout[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  let filled = 0;
  const nextChunk = async (): Promise<Buffer | null> => {
    try {
      const { done, value } = await chunks.next();
      return done ? null : value;
    } catch {
      // The pipe was closed under it, because the decoder is being ended.
      return null;
    }
  };
  return {
    get leftoverBytes() {
      return filled;
    },
    async next(onBytes: () => void): Promise<Uint8Array | null> {
      const frame = new Uint8Array(frameBytes);
      filled = 0;
      while (filled < frameBytes) {
        const chunk = rest.length > 0 ? rest : await nextChunk();
        if (chunk === null) return null;
        onBytes();
        const part = chunk.subarray(0, frameBytes - filled);
        frame.set(part, filled);
        filled += part.length;
        rest = chunk.subarray(part.length);
      }
      filled = 0;
      return frame;
    },
  };
}
