// The ingest: takes streams, decodes their sources, publishes their windows.
import { availableParallelism } from 'node:os';
import type { Queue } from 'bullmq';
import { createKeyspace } from '../protocol/keys.ts';
import type { StreamMode } from '../protocol/stream.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { startMonitor } from '../runtime/monitor.ts';
import { openQueue } from '../runtime/queue.ts';
import { closeRedis, openRedis, type Redis, warnOfEviction } from '../runtime/redis.ts';
import { closeAll, type Service } from '../runtime/shutdown.ts';
import { startTracing } from '../runtime/tracing.ts';
import { decoderEnvironment, type IngestConfig } from './config.ts';
import { findLimiter } from './decoder-limits.ts';
import { readFfmpegVersion } from './decoder-version.ts';
import { findFfmpeg } from './ffmpeg-path.ts';
import { startLeases } from './lease.ts';
import { createIngestMetrics } from './metrics.ts';
import { runStream } from './stream.ts';
import type { DecoderPolicy } from './stream-frames.ts';

/** Threads of one decoder at the most: more bring little, and cost memory in each of many streams. */
const DECODER_THREADS_MAX = 4;
const MIB = 2 ** 20;

export interface Ingest extends Service {
  /** Where `/metrics` is, when MONITOR_PORT is set. */
  readonly monitorUrl: string | undefined;
}

/** A Redis that does not answer a probe within this is away: the connection itself waits for as long as it takes. */
const PING_PATIENCE_MS = 2_000;

/**
 * Starts an ingest. `close` stops its decoders and hands its streams to another one.
 * @throws E_CONFIG without REDIS_URL; E_FFMPEG_MISSING when there is no ffmpeg, or an old one.
 */
export async function startIngest(
  config: IngestConfig,
  { log, metrics }: { log: Logger; metrics: Metrics },
): Promise<Ingest> {
  const { REDIS_URL: redisUrl } = config;
  if (!redisUrl)
    throw new PipelineError('E_CONFIG', 'Expected REDIS_URL to be set; an ingest needs a shared Redis.');
  const ffmpeg = await findFfmpeg(config.FFMPEG_PATH);
  const { version } = await readFfmpegVersion(ffmpeg);
  const keys = createKeyspace(config.KEY_PREFIX);

  const tracing = await startTracing(config, 'ingest');
  const services: Service[] = [tracing];
  const open = (name: string) => {
    const redis = openRedis(redisUrl, { use: 'patient', log, name, metrics });
    services.push({ close: () => closeRedis(redis) });
    return redis;
  };
  const redis = open('ingest');
  warnOfEviction(redis, log);
  const monitor = await startMonitor({ config, metrics, ready: () => answersPing(redis) }).catch(
    async (error: unknown) => {
      await closeAll(services);
      throw error;
    },
  );
  services.push(monitor);
  const queues = openQueues((name) => openQueue(name, { redis, prefix: keys.queuePrefix }), log);
  services.push(queues);
  const context = {
    redis,
    keys,
    policy: {
      mediaDirs: config.MEDIA_DIRS,
      sourceNetworks: config.SOURCE_NETWORKS,
      devices: config.SOURCE_DEVICES,
      dataDir: config.DATA_DIR,
    },
    decoders: await decoderPolicy(config, { ffmpeg, log }),
    windowsInFlight: config.WINDOWS_IN_FLIGHT,
    liveWaitSeconds: config.LIVE_WAIT_SECONDS,
    retentionSeconds: config.RETENTION_SECONDS,
    stillThreshold: config.STILL_THRESHOLD,
    isSlotWanted: async () => (await queues.named(keys.streamsQueue).getWaitingCount()) > 0,
    windowsQueue: (model: string, mode: StreamMode) => queues.named(keys.windowsQueue(model, mode)),
    metrics: createIngestMetrics(metrics),
    tracing,
    log,
  };
  services.push(
    startLeases({
      connection: open('ingest-queue'),
      keys,
      concurrency: config.INGEST_STREAMS,
      run: (job, signal) => runStream(job, context, signal),
      log,
    }),
  );
  log.info({ ffmpeg, version, streams: config.INGEST_STREAMS }, 'ingest ready');
  return { monitorUrl: monitor.url, close: () => closeAll(services) };
}

function answersPing(redis: Redis): Promise<boolean> {
  const patience = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), PING_PATIENCE_MS).unref();
  });
  const ping = redis.ping().then(
    () => true,
    () => false,
  );
  return redis.status === 'ready' ? Promise.race([ping, patience]) : Promise.resolve(false);
}

async function decoderPolicy(
  config: IngestConfig,
  { ffmpeg, log }: { ffmpeg: string; log: Logger },
): Promise<DecoderPolicy> {
  const limiter = await findLimiter();
  if (!limiter) log.warn('no prlimit here (util-linux): the memory and time of decoders are not limited');
  return {
    ...{ ffmpeg, limiter, env: decoderEnvironment(), hardware: config.HWACCEL },
    threads: Math.min(DECODER_THREADS_MAX, availableParallelism()),
    memoryBytes: config.DECODER_MEMORY_MB * MIB,
    cpuSeconds: config.DECODER_CPU_SECONDS,
    fileMaxSeconds: config.FILE_MAX_SECONDS,
    stallMs: config.STALL_SECONDS * 1_000,
    isKeyframesOnly: config.KEYFRAMES_ONLY,
  };
}

/** Keeps one queue per model and mode that streams ask for; the gateway lets only served models in, so they are few. */
function openQueues(open: (name: string) => Queue, log: Logger) {
  const queues = new Map<string, Queue>();
  return {
    named(name: string): Queue {
      const known = queues.get(name);
      if (known) return known;
      const queue = open(name);
      queue.on('error', (err) => log.warn({ err, queue: name }, 'a windows queue reported an error'));
      queues.set(name, queue);
      return queue;
    },
    async close(): Promise<void> {
      await closeAll([...queues.values()]);
      queues.clear();
    },
  };
}
