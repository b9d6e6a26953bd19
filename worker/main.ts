// Workers: each takes windows off the model's queue, embeds them in a thread of its own, and moves timelines.
import { availableParallelism } from 'node:os';
import { type ModelDescription, readModelDescription } from '../models/description.ts';
import { loadTemplateSets, type TemplateSets } from '../models/prompts.ts';
import { resolveModel } from '../models/store.ts';
import { createKeyspace } from '../protocol/keys.ts';
import type { LabelSet } from '../protocol/labels.ts';
import { PipelineError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { startMonitor } from '../runtime/monitor.ts';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import { closeRedis, openRedis, warnOfEviction } from '../runtime/redis.ts';
import { closeAll, type Service } from '../runtime/shutdown.ts';
import { startTracing, type Tracing } from '../runtime/tracing.ts';
import { TimelineAdvancer } from './advance.ts';
import { Batcher } from './batcher.ts';
import type { WorkerConfig } from './config.ts';
import { startHeartbeat } from './heartbeat.ts';
import { type Inference, startInference } from './inference.ts';
import { consumeWindows } from './lanes.ts';
import { createWorkerMetrics } from './metrics.ts';
import { answerAsks } from './past.ts';
import { WindowProcessor } from './processor.ts';
import { PromptCache } from './prompt-cache.ts';

export interface Workers extends Service {
  readonly model: string;
  readonly modelDirectory: string;
  /** Whether the model is the small one that stands in because real CLIP has not been pulled. */
  readonly isStandIn: boolean;
  readonly provider: string;
  /** Where `/metrics` is, when MONITOR_PORT is set. */
  readonly monitorUrl: string | undefined;
}

interface Deps {
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Starts `config.WORKERS` workers for one model in this process.
 * @throws E_CONFIG without REDIS_URL; E_MODEL_UNKNOWN and E_MODEL_FILES when the model is not there or not usable.
 */
export async function startWorkers(config: WorkerConfig, deps: Deps): Promise<Workers> {
  const { REDIS_URL: redisUrl } = config;
  if (!redisUrl)
    throw new PipelineError('E_CONFIG', 'Expected REDIS_URL to be set; a worker needs a shared Redis.');
  const { id, directory, isStandIn } = await resolveModel({
    id: config.MODEL,
    modelDirs: config.MODELS_DIR,
    dataDir: config.DATA_DIR,
    packageDir: PACKAGE_ROOT,
  });
  const description = await readModelDescription(directory, id);
  const templateSets = await loadTemplateSets(config.TEMPLATES_FILE);
  const tracing = await startTracing(config, 'worker');
  const services: Service[] = [tracing];
  const close = () => closeAll(services);
  try {
    let provider = '';
    let serving = 0;
    const monitor = await startMonitor({
      config,
      metrics: deps.metrics,
      ready: () => serving === config.WORKERS,
    });
    services.push(monitor);
    for (let i = 0; i < config.WORKERS; i++) {
      const worker = await startWorker({ config, redisUrl, description, templateSets, tracing, ...deps });
      provider = worker.provider;
      services.push(worker);
      serving++;
      void worker.crashed.then(() => serving--);
    }
    return { model: id, modelDirectory: directory, isStandIn, provider, monitorUrl: monitor.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface WorkerSetup extends Deps {
  readonly config: WorkerConfig;
  readonly redisUrl: string;
  readonly description: ModelDescription;
  readonly templateSets: TemplateSets;
  readonly tracing: Tracing;
}

async function startWorker(setup: WorkerSetup): Promise<Service & Pick<Inference, 'provider' | 'crashed'>> {
  const { config, redisUrl, description, templateSets, tracing, log } = setup;
  const keys = createKeyspace(config.KEY_PREFIX);
  const metrics = createWorkerMetrics(setup.metrics);
  const services: Service[] = [];
  const open = (name: string) => {
    const redis = openRedis(redisUrl, { use: 'patient', log, name, metrics: setup.metrics });
    services.push({ close: () => closeRedis(redis) });
    return redis;
  };
  try {
    const inference = await startInference({
      model: description.id,
      directory: description.directory,
      session: {
        dtype: config.MODEL_DTYPE,
        provider: config.EXECUTION_PROVIDER,
        threads: config.INFERENCE_THREADS || Math.max(1, Math.floor(availableParallelism() / config.WORKERS)),
      },
    });
    services.push(inference);
    const redis = open('worker');
    warnOfEviction(redis, log);
    const prompts = new PromptCache({
      model: description.id,
      templateSets,
      embedTexts: inference.embedTexts,
    });
    const batcher = new Batcher({
      maxFrames: config.BATCH_FRAMES,
      waitMs: config.BATCH_WAIT_MS,
      async embed(pixels, count) {
        const stop = metrics.inferenceSeconds.startTimer();
        const embeddings = await inference.embedImages(pixels, count);
        stop();
        metrics.batchFrames.observe(count);
        metrics.framesEmbedded.inc(count);
        return embeddings;
      },
    });
    const recognition = {
      redis,
      keys,
      scoring: description,
      vectorsFor: (labelSet: LabelSet) => prompts.vectorsFor(labelSet),
    };
    const timeline = new TimelineAdvancer({
      ...recognition,
      retentionSeconds: config.RETENTION_SECONDS,
      tracing,
      onCommit: () => metrics.commits.inc(),
    });
    const processor = new WindowProcessor({
      redis,
      keys,
      sizePx: description.geometry.sizePx,
      log,
      timeline,
      tracing,
      embed: (pixels, count, lane) => batcher.submit(pixels, count, lane),
    });
    const consumer = consumeWindows({
      keys,
      model: description.id,
      processor,
      metrics,
      log,
      connection: open('worker-queue'),
      msPerFrame: () => batcher.msPerFrame,
    });
    services.push(consumer);
    services.push(answerAsks(description.id, open('worker-asks'), { ...recognition, log }));
    const { id, geometry, dims } = description;
    const templates = Object.keys(templateSets);
    services.push(await startHeartbeat({ redis, keys, log, served: { id, geometry, dims, templates } }));
    void inference.crashed.then((err) => {
      log.fatal({ err }, 'the inference thread died; this worker takes no more windows');
      return closeAll(services);
    });
    log.info({ model: id, provider: inference.provider, dims }, 'worker ready');
    return { provider: inference.provider, crashed: inference.crashed, close: () => closeAll(services) };
  } catch (error) {
    await closeAll(services);
    throw error;
  }
}
