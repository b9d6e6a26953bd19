// What a stream's life is played on in tests: a gateway's submission, an ingest, a worker by hand, each under its own keys.
import { execFileSync } from 'node:child_process';
import { Queue } from 'bullmq';
import { createStream, newStreamId } from '../../gateway/stream-creation.ts';
import { loadIngestConfig } from '../../ingest/config.ts';
import { startIngest } from '../../ingest/main.ts';
import { decodeEvent } from '../../protocol/event-log.ts';
import type { Keyspace } from '../../protocol/keys.ts';
import { toLabelSet } from '../../protocol/labels.ts';
import type { FrameGeometry } from '../../protocol/model.ts';
import { StoredRecord } from '../../protocol/record.ts';
import type { Source, StreamMode } from '../../protocol/stream.ts';
import { createMetrics, type Metrics } from '../../runtime/metrics.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Service } from '../../runtime/shutdown.ts';
import { SMALL } from '../fixtures/clip.ts';
import { eventually } from './eventually.ts';
import { createHandWorker, type HandWorker } from './hand-worker.ts';
import type { Sandbox } from './sandbox.ts';

export const MODEL = 'by-hand';
/** Windows in flight. */
export const LIMIT = 3;
/** A frame of 36 KiB: pipes hold a few of them, so ffmpeg is still there when a stream waits. */
export const GEOMETRY: FrameGeometry = { ...SMALL, sizePx: 112, resizePx: 112 };
const THRESHOLDS = { on: 0.5, off: 0.3, minOnSeconds: 1, minOffSeconds: 1 };

export type StagedStream = Awaited<ReturnType<typeof submit>>;

export interface Stage extends Service {
  readonly keys: Keyspace;
  readonly redis: Redis;
  readonly worker: HandWorker;
  readonly metrics: Metrics;
  /** Starts an ingest that reads from `mediaDir`, and keeps uploads under it. */
  ingest(env?: Record<string, string>): Promise<Service>;
  /** Puts another worker in place of the one that there is. */
  changeWorker(geometry?: FrameGeometry): Promise<HandWorker>;
  submit(source: Source, options?: { mode?: StreamMode }): Promise<StagedStream>;
}

/** Returns a stage with a worker that neither serves nor works yet, and no ingest. */
export function openStage(sandbox: Sandbox, mediaDir: string): Stage {
  const keys = sandbox.keyspace();
  const redis = sandbox.open('patient');
  const metrics = createMetrics();
  const hire = (geometry: FrameGeometry) => createHandWorker({ redis, keys, model: MODEL, geometry });
  const ingests: Service[] = [];
  let worker = hire(GEOMETRY);
  return {
    keys,
    redis,
    metrics,
    get worker() {
      return worker;
    },
    async ingest(env = {}) {
      const config = loadIngestConfig({
        ...{ REDIS_URL: sandbox.url, KEY_PREFIX: keys.prefix, WINDOWS_IN_FLIGHT: String(LIMIT) },
        ...{ MEDIA_DIRS: mediaDir, DATA_DIR: mediaDir, ...env },
      });
      const service = closeOnce(await startIngest(config, { log: sandbox.log, metrics }));
      ingests.push(service);
      return service;
    },
    async changeWorker(geometry = GEOMETRY) {
      await worker.close();
      worker = hire(geometry);
      return worker;
    },
    submit: (source, options = {}) => submit({ redis, keys }, { source, ...options }),
    async close() {
      for (const service of ingests) await service.close();
      await worker.close();
    },
  };
}

function closeOnce(service: Service): Service {
  let closed: Promise<void> | undefined;
  return {
    close() {
      closed ??= service.close();
      return closed;
    },
  };
}

async function submit(
  { redis, keys }: { redis: Redis; keys: Keyspace },
  { source, mode = 'file' }: { source: Source; mode?: StreamMode },
) {
  const queue = new Queue(keys.streamsQueue, { connection: redis, prefix: keys.queuePrefix });
  const id = newStreamId();
  await createStream(
    { redis, keys, queue },
    {
      ...{ id, source, mode, model: MODEL, sampleFps: 2, poolSeconds: 3, owner: '' },
      labels: toLabelSet({ labels: ['a'], templates: 'action', thresholds: THRESHOLDS }, 1),
    },
  );
  const record = async () => StoredRecord.parse(await redis.hgetall(keys.stream(id)));
  const events = async () => (await redis.xrange(keys.events(id), '-', '+')).map(decodeEvent);
  return {
    id,
    record,
    stop: () => redis.hset(keys.stream(id), 'stop', 1),
    statuses: async () => (await events()).flatMap((e) => (e.type === 'stream.status' ? [e.status] : [])),
    reaches: (status: string) =>
      eventually(`the stream to be ${status}`, async () => (await record()).status === status, {
        withinMs: 30_000,
      }),
    /** Resolves when as many windows wait as may. */
    isFull: () => eventually('the bound to be reached', async () => (await record()).published === LIMIT),
    endIsOut: () => eventually('the end to be out', async () => (await record()).end === 'ended'),
    /** Keys of pixels that lie in Redis. */
    waitingPixels: async () => (await redis.keys(`${keys.prefix}:{${id}}:frames:*`)).length,
    /** The leases of all streams, by state. */
    leases: () => queue.getJobCounts(),
  };
}

/** Returns the ffmpegs that this process runs. */
export function ffmpegs(): string[] {
  const children = execFileSync('ps', ['--ppid', String(process.pid), '-o', 'comm='], { encoding: 'utf8' });
  return children.split('\n').filter((name) => name.startsWith('ffmpeg'));
}
