// The whole path against bare session.run: what everything around the model costs.
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readModelDescription } from '../models/description.ts';
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

/** Frames per second of `session.run` alone, on a tensor that is ready. */
async function bareFramesPerSecond({ modelDirectory }: { modelDirectory: string }): Promise<number> {
  const session = await InferenceSession.create(join(modelDirectory, 'onnx/vision_model.onnx'), {
    executionProviders: ['cpu'],
    intraOpNumThreads: THREADS,
    interOpNumThreads: 1,
  });
  const [input] = session.inputNames;
  if (input === undefined) throw new Error('Expected the vision model to have an input.');
  const { geometry } = await readModelDescription(modelDirectory, 'bare');
  const shape = [BATCH, 3, geometry.sizePx, geometry.sizePx];
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i % 251) / 251);
  const feeds = { [input]: new Tensor('float32', values, shape) };
  await session.run(feeds);
  const runs = Math.ceil((SECONDS * SAMPLE_FPS) / BATCH / 2);
  const startedAt = performance.now();
  for (let i = 0; i < runs; i++) await session.run(feeds);
  const seconds = (performance.now() - startedAt) / 1_000;
  await session.release();
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
