// A worker by hand: it says that it serves a model, and takes windows when it is told to, without a model.
import { createHash } from 'node:crypto';
import { Worker } from 'bullmq';
import { appendEvents } from '../../protocol/event-log.ts';
import type { Keyspace } from '../../protocol/keys.ts';
import { type FrameGeometry, ServedModel } from '../../protocol/model.ts';
import { WindowJob } from '../../protocol/window.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Service } from '../../runtime/shutdown.ts';

/** One window as it came. */
export interface TakenWindow {
  readonly window: WindowJob;
  /** SHA-1 of the pixels; empty for a window without any. */
  readonly hash: string;
  readonly priority: number;
}

export interface HandWorker extends Service {
  /** Windows taken, in the order in which they came. */
  readonly taken: TakenWindow[];
  /** Says that a worker serves the model; it counts as alive for an hour. */
  serve(): Promise<void>;
  /** Takes that back, as if the worker had died. */
  vanish(): Promise<void>;
  /** Starts to take windows. */
  work(): void;
}

/** Returns a worker that neither serves nor works yet. Each stream's cursor moves as its windows are taken. */
export function createHandWorker({
  redis,
  keys,
  model,
  geometry,
}: {
  redis: Redis;
  keys: Keyspace;
  model: string;
  geometry: FrameGeometry;
}): HandWorker {
  const taken: TakenWindow[] = [];
  const take = async (window: WindowJob, priority: number) => {
    const { stream, seq, end } = window;
    const pixels = await redis.getBuffer(keys.frames(stream, seq));
    taken.push({ window, priority, hash: pixels ? createHash('sha1').update(pixels).digest('hex') : '' });
    await redis.del(keys.frames(stream, seq));
    await redis.hset(keys.timeline(stream), 'cursor', seq + 1);
    if (!end) return;
    await appendEvents(redis, keys, {
      stream,
      events: [{ type: 'stream.status', media: 0, ...end }],
      fields: { status: end.status, ...(end.reason ? { reason: JSON.stringify(end.reason) } : {}) },
    });
  };
  const workers = (['file', 'live'] as const).map((mode) => {
    const worker = new Worker(
      keys.windowsQueue(model, mode),
      (job) => take(WindowJob.parse(job.data), job.priority),
      { connection: redis, prefix: keys.queuePrefix, autorun: false, concurrency: 1 },
    );
    return worker.on('error', () => undefined);
  });
  return {
    taken,
    async serve() {
      const served = ServedModel.parse({
        ...{ id: model, geometry, dims: 8, templates: ['action'] },
        seenAt: Date.now() + 3_600_000,
      });
      await redis.hset(keys.models, model, JSON.stringify(served));
    },
    async vanish() {
      await redis.hdel(keys.models, model);
    },
    work() {
      for (const worker of workers) void worker.run();
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}
