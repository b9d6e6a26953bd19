// sample ─▶ **publish** ═══ windows ═══▶ worker: pixels by reference, a bounded number in flight.
import type { Queue } from 'bullmq';
import type { StreamMode } from '../protocol/stream.ts';
import { type StreamEnd, type WindowJobInput, windowJobId } from '../protocol/window.ts';
import { toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { NO_TRACING, type Tracing } from '../runtime/tracing.ts';
import { Backlog } from './backlog.ts';
import type { Frame } from './decoder.ts';
import type { IngestMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import { RepeatFinder } from './repeats.ts';
import { assertLease, commitPublished, type LeaseHolder, type Loss, storePixels } from './stream-record.ts';

/** Pixels that nobody renews are gone after this long, one hour; the stream's pulse renews them while they wait. */
export const PIXELS_EXPIRY_MS = 3_600_000;
/** How often a file that waits looks whether there is room. */
const ROOM_POLL_MS = 25;
const FULL_REDIS_RETRY_MS = 250;
/** A worker that dies is not the window's fault. */
const ATTEMPTS = 5;
const RETRY_MS = 500;

export interface PublisherOptions {
  readonly holder: LeaseHolder;
  /** BullMQ `windows.<model>`, or `windows-live.<model>`. */
  readonly queue: Queue;
  readonly mode: StreamMode;
  readonly sizePx: number;
  /** Windows that may wait or be worked on. */
  readonly limit: number;
  /** Luma difference up to which a frame counts as unchanged; 0, the default: only the very same pixels. */
  readonly stillThreshold?: number;
  /** Where the record stands: the seq of the next window, and the grid index of its first frame. */
  readonly published: number;
  readonly nextFrame: number;
  readonly metrics: IngestMetrics;
  readonly log: Logger;
  readonly tracing?: Tracing | undefined;
}

/** Publishes the windows of one stream under one lease, in seq order. */
export class WindowPublisher {
  readonly #options: PublisherOptions;
  readonly #repeats: RepeatFinder;
  /** Live only. */
  readonly #backlog: Backlog | undefined;
  #published: number;
  #nextFrame: number;
  #cursor = 0;
  #isFirst = true;
  /** Since when the next window is awaited, in epoch milliseconds; and the span that publishes it. */
  #awaitedSince = Date.now();
  #trace: string | undefined;
  /** Live: windows that a full Redis did not take, and that are told of as soon as it does. */
  #untold: (Omit<Loss, 'seq'> & { readonly nextFrame: number }) | undefined;
  #durationSeconds: number | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#published = options.published;
    this.#nextFrame = options.nextFrame;
    this.#repeats = new RepeatFinder({
      acrossWindows: options.mode === 'live',
      stillThreshold: options.stillThreshold ?? 0,
    });
    this.#backlog = options.mode === 'live' ? new Backlog(options) : undefined;
  }

  /** Number of windows published, this lease and before. */
  get published(): number {
    return this.#published;
  }

  /** Takes the length of the media in seconds; it is written with the next window. */
  announce(durationSeconds: number): void {
    this.#durationSeconds = durationSeconds;
  }

  /**
   * Publishes a window. A file waits until there is room; a live stream makes room by dropping its oldest waiting window,
   * or this one when all are being worked on. Doing the same window again after a crash changes nothing.
   * @throws LeaseLost; the signal's reason when it is aborted.
   */
  async publishWindow(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    const { tracing = NO_TRACING, holder } = this.#options;
    const facts = { 'verbcast.stream': holder.stream, 'verbcast.window': this.#published };
    const sample = tracing.begin('sample', { from: this.#awaitedSince, facts });
    sample.end({ 'verbcast.frames': frames.length });
    const publish = tracing.follow('publish', sample.trace, facts);
    this.#trace = publish.trace;
    try {
      await this.#publishFrames(frames, signal);
    } finally {
      publish.end();
      this.#trace = undefined;
      this.#awaitedSince = Date.now();
    }
  }

  async #publishFrames(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    if (this.#backlog) return this.#publishLive(this.#backlog, frames, signal);
    await this.#waitForRoom(signal);
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.#send(frames);
      } catch (error) {
        this.#throwUnlessFull(error);
      }
      await pause(FULL_REDIS_RETRY_MS, signal);
    }
  }

  /** Publishes the stream's last window, which has no frames. @throws LeaseLost */
  async publishEnd(end: StreamEnd): Promise<void> {
    await assertLease(this.#options.holder);
    if (this.#backlog) await this.#tellLoss(this.#backlog);
    await this.#addJob({ times: [], end });
    await this.#commit({ nextFrame: this.#nextFrame, frames: 0, end });
  }

  async #publishLive(backlog: Backlog, frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        await this.#tellLoss(backlog);
        if (backlog.isFull) await this.#readCursor();
        if (await backlog.makeRoom()) this.#repeats.forget();
        if (!backlog.isFull) return await this.#send(frames);
        this.#lose(frames);
        return await this.#tellLoss(backlog);
      } catch (error) {
        this.#throwUnlessFull(error);
        this.#repeats.forget();
        // What waits is older than this, and gives memory back.
        if (!(await backlog.dropOldest())) return this.#lose(frames);
      }
    }
  }

  #throwUnlessFull(error: unknown): void {
    if (toPipelineError(error).code !== 'E_REDIS_FULL') throw error;
    const { log, mode, metrics } = this.#options;
    metrics.redisFull.inc();
    log.warn({ seq: this.#published, mode }, 'Redis is out of memory');
  }

  async #send(frames: readonly Frame[]): Promise<void> {
    const { holder, mode, metrics } = this.#options;
    const { repeats, pixels } = this.#repeats.pack(frames);
    const seq = this.#published;
    if (pixels.length === 0) await assertLease(holder);
    else await storePixels(holder, { seq, pixels, expiryMs: PIXELS_EXPIRY_MS });
    const times = frames.map(({ mediaSeconds }) => mediaSeconds);
    await this.#addJob({ times, repeats, ...(mode === 'live' ? { wall: Date.now() } : {}) });
    this.#backlog?.add({ seq, from: times[0] ?? 0, to: times.at(-1) ?? 0, frames: times.length });
    await this.#commit({ nextFrame: nextIndex(frames), frames: frames.length });
    metrics.framesSampled.inc(frames.length);
    metrics.framesRepeated.inc(repeats.length);
  }

  async #addJob(part: Pick<WindowJobInput, 'times' | 'repeats' | 'wall' | 'end'>): Promise<void> {
    const { holder, queue, sizePx } = this.#options;
    const { stream } = holder;
    const seq = this.#published;
    const jobId = windowJobId(stream, seq);
    // The holder before may have sent the job and died before it was written down; this one has its own pixels.
    if (this.#isFirst) await queue.remove(jobId);
    this.#isFirst = false;
    const trace = this.#trace === undefined ? {} : { trace: this.#trace };
    const window: WindowJobInput = { v: 1, stream, seq, sizePx, publishedAt: Date.now(), ...trace, ...part };
    await queue.add('window', window, {
      jobId,
      // The more of a stream is under way, the later its next window's turn: a hog cannot starve others.
      priority: this.#backlog?.priority ?? 1 + Math.max(0, seq - this.#cursor),
      attempts: ATTEMPTS,
      backoff: { type: 'exponential', delay: RETRY_MS },
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  async #commit(step: {
    windows?: number;
    nextFrame: number;
    frames: number;
    end?: StreamEnd;
  }): Promise<void> {
    const { holder } = this.#options;
    const durationSeconds = this.#durationSeconds;
    this.#cursor = await commitPublished(holder, { seq: this.#published, durationSeconds, ...step });
    this.#published += step.windows ?? 1;
    this.#nextFrame = step.nextFrame;
    this.#backlog?.pass(this.#cursor);
  }

  async #waitForRoom(signal: AbortSignal): Promise<void> {
    const isFull = () => this.#published - this.#cursor >= this.#options.limit;
    // The cursor was read with the step before, so it is asked for only when that was too far back.
    if (isFull()) await this.#readCursor();
    while (isFull()) {
      await pause(ROOM_POLL_MS, signal);
      await this.#readCursor();
    }
  }

  async #readCursor(): Promise<void> {
    const { redis, keys, stream } = this.#options.holder;
    this.#cursor = Number((await redis.hget(keys.timeline(stream), 'cursor')) ?? 0);
    this.#backlog?.pass(this.#cursor);
  }

  /** Gives a window up before it is sent. */
  #lose(frames: readonly Frame[]): void {
    const from = this.#untold?.from ?? frames[0]?.mediaSeconds ?? 0;
    const count = frames.length;
    this.#untold = {
      windows: (this.#untold?.windows ?? 0) + 1,
      from,
      to: frames.at(-1)?.mediaSeconds ?? from,
      frames: (this.#untold?.frames ?? 0) + count,
      nextFrame: nextIndex(frames),
    };
    this.#options.metrics.framesSampled.inc(count);
    this.#repeats.forget();
  }

  /** Gives what was lost its seqs and a tombstone, so that clients hear of it. */
  async #tellLoss(backlog: Backlog): Promise<void> {
    if (!this.#untold) return;
    const { nextFrame, ...loss } = this.#untold;
    while (!(await backlog.bury({ seq: this.#published, ...loss }))) {
      // The holder before sent a window under this seq, and it is done.
      await this.#commit({ nextFrame: this.#nextFrame, frames: 0 });
    }
    await this.#commit({ windows: loss.windows, nextFrame, frames: loss.frames });
    this.#untold = undefined;
  }
}

function nextIndex(frames: readonly Frame[]): number {
  return (frames.at(-1)?.index ?? -1) + 1;
}
