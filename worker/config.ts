// The environment of a worker.
import { z } from 'zod';
import { commonConfig, type Environment, integer, list, loadConfig } from '../runtime/config.ts';
import { monitorConfig } from '../runtime/monitor.ts';
import { tracingConfig } from '../runtime/tracing.ts';

export const WorkerConfigSchema = z.object({
  ...commonConfig,
  ...monitorConfig,
  ...tracingConfig,
  MODEL: z
    .string()
    .optional()
    .describe('Model to serve. Unset: clip-vit-base-patch32 when it has been pulled, else pocket.'),
  MODELS_DIR: list(':').describe('Directories with a folder per model, looked in first, separated by `:`.'),
  MODEL_DTYPE: z
    .enum(['auto', 'fp32', 'fp16', 'quantized'])
    .default('auto')
    .describe('Which ONNX files to run. `auto`: fp32 on CPU, fp16 on GPU, else what is there.'),
  EXECUTION_PROVIDER: z
    .enum(['auto', 'cpu', 'cuda', 'webgpu'])
    .default('auto')
    .describe('Where inference runs. `auto`: cuda where its library is installed, else cpu.'),
  INFERENCE_THREADS: integer({ min: 0, max: 256, fallback: 0 }).describe(
    'Threads of one inference session; 0: all cores, shared among WORKERS.',
  ),
  WORKERS: integer({ min: 1, max: 64, fallback: 1 }).describe(
    'Workers in one process, each with a session of its own.',
  ),
  BATCH_FRAMES: integer({ min: 1, max: 256, fallback: 32 }).describe(
    'Frames in one run of the model at the most.',
  ),
  BATCH_WAIT_MS: integer({ min: 0, max: 1_000, fallback: 5 }).describe(
    'How long a batch waits to be filled, in milliseconds.',
  ),
  TEMPLATES_FILE: z
    .string()
    .optional()
    .describe('JSON file with more prompt template sets: { "name": ["a video of {}."] }.'),
  RETENTION_SECONDS: integer({ min: 60, max: 604_800, fallback: 7_200 }).describe(
    'Media seconds of embeddings kept per stream, and how long a stream is kept after its end.',
  ),
});
export type WorkerConfig = z.output<typeof WorkerConfigSchema>;

/** Returns the config of a worker. @throws E_CONFIG naming every wrong variable. */
export function loadWorkerConfig(env: Environment = process.env): WorkerConfig {
  return loadConfig(WorkerConfigSchema, env);
}
