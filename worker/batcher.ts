// windows of many streams → batches for the model.
import type { StreamMode } from '../protocol/stream.ts';

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
  /** Frames that went into batches so far, and those that came back. */
  taken: number;
  answered: number;
  embeddings: Float32Array | undefined;
}

/** Frames of one request in one batch. */
interface Slice {
  readonly request: Request;
  readonly from: number;
  readonly count: number;
}

/** Two batches are on their way at a time: one runs while the next is copied and handed over. */
const BATCHES_UNDER_WAY = 2;
/** While live streams are there, no batch is meant to take longer than this: a live frame waits for the one before it. */
const SLICE_MS = 40;
/** For how long after a live frame others are expected. */
const ATTENTIVE_MS = 5_000;
/** A lane that had nothing to do is owed no more than this for it. */
const CREDIT_MS = 1_000;
/** Weight of the batches before in the measured time per frame. */
const PACE_MEMORY = 0.8;

/**
 * Merges requests into batches. Live and file have a lane each; where both wait, the one goes that has had less, so that live
 * frames go first as long as they are less than half of the work, and neither lane can starve the other. While live frames
 * come, batches are short, and large windows of files go through in slices. It holds no more requests than the worker's
 * concurrency.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #lanes: Record<StreamMode, Request[]> = { file: [], live: [] };
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #attentiveUntilMs = 0;
  /** Frames that each lane has had, less what an idle lane is not owed. */
  #had: Record<StreamMode, number> = { file: 0, live: 0 };
  #pace: { ms: number; frames: number } = { ms: 0, frames: 0 };
  #lastEndMs = 0;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** How long a frame takes, in milliseconds; 0 before the first one. */
  get msPerFrame(): number {
    return this.#pace.frames === 0 ? 0 : this.#pace.ms / this.#pace.frames;
  }

  /** Returns the embeddings `[count, D]` of `pixels`, uint8 `[count, S, S, 3]`, which are copied before this is over. */
  submit(pixels: Uint8Array, count: number, lane: StreamMode = 'file'): Promise<Float32Array> {
    if (lane === 'live') this.#attentiveUntilMs = performance.now() + ATTENTIVE_MS;
    return new Promise((resolve, reject) => {
      const progress = { taken: 0, answered: 0, embeddings: undefined };
      this.#lanes[lane].push({ pixels, count, resolve, reject, ...progress });
      this.#schedule();
    });
  }

  #schedule(): void {
    const frames = [...this.#lanes.live, ...this.#lanes.file].reduce(
      (sum, request) => sum + request.count - request.taken,
      0,
    );
    if (this.#underWay >= this.#underWayMax || frames === 0) return;
    if (frames >= this.#limit) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#options.waitMs);
  }

  get #isAttentive(): boolean {
    return performance.now() < this.#attentiveUntilMs && this.#options.maxFrames * this.msPerFrame > SLICE_MS;
  }

  get #underWayMax(): number {
    return this.#isAttentive ? 1 : BATCHES_UNDER_WAY;
  }

  get #limit(): number {
    const { maxFrames } = this.#options;
    return this.#isAttentive ? Math.max(1, Math.floor(SLICE_MS / this.msPerFrame)) : maxFrames;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#underWay >= this.#underWayMax) return;
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    this.#underWay++;
    void this.#run(batch).finally(() => {
      this.#underWay--;
      this.#schedule();
    });
    this.#schedule();
  }

  #takeBatch(): Slice[] {
    const mode = this.#nextLane();
    const batch = this.#takeFrom(this.#lanes[mode]);
    this.#had[mode] += batch.reduce((sum, { count }) => sum + count, 0);
    return batch;
  }

  #nextLane(): StreamMode {
    const { live, file } = this.#lanes;
    const credit = this.msPerFrame === 0 ? 0 : CREDIT_MS / this.msPerFrame;
    const had = { ...this.#had };
    this.#had = {
      file: Math.max(had.file, had.live - credit),
      live: Math.max(had.live, had.file - credit),
    };
    if (live.length === 0) return 'file';
    return file.length > 0 && this.#had.file < this.#had.live ? 'file' : 'live';
  }

  #takeFrom(lane: Request[]): Slice[] {
    const [limit, mayCut] = [this.#limit, this.#isAttentive];
    const batch: Slice[] = [];
    let frames = 0;
    for (const request of [...lane]) {
      const left = request.count - request.taken;
      const room = limit - frames;
      if (left > room && !mayCut && frames > 0) break;
      const count = mayCut ? Math.min(left, room) : left;
      if (count <= 0) break;
      batch.push({ request, from: request.taken, count });
      request.taken += count;
      frames += count;
      if (request.taken === request.count) lane.shift();
    }
    return batch;
  }

  async #run(batch: readonly Slice[]): Promise<void> {
    try {
      const startedAtMs = performance.now();
      const parts = batch.map(({ request, from, count }) => {
        const frameBytes = request.pixels.length / request.count;
        return request.pixels.subarray(from * frameBytes, (from + count) * frameBytes);
      });
      const count = batch.reduce((sum, slice) => sum + slice.count, 0);
      const pixels = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let offset = 0;
      for (const part of parts) {
        pixels.set(part, offset);
        offset += part.length;
      }
      const embeddings = await this.#options.embed(pixels, count);
      this.#measure(startedAtMs, count);
      this.#options.onBatch?.(count);
      let row = 0;
      for (const slice of batch) {
        answer(slice, embeddings, { row, dims: embeddings.length / count });
        row += slice.count;
      }
    } catch (error) {
      const failed = new Set(batch.map(({ request }) => request));
      for (const mode of ['file', 'live'] as const) {
        this.#lanes[mode] = this.#lanes[mode].filter((request) => !failed.has(request));
      }
      for (const { reject } of failed) reject(error);
    }
  }

  /** The time in which the model was busy with a batch: not that in which it was busy with the one before. */
  #measure(startedAtMs: number, frames: number): void {
    const endMs = performance.now();
    const ms = endMs - Math.max(startedAtMs, this.#lastEndMs);
    this.#lastEndMs = endMs;
    const { ms: before, frames: framesBefore } = this.#pace;
    this.#pace = { ms: before * PACE_MEMORY + ms, frames: framesBefore * PACE_MEMORY + frames };
  }
}

/** Gives a request its rows, and resolves it when it has all of them. */
function answer(
  { request, from, count }: Slice,
  embeddings: Float32Array,
  { row, dims }: { row: number; dims: number },
): void {
  const rows = embeddings.subarray(row * dims, (row + count) * dims);
  if (count === request.count) {
    request.resolve(rows);
    return;
  }
  request.embeddings ??= new Float32Array(request.count * dims);
  request.embeddings.set(rows, from * dims);
  request.answered += count;
  if (request.answered === request.count) request.resolve(request.embeddings);
}
