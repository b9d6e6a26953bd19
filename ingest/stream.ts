// One stream's life: claimed, decoded, published, ended. What is here is the order of things; the rest is done elsewhere.
import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import { endDirectly } from '../protocol/ending.ts';
import { appendEvents } from '../protocol/event-log.ts';
import type { Keyspace } from '../protocol/keys.ts';
import type { StoredRecord } from '../protocol/record.ts';
import type { Reason, StreamJob, StreamMode, StreamStatus } from '../protocol/stream.ts';
import type { StreamEnd } from '../protocol/window.ts';
import { toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Tracing } from '../runtime/tracing.ts';
import type { SourcePolicy } from '../sources/policy.ts';
import type { IngestMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import { keepPreviews } from './preview.ts';
import { WindowPublisher } from './publisher.ts';
import { type Pulse, StreamOver, startPulse } from './pulse.ts';
import { inFlightLimit, sampleWindows } from './sampler.ts';
import { NotServedYet, readServedModel, waitForModel } from './served-model.ts';
import { checkSource, type DecoderPolicy, streamFrames } from './stream-frames.ts';
import { assertLease, claimStream, type LeaseHolder, LeaseLost } from './stream-record.ts';

/** What the streams of one ingest share. */
export interface StreamContext {
  readonly redis: Redis;
  readonly keys: Keyspace;
  readonly policy: SourcePolicy;
  readonly decoders: DecoderPolicy;
  readonly windowsInFlight: number;
  readonly liveWaitSeconds: number;
  readonly retentionSeconds: number;
  /** Luma difference up to which a frame counts as unchanged. */
  readonly stillThreshold: number;
  /** Returns the BullMQ queue of a model's windows. */
  readonly windowsQueue: (model: string, mode: StreamMode) => Queue;
  /** Whether other streams wait for an ingest. */
  readonly isSlotWanted: () => Promise<boolean>;
  readonly metrics: IngestMetrics;
  readonly tracing?: Tracing;
  readonly log: Logger;
}

/** How often the end of a stream is looked for. */
const SETTLE_POLL_MS = 500;

/**
 * Runs one stream until it has its final status, as long as this ingest holds it. A failure of the source is an end like
 * others; it goes out as the stream's last window, after every label.
 * Returns `over` when nobody has anything left to do, `lost` when another ingest has the stream, and `later` when nobody
 * serves its model and other streams wait for the place it takes.
 * @throws the reason of `shutdown` when that is aborted; E_REDIS_UNAVAILABLE, E_REDIS_FULL and defects. Then the stream is
 * to be run again, here or elsewhere, and goes on where it was.
 */
export async function runStream(
  job: StreamJob,
  context: StreamContext,
  shutdown: AbortSignal,
): Promise<'over' | 'lost' | 'later'> {
  const { redis, keys } = context;
  const holder: LeaseHolder = { redis, keys, stream: job.stream, lease: randomUUID() };
  const record = await claimStream(holder);
  if (!record) return 'over';
  const log = context.log.child({ stream: job.stream });
  const pulse = startPulse(holder, { isStopped: record.stop > 0, log });
  context.metrics.streamsRunning.inc();
  log.info({ source: record.source, mode: record.mode, nextFrame: record.nextFrame }, 'stream taken');
  try {
    await new StreamRun({ job, record, holder, pulse, shutdown, context: { ...context, log } }).run();
    log.info('stream over');
    return 'over';
  } catch (error) {
    if (error instanceof StreamOver) return 'over';
    if (error instanceof NotServedYet) return 'later';
    if (!(error instanceof LeaseLost)) throw error;
    const held = await redis.hget(keys.stream(job.stream), 'lease');
    if (held === holder.lease) throw error;
    return held === null ? 'over' : 'lost';
  } finally {
    context.metrics.streamsRunning.dec();
    await pulse.close();
  }
}

interface StreamRunOptions {
  readonly job: StreamJob;
  readonly record: StoredRecord;
  readonly holder: LeaseHolder;
  readonly pulse: Pulse;
  readonly context: StreamContext;
  readonly shutdown: AbortSignal;
}

/** One stream under one lease. */
class StreamRun {
  readonly #options: StreamRunOptions;
  readonly #queue: Queue;
  /** Aborted when this ingest can do no more for the stream. */
  readonly #gone: AbortSignal;
  #status: StreamStatus;
  #publisher: WindowPublisher | undefined;
  #decoders = 0;

  constructor(options: StreamRunOptions) {
    const { record, pulse, shutdown, context } = options;
    this.#options = options;
    this.#queue = context.windowsQueue(record.model, record.mode);
    this.#gone = AbortSignal.any([shutdown, pulse.over]);
    this.#status = record.status;
  }

  async run(): Promise<void> {
    // With `end` in the record the last window is out already; the workers have the rest to do.
    if (this.#options.record.end === undefined) await this.#finish(await this.#play());
    await this.#settle();
  }

  /** Source → windows. Returns how it ended. */
  async #play(): Promise<StreamEnd> {
    const { pulse, context } = this.#options;
    try {
      await this.#publishAll(AbortSignal.any([this.#gone, pulse.stop]));
      return { status: 'ended' };
    } catch (error) {
      this.#gone.throwIfAborted();
      if (error instanceof LeaseLost || error instanceof StreamOver) throw error;
      if (error instanceof NotServedYet && !pulse.stop.aborted) throw error;
      if (pulse.stop.aborted) return { status: 'cancelled' };
      const failure = toPipelineError(error);
      if (failure.code === 'E_REDIS_UNAVAILABLE' || failure.code === 'E_REDIS_FULL') throw failure;
      context.log.warn({ err: failure }, 'the stream failed');
      return { status: 'failed', reason: { code: failure.code, message: failure.message } };
    }
  }

  async #publishAll(halt: AbortSignal): Promise<void> {
    const { job, record, holder, context } = this.#options;
    const { sampleFps, mode, model } = record;
    halt.throwIfAborted();
    const local = await checkSource(job.source, context.policy);
    const beginning = record.published > 0 ? 'reconnecting' : 'connecting';
    await this.#tell(beginning);
    const { geometry } = await waitForModel(
      context.redis,
      context.keys,
      {
        model,
        onWait: () => this.#tellWait(beginning),
        isPlaceWanted: context.isSlotWanted,
      },
      halt,
    );
    const publisher = this.#publish(geometry.sizePx);
    const frames = streamFrames(
      {
        ...{ source: job.source, local, policy: context.policy, decoders: context.decoders },
        ...{ record, holder, geometry },
        onDuration: (seconds) => publisher.announce(seconds),
        onStart: () => this.#countDecoder(),
        onTrouble: async (fault) => {
          context.log.warn({ err: fault }, 'the source is connected to again');
          await this.#tell('reconnecting', { code: fault.code, message: fault.message });
        },
      },
      halt,
    );
    const preview = keepPreviews(holder, { sampleFps, log: context.log });
    for await (const window of sampleWindows(frames, { mode, sampleFps })) {
      halt.throwIfAborted();
      await this.#tell('running');
      if (mode === 'live') preview(window.at(-1));
      await publisher.publishWindow(window, halt);
    }
  }

  #countDecoder(): void {
    const { record, context } = this.#options;
    context.metrics.ffmpegStarts.inc();
    if (this.#decoders > 0 || record.published > 0) context.metrics.ffmpegRestarts.inc();
    this.#decoders++;
  }

  /** Sends the end out. Where no window is and no worker comes, it is written at once. */
  async #finish(end: StreamEnd): Promise<void> {
    const { record, context } = this.#options;
    const served = await readServedModel(context.redis, context.keys, record.model);
    const publisher = this.#publisher ?? this.#publish(served?.geometry.sizePx ?? 1);
    if (served || publisher.published > 0) await publisher.publishEnd(end);
    else await this.#endDirectly(end);
  }

  /** Holds the stream until its last window is worked on: until then what waits must not expire. */
  async #settle(): Promise<void> {
    const { record, pulse, context } = this.#options;
    for (;;) {
      this.#gone.throwIfAborted();
      const isAbandoned =
        pulse.stop.aborted && !(await readServedModel(context.redis, context.keys, record.model));
      if (isAbandoned) return this.#endDirectly({ status: 'cancelled' });
      await pause(SETTLE_POLL_MS, this.#gone);
    }
  }

  #publish(sizePx: number): WindowPublisher {
    const { record, holder, context } = this.#options;
    const { mode, published, nextFrame } = record;
    const { metrics, tracing, log, stillThreshold, windowsInFlight, liveWaitSeconds: waitSeconds } = context;
    const limit = inFlightLimit(record, { windowsInFlight, waitSeconds });
    const queue = this.#queue;
    const position = { holder, queue, mode, sizePx, limit, published, nextFrame };
    this.#publisher = new WindowPublisher({ ...position, stillThreshold, metrics, log, tracing });
    return this.#publisher;
  }

  async #endDirectly(end: StreamEnd): Promise<void> {
    const { holder, context } = this.#options;
    await assertLease(holder);
    const { redis, keys, stream } = holder;
    const { retentionSeconds } = context;
    await endDirectly(redis, keys, { stream, queue: this.#queue, end, retentionSeconds });
  }

  /** A stream that comes again and again because nobody serves its model says so once. */
  async #tellWait(status: StreamStatus): Promise<void> {
    const { model, reason } = this.#options.record;
    const code = 'E_MODEL_NOT_SERVED';
    if (this.#options.record.status === status && reason?.code === code) return;
    await this.#tell(status, { code, message: `Waiting for a worker that serves ${model}.` });
  }

  /** Appends a status, unless it is the one that clients know. */
  async #tell(status: StreamStatus, reason?: Reason): Promise<void> {
    if (status === this.#status && !reason) return;
    const { record, holder } = this.#options;
    const { redis, keys, stream } = holder;
    await assertLease(holder);
    const media = Number((await redis.hget(keys.stream(stream), 'media')) ?? 0);
    const wall = record.mode === 'live' ? { wall: new Date().toISOString() } : {};
    const appended = await appendEvents(redis, keys, {
      stream,
      events: [{ type: 'stream.status', media, ...wall, status, ...(reason ? { reason } : {}) }],
      fields: { status, ...(reason ? { reason: JSON.stringify(reason) } : {}) },
    });
    if (typeof appended === 'string') throw new StreamOver('The stream is over.');
    if (!reason) await redis.hdel(keys.stream(stream), 'reason');
    this.#status = status;
  }
}
