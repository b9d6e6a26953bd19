// windows ═══▶ worker: a lane for live streams and one for files, so that neither waits in the other's queue.
import { setTimeout as delay } from 'node:timers/promises';
import { type Job, Worker } from 'bullmq';
import type { Keyspace } from '../protocol/keys.ts';
import type { StreamMode } from '../protocol/stream.ts';
import { toPipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Service } from '../runtime/shutdown.ts';
import type { WorkerMetrics } from './metrics.ts';
import { parseWindow, type WindowProcessor } from './processor.ts';

/** Windows of files that one worker holds: enough to fill a batch while another runs. */
const FILE_WINDOWS = 8;
/** Windows of live streams that one worker holds at the most, and before it knows how long a frame takes. */
const LIVE_WINDOWS_MAX = 32;
const LIVE_WINDOWS_FIRST = 4;
/** Live windows that a worker holds are no longer dropped for newer ones, so it holds no more than this much work. */
const LIVE_HOLD_MS = 400;
/** A worker that died is noticed after a lock and a check: 25 s at the most. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 10_000;
/** Times a window may lose its worker before it is given up. */
const MAX_STALLS = 10;
const FULL_REDIS_RETRY_MS = 500;

export interface LaneOptions {
  readonly keys: Keyspace;
  readonly model: string;
  readonly processor: WindowProcessor;
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  readonly connection: Redis;
  /** How long a frame takes, in milliseconds; 0 when that is not known. */
  readonly msPerFrame: () => number;
}

/** Takes windows off both lanes of a model. `close` finishes those that were taken. */
export function consumeWindows(options: LaneOptions): Service {
  const closing = new AbortController();
  const lanes = [openLane('file', options, closing.signal), openLane('live', options, closing.signal)];
  return {
    async close() {
      closing.abort();
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

function openLane(mode: StreamMode, options: LaneOptions, closing: AbortSignal): Service {
  const { keys, model, processor, metrics, log, connection, msPerFrame } = options;
  const adapt = createAdaption(msPerFrame);
  const worker = new Worker(
    keys.windowsQueue(model, mode),
    async (job: Job) => {
      const window = parseWindow(job.data);
      await throughFullRedis(() => processor.process(window), closing);
      metrics.windows.inc();
      metrics.windowAgeSeconds.observe((Date.now() - window.publishedAt) / 1_000);
      if (mode === 'live') worker.concurrency = adapt(window.times.length - window.repeats.length);
    },
    {
      connection,
      prefix: keys.queuePrefix,
      concurrency: mode === 'live' ? LIVE_WINDOWS_FIRST : FILE_WINDOWS,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLS,
    },
  );
  // An outage is told by the connection, once; the queue would repeat it at every attempt.
  worker.on('error', (err) => log.debug({ err, mode }, 'a queue of windows reported an error'));
  worker.on('stalled', (job) => log.warn({ job }, 'a window lost its worker and is done again'));
  worker.on('failed', (job, err) => {
    log.error({ err, job: job?.id, attempt: job?.attemptsMade }, 'a window failed');
    // Without an end it is tried again. A window that lost its worker too often ends before its attempts are used up.
    if (job?.finishedOn === undefined) return;
    metrics.windowsLost.inc();
    throughFullRedis(() => processor.abandon(parseWindow(job.data)), closing).catch((cause: unknown) =>
      log.error({ err: cause }, 'a window could not be given up'),
    );
  });
  return { close: () => worker.close() };
}

/** Memory comes back when others finish: that is not the window's fault, and costs it no attempt. */
async function throughFullRedis(work: () => Promise<void>, closing: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (toPipelineError(error).code !== 'E_REDIS_FULL' || closing.aborted) throw error;
      await delay(FULL_REDIS_RETRY_MS, undefined, { signal: closing }).catch(() => undefined);
    }
  }
}

/** Returns how many live windows to hold, told after each how many frames it had. */
function createAdaption(msPerFrame: () => number): (frames: number) => number {
  let usual = 1;
  return (frames) => {
    if (frames > 0) usual += (frames - usual) / 8;
    const ms = msPerFrame() * usual;
    return ms === 0
      ? LIVE_WINDOWS_FIRST
      : Math.min(LIVE_WINDOWS_MAX, Math.max(1, Math.round(LIVE_HOLD_MS / ms)));
  };
}
