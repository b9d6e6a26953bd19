// A worker whose model takes exactly as long as it is told: the real lanes, batches, timeline and commits around it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Keyspace } from '../../protocol/keys.ts';
import type { LabelSet } from '../../protocol/labels.ts';
import type { FrameGeometry } from '../../protocol/model.ts';
import { closeRedis, openRedis } from '../../runtime/redis.ts';
import { closeAll, type Service } from '../../runtime/shutdown.ts';
import { TimelineAdvancer } from '../../worker/advance.ts';
import { Batcher } from '../../worker/batcher.ts';
import { startHeartbeat } from '../../worker/heartbeat.ts';
import { consumeWindows } from '../../worker/lanes.ts';
import { createWorkerMetrics } from '../../worker/metrics.ts';
import { WindowProcessor } from '../../worker/processor.ts';
import type { Sandbox } from './sandbox.ts';

const DIMS = 8;
const BATCH_FRAMES = 32;

/** The unit vector along one axis. */
function axis(i: number): Float32Array {
  return Float32Array.from({ length: DIMS }, (_, d) => (d === i % DIMS ? 1 : 0));
}

/** A frame's embedding follows from its first pixel, so that two runs over the same frames give the same scores. */
function embed(pixels: Uint8Array, count: number): Float32Array {
  const stride = pixels.length / count;
  const rows = Array.from({ length: count }, (_, i) => axis(pixels[i * stride] ?? 0));
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

export interface SlowWorkerOptions {
  readonly keys: Keyspace;
  readonly model: string;
  readonly geometry: FrameGeometry;
  /** What one frame takes. Batches run one after the other. */
  readonly msPerFrame: number;
}

/** Starts it; it serves `model` from then on. */
export async function startSlowWorker(
  sandbox: Sandbox,
  { keys, model, geometry, msPerFrame }: SlowWorkerOptions,
): Promise<Service> {
  const { log, metrics: shared } = sandbox;
  const services: Service[] = [];
  const open = (name: string) => {
    const redis = openRedis(sandbox.url, { use: 'patient', log, name });
    services.push({ close: () => closeRedis(redis) });
    return redis;
  };
  const redis = open('slow-worker');
  let turn: Promise<unknown> = Promise.resolve();
  const batcher = new Batcher({
    maxFrames: BATCH_FRAMES,
    waitMs: 5,
    embed(pixels, count) {
      const mine = turn.then(() => delay(count * msPerFrame)).then(() => embed(pixels, count));
      turn = mine;
      return mine;
    },
  });
  const metrics = createWorkerMetrics(shared);
  const timeline = new TimelineAdvancer({
    ...{ redis, keys, retentionSeconds: 7_200 },
    scoring: { scoring: 'softmax', logitScale: 100 },
    vectorsFor: async ({ labels }: LabelSet) => ({
      dims: DIMS,
      labels: labels.map(({ name }, i) => ({ name, vector: axis(i), not: [] })),
      background: [axis(DIMS - 1)],
    }),
  });
  const processor = new WindowProcessor({
    ...{ redis, keys, sizePx: geometry.sizePx, log, timeline },
    embed: (pixels, count, lane) => batcher.submit(pixels, count, lane),
  });
  services.push(
    consumeWindows({
      ...{ keys, model, processor, metrics, log, connection: open('slow-worker-queue') },
      msPerFrame: () => batcher.msPerFrame,
    }),
  );
  const served = { id: model, geometry, dims: DIMS, templates: ['action'] };
  services.push(await startHeartbeat({ redis, keys, log, served }));
  return { close: () => closeAll(services) };
}
