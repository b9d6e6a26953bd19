// What of a live stream waits for a worker, and what of it is given up so that labels stay fresh and memory bounded.
import type { Queue } from 'bullmq';
import { windowJobId } from '../protocol/window.ts';
import type { IngestMetrics } from './metrics.ts';
import { buryWindows, type LeaseHolder, type Loss } from './stream-record.ts';

/**
 * Priority number of a live window that nothing was dropped before. The stream's oldest window gets a smaller one with
 * every drop: who has gone without longest is next.
 */
const CALM = 64;

/** A window that is out. Media times in seconds. */
export type Sent = Omit<Loss, 'windows'>;

/** The windows of one live stream that were sent under this lease, from the timeline's cursor on; at most `limit`. */
export class Backlog {
  readonly #holder: LeaseHolder;
  readonly #queue: Queue;
  readonly #limit: number;
  readonly #metrics: IngestMetrics;
  #waiting: readonly Sent[] = [];
  #lastLoss: Loss | undefined;
  /** Windows dropped since a worker took one of this stream. */
  #droppedInARow = 0;

  constructor(options: { holder: LeaseHolder; queue: Queue; limit: number; metrics: IngestMetrics }) {
    this.#holder = options.holder;
    this.#queue = options.queue;
    this.#limit = options.limit;
    this.#metrics = options.metrics;
  }

  /** Of the next window: a stream's later windows come after the first ones of others. */
  get priority(): number {
    return CALM + this.#waiting.length;
  }

  add(sent: Sent): void {
    this.#waiting = [...this.#waiting, sent];
  }

  /** Forgets what the timeline has passed. */
  pass(cursor: number): void {
    const left = this.#waiting.filter(({ seq }) => seq >= cursor);
    if (left.length < this.#waiting.length) this.#droppedInARow = 0;
    this.#waiting = left;
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#limit;
  }

  /** Drops the oldest windows that nobody works on until there is room. Returns whether something was dropped. */
  async makeRoom(): Promise<boolean> {
    let hasDropped = false;
    while (this.isFull && (await this.dropOldest())) hasDropped = true;
    return hasDropped;
  }

  /** Drops the oldest window that nobody works on; returns whether there was one. Its pixels and its job are gone then. */
  async dropOldest(): Promise<boolean> {
    for (const sent of this.#waiting) {
      const job = await this.#queue.getJob(windowJobId(this.#holder.stream, sent.seq));
      const state = await job?.getState();
      // One that is being worked on, or is done, stays in the count until the timeline has passed it.
      if (!job || state === 'active' || state === 'unknown') {
        this.#droppedInARow = 0;
        continue;
      }
      // The tombstone comes first: a job without one that is gone would be a hole that no timeline passes.
      const isBuried = await this.bury({ ...sent, windows: 1 });
      await this.#queue.remove(job.id ?? '');
      this.#waiting = this.#waiting.filter(({ seq }) => seq !== sent.seq);
      if (isBuried) {
        this.#droppedInARow++;
        await this.#raise();
      }
      return true;
    }
    return false;
  }

  /** Puts a tombstone and counts it; returns false when the window is done already, or the lease is lost. */
  async bury(loss: Loss): Promise<boolean> {
    const buried = await buryWindows(this.#holder, loss, this.#lastLoss);
    if (!buried) return false;
    this.#lastLoss = buried;
    this.#metrics.windowsDropped.inc(loss.windows);
    this.#metrics.framesDropped.inc(loss.frames);
    return true;
  }

  /** What was the second oldest is the oldest now. */
  async #raise(): Promise<void> {
    const [oldest] = this.#waiting;
    if (!oldest) return;
    const job = await this.#queue.getJob(windowJobId(this.#holder.stream, oldest.seq));
    const priority = Math.max(1, CALM - this.#droppedInARow);
    // It may just have been taken.
    await job?.changePriority({ priority }).catch(() => undefined);
  }
}
