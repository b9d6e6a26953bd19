// The whole path against bare session.run: what everything around the model costs.
import { readModelDescription } from '../models/description.ts';
import { createEmbedder } from '../models/embedder.ts';
import { makeFootage } from './footage.ts';
import { runStream, startPipeline } from './pipeline.ts';

const SECONDS = 300;
const SAMPLE_FPS = 10;
const BATCH = 32;
const THREADS = 1;

/** Frames per second with one inference thread, so that decoding has a core of its own; bytes and commands in Redis. */
export async function throughputBench(): Promise<Record<string, string>> {
  const footage = makeFootage({ seconds: SECONDS });
  const pipeline = await startPipeline({
    MEDIA_DIRS: footage.directory,
    INFERENCE_THREADS: String(THREADS),
    BATCH_FRAMES: String(BATCH),
  });
  try {
    const input = {
      source: { path: footage.path },
      labels: ['playing guitar', 'swimming', 'nothing happening'],
      options: { sampleFps: SAMPLE_FPS },
    };
    await runStream(pipeline.client, { ...input, labels: ['warming up'] });
    const before = await redisTotals(pipeline.redis);
    const seconds = await runStream(pipeline.client, input);
    const after = await redisTotals(pipeline.redis);
    const frames = SECONDS * SAMPLE_FPS;
    const whole = frames / seconds;
    const bare = await bareFramesPerSecond(pipeline.workers);
    return {
      model: `${pipeline.workers.model}, ${THREADS} thread, batch ${BATCH}`,
      'bare session.run, frames/s': bare.toFixed(1),
      'whole path (ffmpeg → Redis → model → events), frames/s': whole.toFixed(1),
      'ratio whole/bare': (whole / bare).toFixed(3),
      'Redis commands per frame': ((after.commands - before.commands) / frames).toFixed(2),
      'Redis bytes in per frame': ((after.bytesIn - before.bytesIn) / frames).toFixed(0),
      'Redis bytes out per frame': ((after.bytesOut - before.bytesOut) / frames).toFixed(0),
    };
  } finally {
    await pipeline.close();
    footage.remove();
  }
}

async function bareFramesPerSecond({
  model,
  modelDirectory,
}: {
  model: string;
  modelDirectory: string;
}): Promise<number> {
  const description = await readModelDescription(modelDirectory, model);
  const embedder = await createEmbedder(description, { dtype: 'auto', provider: 'cpu', threads: THREADS });
  const pixels = new Uint8Array(BATCH * description.geometry.sizePx ** 2 * 3).map((_, i) => i % 251);
  await embedder.embedImages(pixels, BATCH);
  const runs = Math.ceil((SECONDS * SAMPLE_FPS) / BATCH / 2);
  const startedAt = performance.now();
  for (let i = 0; i < runs; i++) await embedder.embedImages(pixels, BATCH);
  const seconds = (performance.now() - startedAt) / 1_000;
  await embedder.close();
  return (runs * BATCH) / seconds;
}

interface RedisTotals {
  readonly commands: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

async function redisTotals(redis: { info(section: string): Promise<string> }): Promise<RedisTotals> {
  const info = await redis.info('stats');
  const field = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
  return {
    commands: field('total_commands_processed'),
    bytesIn: field('total_net_input_bytes'),
    bytesOut: field('total_net_output_bytes'),
  };
}
