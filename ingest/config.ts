// The environment of an ingest.
import { z } from 'zod';
import { commonConfig, type Environment, flag, integer, list, loadConfig } from '../runtime/config.ts';
import { monitorConfig } from '../runtime/monitor.ts';
import { tracingConfig } from '../runtime/tracing.ts';

export const IngestConfigSchema = z.object({
  ...commonConfig,
  ...monitorConfig,
  ...tracingConfig,
  MEDIA_DIRS: list(':', '.').describe('Directories that a `path` may name, separated by `:`.'),
  SOURCE_NETWORKS: list(',').describe(
    'CIDRs that a `url` may reach beside the public internet, separated by commas (a camera LAN: 192.168.1.0/24).',
  ),
  SOURCE_DEVICES: list(',').describe(
    'Video devices that a `path` may name, separated by commas (/dev/video0); Linux.',
  ),
  FFMPEG_PATH: z
    .string()
    .optional()
    .describe('ffmpeg to run. Unset: the one of ffmpeg-static, else of the PATH.'),
  INGEST_STREAMS: integer({ min: 1, max: 1_000, fallback: 16 }).describe(
    'Streams that one ingest runs at a time.',
  ),
  RETENTION_SECONDS: integer({ min: 60, max: 604_800, fallback: 7_200 }).describe(
    'Media seconds of embeddings kept per stream, and how long a stream is kept after its end.',
  ),
  WINDOWS_IN_FLIGHT: integer({ min: 2, max: 64, fallback: 8 }).describe(
    'Windows of one stream that wait or are worked on; bounds the memory a stream takes in Redis.',
  ),
  LIVE_WAIT_SECONDS: z.coerce
    .number()
    .min(0.5)
    .max(30)
    .default(1.5)
    .describe(
      'How much of a live stream may wait for a worker, in seconds of media; older windows are dropped, so that labels stay fresh.',
    ),
  STILL_THRESHOLD: z.coerce
    .number()
    .min(0)
    .max(255)
    .default(2)
    .describe(
      'Luma difference (0 to 255, root mean square over 16 × 16 blocks) up to which a frame counts as unchanged and takes the embedding before it; 0: only the very same pixels.',
    ),
  STALL_SECONDS: integer({ min: 2, max: 600, fallback: 20 }).describe(
    'A live source without a picture for this long is connected to anew.',
  ),
  FILE_MAX_SECONDS: integer({ min: 1, max: 2_592_000, fallback: 86_400 }).describe(
    'Length of a file at the most, as it announces it or as it turns out.',
  ),
  DECODER_MEMORY_MB: integer({ min: 1_024, max: 1_048_576, fallback: 2_048 }).describe(
    'Address space of one ffmpeg in MiB; not limited with HWACCEL, whose drivers reserve much more.',
  ),
  DECODER_CPU_SECONDS: integer({ min: 1, max: 10_000_000, fallback: 14_400 }).describe(
    'Processor time that ffmpeg may spend on one file.',
  ),
  KEYFRAMES_ONLY: flag(false).describe(
    'Of RTSP sources decode keyframes only, where they come often enough for the sample rate; costs a fraction.',
  ),
  HWACCEL: z
    .enum(['none', 'auto', 'cuda', 'vaapi'])
    .default('none')
    .describe('Hardware that decodes: none, auto (what there is), cuda or vaapi.'),
});
export type IngestConfig = z.output<typeof IngestConfigSchema>;

/** Returns the config of an ingest. @throws E_CONFIG naming every wrong variable. */
export function loadIngestConfig(env: Environment = process.env): IngestConfig {
  return loadConfig(IngestConfigSchema, env);
}

/** What ffmpeg needs of this process's environment: not the secrets in it, which a source that takes ffmpeg over would find. */
const DECODER_VARIABLES = /^(PATH|HOME|LANG|LC_\w+|TMPDIR|LD_LIBRARY_PATH|(CUDA|NVIDIA|LIBVA)_\w+)$/;

/** Returns the environment of decoders. */
export function decoderEnvironment(env: Environment = process.env): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]): [string, string][] =>
    value !== undefined && DECODER_VARIABLES.test(name) ? [[name, value]] : [],
  );
  return Object.fromEntries(kept);
}
