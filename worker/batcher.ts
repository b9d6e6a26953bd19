// windows of many streams → batches for the model.

export interface BatcherOptions {
  /** Frames in one batch at the most; a window that is larger goes alone. */
  readonly maxFrames: number;
  /** How long a batch waits to be filled, in milliseconds. */
  readonly waitMs: number;
  /** Embeds uint8 `[count, S, S, 3]`, which it may keep, and returns `[count, D]`. */
  readonly embed: (pixels: Uint8Array<ArrayBuffer>, count: number) => Promise<Float32Array>;
  /** Told after each batch: its size in frames. */
  readonly onBatch?: (frames: number) => void;
}

interface Request {
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly resolve: (embeddings: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Two batches are on their way at a time: one runs while the next is copied and handed over. */
const BATCHES_UNDER_WAY = 2;

/** Merges requests into batches. It holds no more requests than the worker's concurrency. */
export class Batcher {
  readonly #options: BatcherOptions;
  #waiting: Request[] = [];
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Returns the embeddings `[count, D]` of `pixels`, uint8 `[count, S, S, 3]`, which are copied before this is over. */
  submit(pixels: Uint8Array, count: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pixels, count, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#underWay >= BATCHES_UNDER_WAY || this.#waiting.length === 0) return;
    const frames = this.#waiting.reduce((sum, request) => sum + request.count, 0);
    if (frames >= this.#options.maxFrames) {
      this.#flush();
    } else {
      this.#timer ??= setTimeout(() => this.#flush(), this.#options.waitMs);
    }
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#underWay >= BATCHES_UNDER_WAY) return;
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    this.#underWay++;
    void this.#run(batch).finally(() => {
      this.#underWay--;
      this.#schedule();
    });
    this.#schedule();
  }

  #takeBatch(): Request[] {
    let frames = 0;
    let taken = 0;
    for (const { count } of this.#waiting) {
      if (taken > 0 && frames + count > this.#options.maxFrames) break;
      frames += count;
      taken++;
    }
    return this.#waiting.splice(0, taken);
  }

  async #run(batch: Request[]): Promise<void> {
    try {
      const count = batch.reduce((sum, request) => sum + request.count, 0);
      const pixels = new Uint8Array(batch.reduce((sum, request) => sum + request.pixels.length, 0));
      let offset = 0;
      for (const request of batch) {
        pixels.set(request.pixels, offset);
        offset += request.pixels.length;
      }
      const embeddings = await this.#options.embed(pixels, count);
      this.#options.onBatch?.(count);
      const dims = embeddings.length / count;
      let frame = 0;
      for (const request of batch) {
        request.resolve(embeddings.subarray(frame * dims, (frame + request.count) * dims));
        frame += request.count;
      }
    } catch (error) {
      for (const request of batch) request.reject(error);
    }
  }
}
