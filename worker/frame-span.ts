// The frames that pooling looks at: those of the last seconds, each with the embedding that stands for it.
import type { HistoryEntry } from './history.ts';

/** A frame with its embedding `[D]`, its own or the one it repeats. */
export interface SpanFrame {
  readonly media: number;
  readonly embedding: Float32Array;
  /** Seq of the window that holds the embedding. */
  readonly origin: number;
}

/** A sliding span of `poolSeconds` of frames. */
export class FrameSpan {
  readonly #poolSeconds: number;
  #frames: SpanFrame[] = [];
  #last: SpanFrame | undefined;

  constructor(poolSeconds: number) {
    this.#poolSeconds = poolSeconds;
  }

  /** Adds a frame and returns the embeddings of the frames at most `poolSeconds` older than it, oldest first. */
  slide(frame: SpanFrame): Float32Array[] {
    this.#frames = [...this.#frames, frame].filter(({ media }) => media > frame.media - this.#poolSeconds);
    return this.#frames.map(({ embedding }) => embedding);
  }

  /**
   * Returns the frames of a window with repeats resolved. Repeats of a frame that was given up have no embedding to
   * take, and are left out.
   */
  resolve(seq: number, entry: HistoryEntry): SpanFrame[] {
    if (entry.kind !== 'frames') {
      this.#last = undefined;
      return [];
    }
    return entry.times.flatMap((media, i) => {
      const embedding = entry.embeddings[i];
      const frame = embedding ? { media, embedding, origin: seq } : this.#last && { ...this.#last, media };
      this.#last = frame;
      return frame ? [frame] : [];
    });
  }

  /** The first window whose embeddings are still needed; undefined before the first frame. */
  get from(): number | undefined {
    return this.#frames[0]?.origin;
  }
}
