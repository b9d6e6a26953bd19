// The frames that pooling looks at: those of the last seconds, each with what it is compared by.
import type { SpanView } from '../models/pooling.ts';
import { dot } from '../models/unit-vectors.ts';
import type { HistoryEntry } from './history.ts';

/** A frame with its embedding `[D]`, its own or the one it repeats. */
export interface SpanFrame {
  readonly media: number;
  readonly embedding: Float32Array;
  /** Seq of the window that holds the embedding. */
  readonly origin: number;
}

/** A frame in the span. */
export interface ComparedFrame extends SpanFrame {
  /** Cosine with each text, `Float64Array [t]`. */
  readonly similarities: Float64Array;
  /** Cosine with itself and with each frame before it in the span, the latest first. */
  readonly products: readonly number[];
}

/** A sliding span of frames. Each frame is compared with the texts once, and once with each frame of the span. */
export class FrameSpan {
  readonly #seconds: number;
  readonly #texts: readonly Float32Array[];
  #frames: readonly ComparedFrame[] = [];
  #last: SpanFrame | undefined;

  /** `seconds`: how long the span is. `texts` `[t][D]`: what frames are compared with. */
  constructor(seconds: number, texts: readonly Float32Array[]) {
    this.#seconds = seconds;
    this.#texts = texts;
  }

  /** Adds a frame and returns those that are less than the span's length older than it, itself too, oldest first. */
  slide(frame: SpanFrame): readonly ComparedFrame[] {
    const kept = this.#frames.filter(({ media }) => media > frame.media - this.#seconds);
    const { embedding } = frame;
    const latest = kept.at(-1);
    const compared: ComparedFrame = {
      ...frame,
      // A frame that repeats another is compared as that one was.
      similarities:
        latest?.embedding === embedding
          ? latest.similarities
          : Float64Array.from(this.#texts, (text) => dot(embedding, text)),
      products: [frame, ...[...kept].reverse()].map((other) => dot(embedding, other.embedding)),
    };
    this.#frames = [...kept, compared];
    return this.#frames;
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

  /** Forgets frames that are the span's length older than `media` or more. */
  prune(media: number): void {
    this.#frames = this.#frames.filter((frame) => frame.media > media - this.#seconds);
  }

  /** The first window whose embeddings are still needed; undefined before the first frame. */
  get from(): number | undefined {
    return this.#frames[0]?.origin;
  }
}

/** Returns what poolings need of consecutive frames of a span. */
export function viewFrames(frames: readonly ComparedFrame[]): SpanView {
  const products = frames.map(() => new Float64Array(frames.length));
  frames.forEach((frame, i) => {
    for (let j = 0; j <= i; j += 1) {
      const product = frame.products[i - j] ?? 0;
      const [row, column] = [products[i], products[j]];
      if (row) row[j] = product;
      if (column) column[i] = product;
    }
  });
  return { similarities: frames.map(({ similarities }) => similarities), products };
}
