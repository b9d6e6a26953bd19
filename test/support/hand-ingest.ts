// Streams written by hand: what gateway and ingest put into Redis, window by window, under the test's control.
import { Queue } from 'bullmq';
import type { StreamEvent } from '../../protocol/event.ts';
import { decodeEvent } from '../../protocol/event-log.ts';
import type { Keyspace } from '../../protocol/keys.ts';
import { type LabelSetInput, toLabelSet } from '../../protocol/labels.ts';
import { StoredRecord } from '../../protocol/record.ts';
import { type StreamEnd, type WindowJobInput, windowJobId } from '../../protocol/window.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Service } from '../../runtime/shutdown.ts';

export interface HandStream extends Service {
  readonly id: string;
  setLabels(input: LabelSetInput, version: number): Promise<void>;
  /** Publishes a window of frames; each byte of a frame is its shade. */
  publish(
    seq: number,
    times: readonly number[],
    options?: { shade?: number; pixels?: boolean; repeats?: number[] },
  ): Promise<void>;
  end(seq: number, end?: StreamEnd): Promise<void>;
  record(): Promise<StoredRecord>;
  events(): Promise<StreamEvent[]>;
}

/** Writes a stream's record and labels, as a gateway does. */
export async function writeStream({
  redis,
  keys,
  labels,
  model,
  sizePx,
  id = 'st_handmade00',
}: {
  redis: Redis;
  keys: Keyspace;
  labels: LabelSetInput;
  model: string;
  sizePx: number;
  id?: string;
}): Promise<HandStream> {
  const queue = new Queue(keys.windowsQueue(model), { connection: redis, prefix: keys.queuePrefix });
  const setLabels = async (input: LabelSetInput, version: number) => {
    await redis.set(keys.labels(id), JSON.stringify(toLabelSet(input, version)));
    await redis.hset(keys.stream(id), 'labelsVersion', version);
  };
  await redis.hset(keys.stream(id), {
    id,
    source: 'by hand',
    mode: 'file',
    model,
    sampleFps: 2,
    poolSeconds: 1,
    createdAt: Date.now(),
    status: 'running',
  });
  await setLabels(labels, 1);
  const add = async (window: Omit<WindowJobInput, 'v' | 'stream' | 'sizePx' | 'publishedAt'>) => {
    const data: WindowJobInput = { v: 1, stream: id, sizePx, publishedAt: Date.now(), ...window };
    await queue.add('window', data, {
      jobId: windowJobId(id, window.seq),
      removeOnComplete: true,
      attempts: 3,
      backoff: { type: 'fixed', delay: 50 },
    });
  };
  return {
    id,
    setLabels,
    async publish(seq, times, { shade = 128, pixels = true, repeats = [] } = {}) {
      const bytes = (times.length - repeats.length) * sizePx * sizePx * 3;
      if (pixels) await redis.set(keys.frames(id, seq), Buffer.alloc(bytes, shade), 'EX', 60);
      await add({ seq, times: [...times], repeats });
    },
    end: (seq, end = { status: 'ended' }) => add({ seq, times: [], end }),
    record: async () => StoredRecord.parse(await redis.hgetall(keys.stream(id))),
    events: async () => (await redis.xrange(keys.events(id), '-', '+')).map(decodeEvent),
    close: () => queue.close(),
  };
}
