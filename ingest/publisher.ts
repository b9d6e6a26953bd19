// sample ─▶ **publish** ═══ windows ═══▶ worker: pixels by reference, a bounded number in flight.
import type { Queue } from 'bullmq';
import type { StreamMode } from '../protocol/stream.ts';
import { type StreamEnd, type WindowJobInput, windowJobId } from '../protocol/window.ts';
import { toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Frame } from './decoder.ts';
import type { IngestMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import { RepeatFinder } from './repeats.ts';
import { assertLease, buryWindow, commitPublished, type LeaseHolder, storePixels } from './stream-record.ts';

/** Pixels that nobody renews are gone after this long, one hour; the stream's pulse renews them while they wait. */
export const PIXELS_EXPIRY_MS = 3_600_000;
/** How often a file that waits looks whether there is room. */
const ROOM_POLL_MS = 25;
const FULL_REDIS_RETRY_MS = 1_000;
/** A worker that dies is not the window's fault. */
const ATTEMPTS = 5;
const RETRY_MS = 500;

export interface PublisherOptions {
  readonly holder: LeaseHolder;
  /** BullMQ `windows.<model>`. */
  readonly queue: Queue;
  readonly mode: StreamMode;
  readonly sizePx: number;
  /** Windows that may wait or be worked on (WINDOWS_IN_FLIGHT). */
  readonly limit: number;
  /** Where the record stands: the seq of the next window, and the grid index of its first frame. */
  readonly published: number;
  readonly nextFrame: number;
  readonly metrics: IngestMetrics;
  readonly log: Logger;
}

/** Media times of a window that is out, in seconds. */
interface Sent {
  readonly seq: number;
  readonly from: number;
  readonly to: number;
  readonly frames: number;
}

/** Publishes the windows of one stream under one lease, in seq order. */
export class WindowPublisher {
  readonly #options: PublisherOptions;
  readonly #repeats: RepeatFinder;
  #published: number;
  #nextFrame: number;
  #cursor = 0;
  #isFirst = true;
  /** Live: what was sent under this lease and not dropped, from the cursor on; at most `limit`. */
  #waiting: Sent[] = [];
  #durationSeconds: number | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#published = options.published;
    this.#nextFrame = options.nextFrame;
    this.#repeats = new RepeatFinder({ acrossWindows: options.mode === 'live' });
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
    const { mode } = this.#options;
    if (mode === 'file') await this.#waitForRoom(signal);
    else if (!(await this.#makeRoom())) return this.#skip(frames);
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.#send(frames);
      } catch (error) {
        const { code } = toPipelineError(error);
        if (code !== 'E_REDIS_FULL') throw error;
        this.#options.log.warn({ seq: this.#published, mode }, 'Redis is out of memory');
        if (mode === 'live') return this.#lose(frames);
      }
      await pause(FULL_REDIS_RETRY_MS, signal);
    }
  }

  /** Publishes the stream's last window, which has no frames. @throws LeaseLost */
  async publishEnd(end: StreamEnd): Promise<void> {
    await assertLease(this.#options.holder);
    await this.#addJob({ times: [], end });
    await this.#commit({ nextFrame: this.#nextFrame, frames: 0, end });
  }

  async #send(frames: readonly Frame[]): Promise<void> {
    const { holder, mode, metrics } = this.#options;
    const { repeats, pixels } = this.#repeats.pack(frames);
    const seq = this.#published;
    if (pixels.length === 0) await assertLease(holder);
    else await storePixels(holder, { seq, pixels, expiryMs: PIXELS_EXPIRY_MS });
    const times = frames.map(({ mediaSeconds }) => mediaSeconds);
    await this.#addJob({ times, repeats, ...(mode === 'live' ? { wall: Date.now() } : {}) });
    if (mode === 'live')
      this.#waiting.push({ seq, from: times[0] ?? 0, to: times.at(-1) ?? 0, frames: times.length });
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
    const window: WindowJobInput = { v: 1, stream, seq, sizePx, publishedAt: Date.now(), ...part };
    await queue.add('window', window, {
      jobId,
      // The more of a stream is under way, the later its next window's turn: a hog cannot starve others.
      priority: 1 + Math.max(0, seq - this.#cursor),
      attempts: ATTEMPTS,
      backoff: { type: 'exponential', delay: RETRY_MS },
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  async #commit(step: { nextFrame: number; frames: number; end?: StreamEnd }): Promise<void> {
    const { holder } = this.#options;
    const durationSeconds = this.#durationSeconds;
    this.#cursor = await commitPublished(holder, { seq: this.#published, durationSeconds, ...step });
    this.#published++;
    this.#nextFrame = step.nextFrame;
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
    this.#waiting = this.#waiting.filter(({ seq }) => seq >= this.#cursor);
  }

  /** Drops the oldest windows that nobody works on until there is room; returns whether there is. */
  async #makeRoom(): Promise<boolean> {
    const { holder, queue, limit } = this.#options;
    if (this.#waiting.length >= limit) await this.#readCursor();
    for (const sent of [...this.#waiting]) {
      if (this.#waiting.length < limit) break;
      const jobId = windowJobId(holder.stream, sent.seq);
      // A locked job is being worked on, and one that is gone is done.
      if (!(await queue.getJob(jobId)) || (await queue.remove(jobId)) === 0) continue;
      if (await buryWindow(holder, sent)) this.#options.metrics.framesDropped.inc(sent.frames);
      this.#waiting = this.#waiting.filter(({ seq }) => seq !== sent.seq);
      this.#repeats.forget();
    }
    return this.#waiting.length < limit;
  }

  /** Gives a window up before it is sent: its seq gets a tombstone at once. */
  async #skip(frames: readonly Frame[]): Promise<void> {
    const from = frames[0]?.mediaSeconds ?? 0;
    const to = frames.at(-1)?.mediaSeconds ?? 0;
    await buryWindow(this.#options.holder, { seq: this.#published, from, to, frames: frames.length });
    await this.#commit({ nextFrame: nextIndex(frames), frames: frames.length });
    this.#options.metrics.framesSampled.inc(frames.length);
    this.#options.metrics.framesDropped.inc(frames.length);
    this.#repeats.forget();
  }

  /** Gives frames up that cannot even be told of: Redis takes nothing. */
  #lose(frames: readonly Frame[]): void {
    this.#options.metrics.framesDropped.inc(frames.length);
    this.#repeats.forget();
  }
}

function nextIndex(frames: readonly Frame[]): number {
  return (frames.at(-1)?.index ?? -1) + 1;
}
