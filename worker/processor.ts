// windows ═══▶ **process** ─▶ embed ─▶ store ─▶ timeline
import type { Keyspace } from '../protocol/keys.ts';
import type { StreamMode } from '../protocol/stream.ts';
import { WindowJob } from '../protocol/window.ts';
import { PipelineError, toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import { NO_TRACING, type Tracing } from '../runtime/tracing.ts';
import type { TimelineAdvancer } from './advance.ts';
import { encodeEnd, encodeFrames, encodeTombstone } from './history.ts';
import { storeEntry } from './window-store.ts';

export interface ProcessorOptions {
  readonly redis: Redis;
  readonly keys: Keyspace;
  readonly sizePx: number;
  readonly log: Logger;
  readonly timeline: TimelineAdvancer;
  readonly tracing?: Tracing;
  /** Returns unit embeddings `[count, D]` of uint8 `[count, S, S, 3]`. */
  readonly embed: (pixels: Uint8Array, count: number, lane: StreamMode) => Promise<Float32Array>;
}

/** Works on windows. Doing a window twice changes nothing: what is stored first stays, and the cursor has passed. */
export class WindowProcessor {
  readonly #options: ProcessorOptions;

  constructor(options: ProcessorOptions) {
    this.#options = options;
  }

  /** Embeds one window, stores what came of it, and moves the stream's timeline. */
  async process(window: WindowJob): Promise<void> {
    const { tracing = NO_TRACING } = this.#options;
    const facts = { 'verbcast.stream': window.stream, 'verbcast.window': window.seq };
    const span = tracing.follow('embed', window.trace, facts);
    await this.#store({ ...window, trace: span.trace });
    span.end();
    await this.#options.timeline.advance(window.stream);
  }

  /** Gives a window up whose job failed for good, so that the timeline can pass it. The end of a stream is never given up. */
  async abandon(window: WindowJob): Promise<void> {
    await this.#write(window, window.end ? encodeEnd(window.end) : this.#lost(window));
    await this.#options.timeline.advance(window.stream);
  }

  async #store(window: WindowJob): Promise<void> {
    if (window.end) return this.#write(window, encodeEnd(window.end));
    if (window.repeats.length === window.times.length)
      return this.#write(window, this.#encode(window, new Float32Array()));
    const { redis, keys } = this.#options;
    const [pixels, stored, cursor] = await Promise.all([
      redis.getBuffer(keys.frames(window.stream, window.seq)),
      redis.hexists(keys.embeddings(window.stream), String(window.seq)),
      redis.hget(keys.timeline(window.stream), 'cursor'),
    ]);
    const done = stored === 1 || Number(cursor ?? 0) > window.seq;
    if (done) {
      if (pixels) await redis.del(keys.frames(window.stream, window.seq));
      return;
    }
    await this.#write(window, pixels ? await this.#embed(window, pixels) : this.#gone(window));
  }

  async #embed(window: WindowJob, pixels: Buffer): Promise<Buffer | string> {
    const { sizePx, embed, log } = this.#options;
    const count = window.times.length - window.repeats.length;
    try {
      const expected = count * sizePx * sizePx * 3;
      if (window.sizePx !== sizePx || pixels.length !== expected) {
        throw new PipelineError(
          'E_INFERENCE',
          `Expected ${count} frames of ${sizePx} px (${expected} bytes), got frames of ${window.sizePx} px (${pixels.length} bytes).`,
        );
      }
      return this.#encode(window, await embed(pixels, count, window.wall === undefined ? 'file' : 'live'));
    } catch (error) {
      const failure = toPipelineError(error, 'E_INFERENCE');
      if (failure.traits.retryable) throw failure;
      log.error({ err: failure, stream: window.stream, seq: window.seq }, 'a window could not be embedded');
      return this.#lost(window);
    }
  }

  #encode({ times, repeats, wall, publishedAt, trace }: WindowJob, embeddings: Float32Array): Buffer {
    return encodeFrames({ times, repeats, embeddings, wall, origin: { publishedAt, trace } });
  }

  #gone(window: WindowJob): string {
    const err = new PipelineError('E_WINDOW_GONE', 'The pixels of a window expired before a worker took it.');
    this.#options.log.warn({ err, stream: window.stream, seq: window.seq }, 'a window is lost');
    return this.#lost(window);
  }

  #lost({ times }: WindowJob): string {
    return encodeTombstone({
      dropped: 'lost',
      from: times[0] ?? 0,
      to: times.at(-1) ?? 0,
      frames: times.length,
    });
  }

  #write({ stream, seq }: WindowJob, entry: Buffer | string): Promise<void> {
    return storeEntry(this.#options.redis, this.#options.keys, { stream, seq, entry });
  }
}

/** Returns the window of a job's data. @throws E_INTERNAL when it is not one. */
export function parseWindow(data: unknown): WindowJob {
  const result = WindowJob.safeParse(data);
  if (result.success) return result.data;
  throw new PipelineError('E_INTERNAL', 'Expected the data of a windows job.', { cause: result.error });
}
