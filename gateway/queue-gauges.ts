// What waits for workers, looked up when somebody scrapes. The gateway tells it, because workers may all be gone.
import type { Queue } from 'bullmq';
import { z } from 'zod';
import type { Keyspace } from '../protocol/keys.ts';
import { StreamMode } from '../protocol/stream.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { openQueue } from '../runtime/queue.ts';
import type { Redis } from '../runtime/redis.ts';
import { closeAll, type Service } from '../runtime/shutdown.ts';

/** Windows whose age is looked at, from the front of the line: it is ordered by fairness, not by age. */
const LOOKED_AT = 200;
/** The states of a window that no worker has taken. */
const WAITING = ['wait', 'prioritized', 'delayed'] as const;
const Aged = z.object({ publishedAt: z.number() });

/** Adds the gauges of the windows queues to `metrics`: the queues of each model that a worker has ever served. */
export function gaugeQueues({
  redis,
  keys,
  metrics,
}: {
  redis: Redis;
  keys: Keyspace;
  metrics: Metrics;
}): Service {
  const depth = metrics.gauge('verbcast_windows_waiting', 'Windows that no worker has taken yet.', [
    'model',
    'mode',
  ]);
  const age = metrics.gauge(
    'verbcast_windows_waiting_age_seconds',
    'Age of the oldest of the first 200 windows in line; 0 when none waits.',
    ['model', 'mode'],
  );
  const queues = new Map<string, Queue>();
  const queueOf = (name: string) => {
    const known = queues.get(name);
    if (known) return known;
    const queue = openQueue(name, { redis, prefix: keys.queuePrefix });
    // An outage is told by the connection, once.
    queue.on('error', () => undefined);
    queues.set(name, queue);
    return queue;
  };
  const look = async (model: string, mode: StreamMode) => {
    const queue = queueOf(keys.windowsQueue(model, mode));
    const counts = await queue.getJobCounts(...WAITING);
    depth.set(
      { model, mode },
      WAITING.reduce((sum, state) => sum + (counts[state] ?? 0), 0),
    );
    const front = await queue.getJobs([...WAITING], 0, LOOKED_AT - 1, true);
    const published = front.flatMap((job) => {
      const aged = Aged.safeParse(job?.data);
      return aged.success ? [aged.data.publishedAt] : [];
    });
    const now = Date.now();
    age.set({ model, mode }, Math.max(0, now - Math.min(now, ...published)) / 1_000);
  };
  const stop = metrics.beforeScrape(async () => {
    for (const model of await redis.hkeys(keys.models)) {
      for (const mode of StreamMode.options) await look(model, mode);
    }
  });
  return {
    async close() {
      stop();
      await closeAll([...queues.values()]);
    },
  };
}
