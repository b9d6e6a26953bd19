// BullMQ `streams` ═══▶ runs: a job per stream is the lease of the ingest that runs it.
import { DelayedError, type Job, WaitingError, Worker } from 'bullmq';
import type { Keyspace } from '../protocol/keys.ts';
import { StreamJob } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Redis } from '../runtime/redis.ts';
import type { Service } from '../runtime/shutdown.ts';

/** A lease that is not renewed runs out after this long; it is renewed at half of it. */
const LEASE_MS = 15_000;
/** Leases that ran out are looked for this often: an ingest that dies is replaced within 25 s. */
const CHECK_MS = 10_000;
/** When a stream that gave up its place is taken again, if there is one then. */
const LATER_MS = 5_000;
/** Taking a stream over is normal, however often. */
const MAX_TAKEOVERS = 1_000_000;
const CLOSE_DEADLINE_MS = 20_000;

export interface LeaseOptions {
  readonly connection: Redis;
  readonly keys: Keyspace;
  /** Streams held at a time (INGEST_STREAMS). */
  readonly concurrency: number;
  /** Runs a stream until it is over or lost, or is to be taken again later; aborted when the stream is to be handed back. */
  readonly run: (job: StreamJob, signal: AbortSignal) => Promise<'over' | 'lost' | 'later'>;
  readonly log: Logger;
}

/** Takes streams and runs them. `close` hands them back at once: another ingest goes on where they are. */
export function startLeases({ connection, keys, concurrency, run, log }: LeaseOptions): Service {
  const closing = new AbortController();
  const worker = new Worker(
    keys.streamsQueue,
    // BullMQ passes the signal only to a function of three parameters.
    async (job: Job, token: string | undefined, lock: AbortSignal | undefined) => {
      const stream = parseJob(job.data);
      const signal = lock ? AbortSignal.any([closing.signal, lock]) : closing.signal;
      try {
        const outcome = await run(stream, signal);
        if (outcome === 'over') return;
        if (outcome === 'later') return await handBack(job, token);
      } catch (error) {
        if (!closing.signal.aborted) {
          if (!signal.aborted)
            log.error({ err: error, stream: stream.stream }, 'a stream is to be run again');
          // Without the lock there is nothing to hand back.
          throw signal.aborted ? new WaitingError() : error;
        }
        await job.moveToWait(token);
      }
      throw new WaitingError();
    },
    {
      connection,
      prefix: keys.queuePrefix,
      concurrency,
      lockDuration: LEASE_MS,
      stalledInterval: CHECK_MS,
      maxStalledCount: MAX_TAKEOVERS,
    },
  );
  worker.on('error', (err) => log.warn({ err }, 'the streams queue reported an error'));
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const id of jobIds) worker.cancelJob(id, 'The lease ran out.');
  });
  return {
    async close() {
      // In this order: a stream that is handed back must not come again.
      const closed = worker.close();
      closing.abort(new PipelineError('E_SHUTTING_DOWN', 'The ingest is shutting down.'));
      await inTime(closed, log);
    },
  };
}

async function handBack(job: Job, token: string | undefined): Promise<never> {
  await job.moveToDelayed(Date.now() + LATER_MS, token);
  throw new DelayedError();
}

function parseJob(data: unknown): StreamJob {
  const result = StreamJob.safeParse(data);
  if (result.success) return result.data;
  throw new PipelineError('E_INTERNAL', 'Expected the data of a streams job.');
}

async function inTime(closed: Promise<void>, log: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.error('streams could not be handed back in time; their leases run out');
      resolve();
    }, CLOSE_DEADLINE_MS);
  });
  await Promise.race([closed, deadline]);
  clearTimeout(timer);
}
